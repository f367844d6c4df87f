//! How rows are changed, deleted and brought back, written once.
//!
//! A row is locked first ([`Entity::lock`]); each change raises its version by one. `editable!` declares what clients may
//! change of a row, `entity!` makes every row with `deleted_at` deletable.

use std::future::Future;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{Entity, Result, Tx};

/// A row that clients may change.
pub trait Editable: Entity {
    /// What they may change of it.
    type Edit: Send + Sync;

    /// Grows by one with every edit.
    fn version(&self) -> i32;
    /// What may be changed of it, as it is.
    fn edit(&self) -> Self::Edit;
    /// The columns in which it is not what it is to become.
    fn differing(&self, edit: &Self::Edit) -> Vec<&'static str>;
    /// Makes a locked row what it is to become.
    fn store(tx: &Tx, id: i64, edit: &Self::Edit, now: DateTime<Utc>) -> impl Future<Output = Result<Self>> + Send;
}

/// A row that is hidden when it is deleted, and can be brought back. `deletion_id` says what was deleted together.
pub trait Deletable: Entity {
    /// Hides a locked row: an edit.
    fn delete(tx: &Tx, id: i64, deletion_id: Uuid, now: DateTime<Utc>) -> impl Future<Output = Result<Self>> + Send;
    /// Brings a locked row back as it was: an edit, too.
    fn restore(tx: &Tx, id: i64, now: DateTime<Utc>) -> impl Future<Output = Result<Self>> + Send;
}

/// Implements [`Deletable`] for the rows of a table with `deleted_at`.
macro_rules! deletable {
    ($row:ident in $table:ident, permanent) => {};
    ($row:ident in $table:ident, deletable) => {
        impl $crate::Deletable for $row {
            async fn delete(
                tx: &Tx,
                id: i64,
                deletion_id: uuid::Uuid,
                now: chrono::DateTime<chrono::Utc>,
            ) -> Result<Self> {
                let row = diesel::update($table::table.find(id))
                    .set((
                        $table::deleted_at.eq(Some(now)),
                        $table::deletion_id.eq(Some(deletion_id)),
                        $table::version.eq($table::version + 1),
                        $table::updated_at.eq(now),
                    ))
                    .returning($row::as_returning());
                Ok($crate::prepared::Kept(row).get_result(&mut *tx.connection().await?).await?)
            }

            async fn restore(tx: &Tx, id: i64, now: chrono::DateTime<chrono::Utc>) -> Result<Self> {
                let row = diesel::update($table::table.find(id))
                    .set((
                        $table::deleted_at.eq(None::<chrono::DateTime<chrono::Utc>>),
                        $table::deletion_id.eq(None::<uuid::Uuid>),
                        $table::version.eq($table::version + 1),
                        $table::updated_at.eq(now),
                    ))
                    .returning($row::as_returning());
                Ok($crate::prepared::Kept(row).get_result(&mut *tx.connection().await?).await?)
            }
        }
    };
}

/// Declares what clients may change of a row, and implements [`Editable`] for it.
///
/// An edit names all of these columns, those too that stay as they are: the row is locked when it is made, and so a
/// table has one statement, which stays prepared.
macro_rules! editable {
    (
        $(#[$meta:meta])*
        $edit:ident of $row:ident in $table:ident { $($column:ident: $of:ty),+ $(,)? }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, diesel::AsChangeset)]
        #[diesel(table_name = $table, treat_none_as_null = true)]
        #[expect(missing_docs, reason = "the columns are told at the row")]
        pub struct $edit {
            $(pub $column: $of,)+
        }

        impl $crate::Editable for $row {
            type Edit = $edit;

            fn version(&self) -> i32 {
                self.version
            }

            fn edit(&self) -> $edit {
                $edit { $($column: self.$column.to_owned(),)+ }
            }

            fn differing(&self, edit: &$edit) -> Vec<&'static str> {
                let mut differing = Vec::new();
                $(if self.$column != edit.$column {
                    differing.push(stringify!($column));
                })+
                differing
            }

            async fn store(
                tx: &$crate::Tx,
                id: i64,
                edit: &$edit,
                now: chrono::DateTime<chrono::Utc>,
            ) -> $crate::Result<Self> {
                use diesel_async::RunQueryDsl;
                let row = diesel::update($table::table.find(id))
                    .set((edit, $table::version.eq($table::version + 1), $table::updated_at.eq(now)))
                    .returning(<$row>::as_returning());
                Ok($crate::prepared::Kept(row).get_result(&mut *tx.connection().await?).await?)
            }
        }
    };
}

pub(crate) use {deletable, editable};
