//! Changing, deleting and bringing back rows: what every such command does alike.
//!
//! A command locks its row, says what it is to become ([`Editable::Edit`]), refuses what was written for another version
//! ([`refuse_stale`]), checks its own rules, and stores it.

use arvlite_db::{Deletable, Editable};
use uuid::Uuid;

use super::violation::camel_case;
use super::{Changed, Detail, Problem, ProblemCode, Result, Work};

/// Refuses what was written for another version of a row than there is by now. `wanted` is what the row is to become.
pub(super) fn refuse_stale<E: Editable>(row: &E, wanted: &E::Edit, expected: Option<i32>) -> Result<()> {
    if expected.is_none_or(|version| version == row.version()) {
        return Ok(());
    }
    let changed_fields = row.differing(wanted).into_iter().map(attribute).collect();
    let stale = Problem::new(ProblemCode::StaleVersion, ["expectedVersion"], "it changed since you read it");
    Err(stale.with(Detail::Stale { noun: E::NAME, id: row.id(), changed_fields }).into())
}

impl Work<'_> {
    /// Makes a locked row what it is to become. One that is so already is left alone, and so is its version.
    ///
    /// # Errors
    /// When a constraint refuses it or the statement fails.
    pub(super) async fn edit<E: Editable>(&self, before: E, wanted: &E::Edit) -> Result<Changed<E>> {
        if before.differing(wanted).is_empty() {
            return Ok(Changed::edited(before.clone(), before));
        }
        let row = E::store(self, before.id(), wanted, self.now).await?;
        Ok(Changed::edited(before, row))
    }

    /// Hides a locked row. What is deleted with it takes the same `deletion_id`, and comes back with it.
    ///
    /// # Errors
    /// When the statement fails.
    pub(super) async fn delete<E: Deletable>(&self, before: E) -> Result<Changed<E>> {
        let row = E::delete(self, before.id(), Uuid::new_v4(), self.now).await?;
        Ok(Changed::edited(before, row))
    }

    /// Brings a locked row back. One that lives is left alone.
    ///
    /// # Errors
    /// When a constraint refuses it or the statement fails.
    pub(super) async fn restore<E: Deletable>(&self, before: E) -> Result<Changed<E>> {
        if !before.is_deleted() {
            return Ok(Changed::edited(before.clone(), before));
        }
        let row = E::restore(self, before.id(), self.now).await?;
        Ok(Changed::edited(before, row))
    }
}

/// The field of a row's type that tells a column.
fn attribute(column: &str) -> String {
    match column {
        "active_video_id" => "pinnedVideo".to_owned(),
        "photo_media_id" => "photo".to_owned(),
        "content_metadata" => "metadata".to_owned(),
        column => camel_case(column.strip_suffix("_id").unwrap_or(column)),
    }
}
