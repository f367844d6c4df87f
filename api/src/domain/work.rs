//! What a command works with, and the rows that its input names.

use std::ops::Deref;
use std::sync::Arc;

use arvlite_db::{ChildOf, Deleted, Entity, Tx};
use chrono::{DateTime, Utc};

use super::{Error, ProblemCode, Result};
use crate::app::App;
use crate::auth::{Readable, Viewer};
use crate::global_id::{NodeId, Tagged};

/// What a command works with: the transaction, who asked, and what time it is.
pub struct Work<'a> {
    /// Everything long-lived.
    pub app: &'a Arc<App>,
    /// Who asked.
    pub viewer: &'a Viewer,
    /// The time of everything that this write stores.
    pub now: DateTime<Utc>,
    pub(super) tx: &'a Tx,
}

impl Deref for Work<'_> {
    type Target = Tx;

    fn deref(&self) -> &Tx {
        self.tx
    }
}

impl Work<'_> {
    /// The row that an input refers to, if the caller may write where it is.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn find<E: Readable + Tagged>(&self, id: NodeId<E>) -> Result<Option<E>> {
        Ok(E::by_ids(self, &[id.number()]).await?.pop())
    }

    /// The live row that an input names as a parent; it stays live until the transaction ends.
    ///
    /// # Errors
    /// When there is none that the caller may write below.
    pub async fn parent<E: Readable + Tagged>(&self, field: &str, id: NodeId<E>) -> Result<E> {
        match E::keep_alive(self.tx, id.number()).await? {
            Some(row) => Ok(row),
            None => Err(self.missing(field, id).await?),
        }
    }

    /// The live row that an input names to be changed; nobody else changes it until the transaction ends.
    ///
    /// # Errors
    /// When there is none that the caller may change.
    pub async fn target<E: Readable + Tagged>(&self, field: &str, id: NodeId<E>) -> Result<E> {
        match E::lock(self.tx, id.number()).await? {
            Some(row) => Ok(row),
            None => Err(self.missing(field, id).await?),
        }
    }

    /// Not yours to change if you can see it; otherwise it does not exist.
    async fn missing<E: Readable + Tagged>(&self, field: &str, id: NodeId<E>) -> Result<Error> {
        let readable = self.tx.with_scope(self.viewer.scope(E::NEEDS));
        let seen = E::by_ids(&readable, &[id.number()]).await?;
        Ok(if seen.iter().any(|row| !row.is_deleted()) && !seen.iter().any(|row| self.may_write(row)) {
            Error::refused(ProblemCode::NotAllowed, field, "is not yours to change")
        } else {
            Error::refused(ProblemCode::NotFound, field, "was not found")
        })
    }

    fn may_write<E: Entity>(&self, row: &E) -> bool {
        row.company().is_none_or(|company| self.tx.scope().holds(company))
    }

    /// Refuses another child of a parent that has as many as it may have. The parent must be locked.
    ///
    /// # Errors
    /// When it has.
    pub async fn refuse_more_than<P: Entity, C: ChildOf<P>>(
        &self,
        most: i64,
        parent_id: i64,
        field: &str,
    ) -> Result<()> {
        let counts = C::counts(self, &[parent_id], &C::Filter::default(), Deleted::Exclude).await?;
        if counts.iter().any(|(_, count)| *count >= most) {
            let message = format!("there are {most} of them already, and more are not allowed");
            return Err(Error::refused(ProblemCode::TooLarge, field, message));
        }
        Ok(())
    }
}
