//! What a session may see.

use std::sync::Arc;

/// The rows that a reader may see. It is part of every statement: a row outside of it does not exist for the reader.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Every row of every company: the platform's administrators, and the few readers that serve everybody, which ask
    /// for it by name.
    Everything,
    /// The rows of these companies.
    Companies(Arc<[i64]>),
    /// No row at all.
    Nothing,
}

impl Scope {
    /// The scope of some companies; of none it is [`Scope::Nothing`].
    #[must_use]
    pub fn companies(ids: impl IntoIterator<Item = i64>) -> Self {
        let mut ids: Vec<i64> = ids.into_iter().collect();
        ids.sort_unstable();
        ids.dedup();
        if ids.is_empty() { Self::Nothing } else { Self::Companies(ids.into()) }
    }

    /// Whether rows of this company are inside.
    #[must_use]
    pub fn holds(&self, company_id: i64) -> bool {
        match self {
            Self::Everything => true,
            Self::Companies(ids) => ids.contains(&company_id),
            Self::Nothing => false,
        }
    }
}
