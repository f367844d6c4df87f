//! What a command works with, and the rows that its input names.
//!
//! Rows are locked from the top of the tree down: company, project, folder and client, order, video, window. Two writes
//! that did it the other way round could wait for each other for good.

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

    /// The same for a parent that need not be named.
    ///
    /// # Errors
    /// When one is named and there is none that the caller may write below.
    pub async fn optional_parent<E: Readable + Tagged>(&self, field: &str, id: Option<NodeId<E>>) -> Result<Option<E>> {
        match id {
            Some(id) => Ok(Some(self.parent(field, id).await?)),
            None => Ok(None),
        }
    }

    /// The live row that an input names to be changed; nobody else changes it until the transaction ends.
    ///
    /// # Errors
    /// When there is none that the caller may change.
    pub async fn target<E: Readable + Tagged>(&self, field: &str, id: NodeId<E>) -> Result<E> {
        self.locked(field, id, Deleted::Exclude).await
    }

    /// The row that an input names to be changed, live or deleted as asked, and the live one above it, which is locked
    /// as well.
    ///
    /// # Errors
    /// When there is none that the caller may change, or the one above is no more.
    pub async fn target_below<P, E>(&self, field: &str, id: NodeId<E>, deleted: Deleted) -> Result<(P, E)>
    where
        P: Readable + Tagged,
        E: Readable + Tagged + ChildOf<P>,
    {
        let above = self.find(id).await?.and_then(|row| ChildOf::<P>::parent_id(&row));
        let Some(above) = above else { return Err(self.missing(field, id).await?) };
        let parent = self.target(field, NodeId::<P>::of(above)).await?;
        Ok((parent, self.locked(field, id, deleted).await?))
    }

    async fn locked<E: Readable + Tagged>(&self, field: &str, id: NodeId<E>, deleted: Deleted) -> Result<E> {
        match E::lock(self.tx, id.number(), deleted).await? {
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
