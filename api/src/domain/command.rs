//! What a write is: what a client says, what it makes, and what became of it.

use std::future::Future;

use arvlite_db::Entity;
use serde::Serialize;

use super::{Result, Work};
use crate::auth::Permission;

/// A write: what a client says, and what becomes of it.
pub trait Command: Serialize + Send + Sync + 'static {
    /// The mutation's name; also the action in the audit log.
    const NAME: &'static str;
    /// What its caller must be allowed to do.
    const NEEDS: Permission;
    /// What it makes.
    type Outcome: Outcome;

    /// Whether it is only to be tried.
    fn validate_only(&self) -> bool;

    /// Does it, inside the transaction. What it reads and locks is seen through the caller's scope for [`Self::NEEDS`].
    fn run(&self, work: &Work<'_>) -> impl Future<Output = Result<Self::Outcome>> + Send;
}

/// What a command made: a row, told to the audit log and found again when the write is repeated.
pub trait Outcome: Send + Sync + Sized + 'static {
    /// The row's type.
    type Row: Entity;

    /// The row as it is now.
    fn row(&self) -> &Self::Row;
    /// The row as it was; none if it is new.
    fn before(&self) -> Option<&Self::Row>;
    /// Whether the row is no more.
    fn is_removed(&self) -> bool {
        false
    }
    /// What is allowed but odd.
    fn warnings(&self) -> &[Warning] {
        &[]
    }
    /// What a repeated write answers with.
    fn repeated(row: Self::Row) -> Self;
}

/// A row that was created or changed.
#[derive(Debug, Clone)]
pub struct Changed<E> {
    /// The row as it is now.
    pub row: E,
    /// The row as it was; none if it is new.
    pub before: Option<E>,
    /// Whether the row is no more.
    pub removed: bool,
    /// What is allowed but odd.
    pub warnings: Vec<Warning>,
}

/// Allowed, but look again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// What kind of oddity.
    pub code: WarningCode,
    /// In words.
    pub message: String,
    /// The path from `input`, without `input` itself.
    pub field: Vec<String>,
}

/// The kinds of oddities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "told in the API's enum of the same names")]
pub enum WarningCode {
    InThePast,
    SubscriptionEndsFirst,
    NeverPlays,
    DarkGap,
}

impl<E: Entity> Changed<E> {
    /// A new row.
    pub fn created(row: E) -> Self {
        Self { row, before: None, removed: false, warnings: Vec::new() }
    }

    /// A row that is not what it was.
    pub fn edited(before: E, row: E) -> Self {
        Self { row, before: Some(before), removed: false, warnings: Vec::new() }
    }

    /// A row that is no more.
    pub fn removed(row: E) -> Self {
        Self { row, before: None, removed: true, warnings: Vec::new() }
    }
}

impl<E: Entity> Outcome for Changed<E> {
    type Row = E;

    fn row(&self) -> &E {
        &self.row
    }

    fn before(&self) -> Option<&E> {
        self.before.as_ref()
    }

    fn is_removed(&self) -> bool {
        self.removed
    }

    fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    fn repeated(row: E) -> Self {
        Self::created(row)
    }
}

/// What became of a command.
#[derive(Debug)]
pub enum Executed<T> {
    /// It was done and is durable.
    Done(T),
    /// Nothing was stored: it would have been done, with what is odd, or it was done before and its row is no more.
    Valid(Vec<Warning>),
}
