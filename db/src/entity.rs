//! What every table can do, written once.
//!
//! Two small traits, [`Entity`] and [`ChildOf`], carry loaders, pages, connections and tests, none of which sees
//! Diesel's types. One macro implements them for a table by expanding to ordinary Diesel; its line also documents the
//! table: whose rows it holds, whether they can be deleted, how its lists are ordered and filtered, whose children
//! they are. What changes rows is in `edit.rs`.

use std::future::Future;

use diesel::BoolExpressionMethods;
use serde::Serialize;

use crate::predicate::Predicate;
use crate::{Deleted, Filter, NoFilter, OrderColumn, PageOf, Position, Result, Session, Tx};

/// A row that has an id and is read through a scope.
pub trait Entity: Serialize + Clone + Send + Sync + Sized + 'static {
    /// The noun, as audit rows and ids name it.
    const NAME: &'static str;
    /// The table.
    const TABLE: &'static str;
    /// The columns that its lists can be ordered by.
    type Order: OrderColumn;
    /// The conditions that its lists can be narrowed by.
    type Filter: Filter;

    /// Its id.
    fn id(&self) -> i64;
    /// The company that it belongs to; none for what belongs to nobody, such as a user.
    fn company(&self) -> Option<i64>;
    /// Whether it was deleted.
    fn is_deleted(&self) -> bool;
    /// Where it stands in a list of this order.
    fn position(&self, order: Self::Order) -> Position;

    /// The rows with these ids, deleted ones among them, in no order.
    fn by_ids(session: &Session, ids: &[i64]) -> impl Future<Output = Result<Vec<Self>>> + Send;
    /// A page, and one row more if there is one.
    fn page(session: &Session, page: &PageOf<Self>) -> impl Future<Output = Result<Vec<Self>>> + Send;
    /// How many rows a list has in all.
    fn count(session: &Session, filter: &Self::Filter, deleted: Deleted) -> impl Future<Output = Result<i64>> + Send;
    /// A live row that stays live until the transaction ends: what a new child asks of its parent.
    fn keep_alive(tx: &Tx, id: i64) -> impl Future<Output = Result<Option<Self>>> + Send;
    /// A row, live or deleted as asked, that nobody else changes until the transaction ends.
    fn lock(tx: &Tx, id: i64, deleted: Deleted) -> impl Future<Output = Result<Option<Self>>> + Send;
}

/// A row that hangs below another one.
pub trait ChildOf<P: Entity>: Entity {
    /// The parent's id; none for what hangs below no such row.
    fn parent_id(&self) -> Option<i64>;
    /// A page of each parent's children, and one row more where there is one, in one statement.
    fn of_parents(
        session: &Session,
        parents: &[i64],
        page: &PageOf<Self>,
    ) -> impl Future<Output = Result<Vec<Self>>> + Send;
    /// How many children each parent has; a parent without any is left out.
    fn counts(
        session: &Session,
        parents: &[i64],
        filter: &Self::Filter,
        deleted: Deleted,
    ) -> impl Future<Output = Result<Vec<(i64, i64)>>> + Send;
}

/// A filter that can be turned into conditions on the rows of a table.
pub(crate) trait Narrows<T>: Filter {
    /// Conditions that must all hold.
    fn conditions(&self) -> Vec<Predicate<T>>;
}

impl<T> Narrows<T> for NoFilter {
    fn conditions(&self) -> Vec<Predicate<T>> {
        Vec::new()
    }
}

/// All of these conditions as one; none at all is true.
pub(crate) fn all<T>(conditions: Vec<Predicate<T>>) -> Predicate<T>
where
    T: 'static,
    Predicate<T>: diesel::Expression<SqlType = diesel::sql_types::Bool>,
    diesel::dsl::And<Predicate<T>, Predicate<T>>:
        diesel::BoxableExpression<T, diesel::pg::Pg, SqlType = diesel::sql_types::Bool>,
    diesel::dsl::AsExprOf<bool, diesel::sql_types::Bool>:
        diesel::BoxableExpression<T, diesel::pg::Pg, SqlType = diesel::sql_types::Bool>,
{
    use diesel::IntoSql;
    let joined = conditions.into_iter().reduce(|left, right| Box::new(left.and(right)) as Predicate<T>);
    joined.unwrap_or_else(|| Box::new(true.into_sql::<diesel::sql_types::Bool>()))
}

/// Any of these conditions; of none at all it is false.
pub(crate) fn any<T>(conditions: Vec<Predicate<T>>) -> Predicate<T>
where
    T: 'static,
    Predicate<T>: diesel::Expression<SqlType = diesel::sql_types::Bool>,
    diesel::dsl::Or<Predicate<T>, Predicate<T>>:
        diesel::BoxableExpression<T, diesel::pg::Pg, SqlType = diesel::sql_types::Bool>,
    diesel::dsl::AsExprOf<bool, diesel::sql_types::Bool>:
        diesel::BoxableExpression<T, diesel::pg::Pg, SqlType = diesel::sql_types::Bool>,
{
    use diesel::IntoSql;
    let joined = conditions.into_iter().reduce(|left, right| Box::new(left.or(right)) as Predicate<T>);
    joined.unwrap_or_else(|| Box::new(false.into_sql::<diesel::sql_types::Bool>()))
}

/// Implements [`Entity`] and [`ChildOf`] for a row.
///
/// `scoped by COLUMN` names the column with the company, `scoped with FUNCTION` a condition of its own;
/// `deletable` rows have `deleted_at`, `permanent` ones do not; every list can be ordered by `Id`. The column of a
/// parent may be null. A child `named` by a column hangs below rows of several tables, and the column says the noun of
/// the one.
macro_rules! entity {
    (
        $row:ident in $table:ident as $name:literal, scoped $how:ident $what:ident, $deletion:ident,
        ordered by $order:ident { $($variant:ident: $column:ident as $kind:ident),* $(,)? },
        filtered by $filter:ty
        $(, child of $parent:ident by $parent_column:ident $(named $name_column:ident)?)* $(,)?
    ) => {
        #[doc = concat!("The columns that a list of `", stringify!($table), "` can be ordered by.")]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
        pub enum $order {
            /// Order of creation.
            Id,
            $(#[doc = concat!("By `", stringify!($column), "`, then by id.")] $variant,)*
        }

        impl $crate::OrderColumn for $order {
            const ID: Self = Self::Id;
            const TABLE: &'static str = stringify!($table);

            fn is_across_companies(self) -> bool {
                match self {
                    Self::Id => true,
                    $(Self::$variant => !$crate::entity::is_of_company!($how $what) || stringify!($column) == "created_at",)*
                }
            }

            fn fits(self, key: &$crate::Key) -> bool {
                match self {
                    Self::Id => matches!(key, $crate::Key::Id),
                    $(Self::$variant => matches!(key, $crate::Key::$kind(_)),)*
                }
            }
        }

        const _: () = {
            use diesel::pg::Pg;
            use diesel::prelude::*;
            use diesel_async::RunQueryDsl;
            use $crate::entity::{Entity, Narrows};
            use $crate::schema::$table;
            use $crate::{Deleted, Key, PageOf, Position, Result, Scope, Session, Tx};

            type Table = $table::table;
            type Rows = diesel::dsl::IntoBoxed<'static, diesel::dsl::Select<Table, diesel::dsl::AsSelect<$row, Pg>>, Pg>;

            fn conditions(scope: &Scope, filter: &$filter, deleted: Deleted) -> Vec<$crate::predicate::Predicate<Table>> {
                let mut conditions = Narrows::<Table>::conditions(filter);
                $crate::entity::push_visible!(conditions, scope, $table, $how $what);
                $crate::entity::push_deleted!(conditions, deleted, $table, $deletion);
                conditions
            }

            fn rows(scope: &Scope, page: &PageOf<$row>) -> Rows {
                let down = page.reads_down();
                let mut rows = Table::default().select($row::as_select()).into_boxed();
                for condition in conditions(scope, &page.filter, page.deleted) {
                    rows = rows.filter(condition);
                }
                rows = match (page.order, &page.from) {
                    ($order::Id, None) => rows,
                    ($order::Id, Some(from)) if down => rows.filter($table::id.lt(from.id)),
                    ($order::Id, Some(from)) => rows.filter($table::id.gt(from.id)),
                    $(
                        ($order::$variant, Some(Position { key: Key::$kind(key), id })) if down => rows
                            .filter($table::$column.le(key.clone()))
                            .filter($table::$column.lt(key.clone()).or($table::id.lt(*id))),
                        ($order::$variant, Some(Position { key: Key::$kind(key), id })) => rows
                            .filter($table::$column.ge(key.clone()))
                            .filter($table::$column.gt(key.clone()).or($table::id.gt(*id))),
                        ($order::$variant, _) => rows,
                    )*
                };
                rows = match page.order {
                    $order::Id if down => rows.order($table::id.desc()),
                    $order::Id => rows.order($table::id.asc()),
                    $(
                        $order::$variant if down => rows.order(($table::$column.desc(), $table::id.desc())),
                        $order::$variant => rows.order(($table::$column.asc(), $table::id.asc())),
                    )*
                };
                rows.limit(page.limit + 1)
            }

            impl Entity for $row {
                const NAME: &'static str = $name;
                const TABLE: &'static str = stringify!($table);
                type Order = $order;
                type Filter = $filter;

                fn id(&self) -> i64 {
                    self.id
                }

                fn company(&self) -> Option<i64> {
                    $crate::entity::company!(self, $how $what)
                }

                fn is_deleted(&self) -> bool {
                    $crate::entity::is_deleted!(self, $deletion)
                }

                fn position(&self, order: $order) -> Position {
                    let key = match order {
                        $order::Id => Key::Id,
                        $($order::$variant => Key::$kind(self.$column.to_owned()),)*
                    };
                    Position { key, id: self.id }
                }

                async fn by_ids(session: &Session, ids: &[i64]) -> Result<Vec<Self>> {
                    let read = || async {
                        let mut rows = Table::default().select($row::as_select()).into_boxed::<Pg>();
                        for condition in conditions(session.scope(), &<$filter>::default(), Deleted::Include) {
                            rows = rows.filter(condition);
                        }
                        let rows = rows.filter($table::id.eq_any(ids.to_vec()));
                        Ok(rows.load(&mut *session.connection().await?).await?)
                    };
                    session.read(read).await
                }

                async fn page(session: &Session, page: &PageOf<Self>) -> Result<Vec<Self>> {
                    let read =
                        || async { Ok(rows(session.scope(), page).load(&mut *session.connection_for_list(&page.filter).await?).await?) };
                    session.read(read).await
                }

                async fn count(session: &Session, filter: &$filter, deleted: Deleted) -> Result<i64> {
                    let read = || async {
                        let mut count = Table::default().select(diesel::dsl::count_star()).into_boxed::<Pg>();
                        for condition in conditions(session.scope(), filter, deleted) {
                            count = count.filter(condition);
                        }
                        Ok(count.get_result(&mut *session.connection_for_list(filter).await?).await?)
                    };
                    session.read(read).await
                }

                async fn keep_alive(tx: &Tx, id: i64) -> Result<Option<Self>> {
                    // Seen first, so that nobody waits for a lock on a row that is not theirs.
                    if Self::by_ids(tx, &[id]).await?.is_empty() {
                        return Ok(None);
                    }
                    let row = Table::default().filter($table::id.eq(id)).select($row::as_select()).for_share();
                    let row: Option<$row> = row.get_result(&mut *tx.connection().await?).await.optional()?;
                    Ok(row.filter(|row| !row.is_deleted()))
                }

                async fn lock(tx: &Tx, id: i64, deleted: Deleted) -> Result<Option<Self>> {
                    // Seen first, so that nobody waits for a lock on a row that is not theirs.
                    if Self::by_ids(tx, &[id]).await?.is_empty() {
                        return Ok(None);
                    }
                    let row = Table::default().filter($table::id.eq(id)).select($row::as_select()).for_no_key_update();
                    let row: Option<$row> = row.get_result(&mut *tx.connection().await?).await.optional()?;
                    Ok(row.filter(|row| deleted.allows(row.is_deleted())))
                }
            }

            $crate::edit::deletable!($row in $table, $deletion);

            $(
                impl $crate::ChildOf<$crate::models::$parent> for $row {
                    fn parent_id(&self) -> Option<i64> {
                        self.$parent_column.into()
                    }

                    async fn of_parents(session: &Session, parents: &[i64], page: &PageOf<Self>) -> Result<Vec<Self>> {
                        let read = || async {
                            let each_parent = $table::$parent_column.nullable().eq($crate::lateral::EachParent);
                            let children = rows(session.scope(), page).filter(each_parent);
                            $(let children = children.filter(
                                $table::$name_column.eq(<$crate::models::$parent as Entity>::NAME),
                            );)?
                            let lateral = $crate::lateral::Lateral { parents: parents.to_vec(), children };
                            Ok(lateral.load(&mut *session.connection_for_children(&page.filter).await?).await?)
                        };
                        session.read(read).await
                    }

                    async fn counts(
                        session: &Session,
                        parents: &[i64],
                        filter: &$filter,
                        deleted: Deleted,
                    ) -> Result<Vec<(i64, i64)>> {
                        let read = || async {
                            let mut counts = Table::default()
                                .group_by($table::$parent_column)
                                .select(($table::$parent_column.nullable().assume_not_null(), diesel::dsl::count_star()))
                                .filter($table::$parent_column.eq_any(parents.to_vec()))
                                .into_boxed::<Pg>();
                            $(counts = counts.filter(
                                $table::$name_column.eq(<$crate::models::$parent as Entity>::NAME),
                            );)?
                            for condition in conditions(session.scope(), filter, deleted) {
                                counts = counts.filter(condition);
                            }
                            Ok(counts.load(&mut *session.connection_for_children(filter).await?).await?)
                        };
                        session.read(read).await
                    }
                }
            )*
        };
    };
}

macro_rules! push_visible {
    ($conditions:ident, $scope:ident, $table:ident, by $column:ident) => {{
        use diesel::IntoSql;
        match $scope {
            Scope::Everything => {}
            Scope::Companies(ids) => match **ids {
                [one] => $conditions.push(Box::new($table::$column.eq(one))),
                _ => $conditions.push(Box::new($table::$column.eq_any(ids.to_vec()))),
            },
            Scope::Nothing => $conditions.push(Box::new(false.into_sql::<diesel::sql_types::Bool>())),
        }
    }};
    ($conditions:ident, $scope:ident, $table:ident, with $function:ident) => {
        $conditions.extend($function($scope))
    };
}

macro_rules! push_deleted {
    ($conditions:ident, $deleted:ident, $table:ident, deletable) => {
        match $deleted {
            Deleted::Exclude => $conditions.push(Box::new($table::deleted_at.is_null())),
            Deleted::Include => {}
            Deleted::Only => $conditions.push(Box::new($table::deleted_at.is_not_null())),
        }
    };
    ($conditions:ident, $deleted:ident, $table:ident, permanent) => {
        let _ = $deleted;
    };
}

macro_rules! is_of_company {
    (by company_id) => {
        true
    };
    ($how:ident $what:ident) => {
        false
    };
}

macro_rules! company {
    ($row:ident, by $column:ident) => {
        Some($row.$column)
    };
    ($row:ident, with $function:ident) => {
        None
    };
}

macro_rules! is_deleted {
    ($row:ident, deletable) => {
        $row.deleted_at.is_some()
    };
    ($row:ident, permanent) => {
        false
    };
}

/// Implements `insert` for a row and what a new one needs.
macro_rules! insertable {
    ($row:ident from $new:ident in $table:ident) => {
        impl $row {
            /// Stores a new row.
            ///
            /// # Errors
            /// When a constraint refuses it or the statement fails.
            pub async fn insert(tx: &$crate::Tx, new: &$new) -> $crate::Result<Self> {
                use diesel_async::RunQueryDsl;
                let row = diesel::insert_into($table::table).values(new).returning(<$row>::as_returning());
                Ok(row.get_result(&mut *tx.connection().await?).await?)
            }
        }
    };
}

pub(crate) use {company, entity, insertable, is_deleted, is_of_company, push_deleted, push_visible};
