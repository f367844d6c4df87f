//! The conditions that a client may put on a list, declared once for a table: as data, and as what they come to in SQL.
//!
//! [`filter!`] makes both of one line a column. A condition on several columns, or one whose SQL is unlike the others,
//! is written by hand in its model, as in `models/view_session.rs`.

/// Declares the filter of a table's lists: the columns that can be asked about, each with the kind of question, and the
/// texts that `search` looks at.
///
/// The kinds: `text` and `time` as [`TextFilter`](crate::TextFilter) and [`TimeFilter`](crate::TimeFilter) know them,
/// `reference` to another row as [`ReferenceFilter`](crate::ReferenceFilter), `value(T)` for being one of some values.
macro_rules! filter {
    (
        $(#[$meta:meta])*
        $filter:ident of $table:ident {
            $($column:ident: $kind:ident $(($value:ty))?),* $(,)?
        } $(searched in $($searched:ident),+ $(,)?)?
    ) => {
        $(#[$meta])*
        ///
        /// All given parts must hold; of `any_of` one must.
        #[derive(Debug, Clone, Default, PartialEq, Eq, Hash, serde::Serialize)]
        pub struct $filter {
            /// All of these hold.
            pub all_of: Vec<$filter>,
            /// One of these holds.
            pub any_of: Option<Vec<$filter>>,
            /// This does not hold.
            pub not: Option<Box<$filter>>,
            /// Found in one of the columns that are searched, ignoring case.
            pub search: Option<String>,
            $(#[doc = concat!("Of `", stringify!($column), "`.")] pub $column: Option<$crate::filter::asked!($kind $(($value))?)>,)*
        }

        impl $crate::Filter for $filter {
            fn names_one_parent(&self) -> bool {
                false $(|| $crate::filter::names_one!(self.$column, $kind))*
            }
        }

        impl $crate::ComposedFilter for $filter {
            fn composed(mut self, all_of: Vec<Self>, any_of: Option<Vec<Self>>, not: Option<Self>) -> Self {
                (self.all_of, self.any_of, self.not) = (all_of, any_of, not.map(Box::new));
                self
            }
        }

        $($crate::filter::searchable!($filter, $($searched)+);)?

        impl $crate::entity::Narrows<$table::table> for $filter {
            fn conditions(&self) -> Vec<$crate::predicate::Predicate<$table::table>> {
                use $crate::entity::{all, any};
                let mut conditions: Vec<$crate::predicate::Predicate<$table::table>> = Vec::new();
                conditions.extend(self.all_of.iter().map(|filter| all(filter.conditions())));
                if let Some(any_of) = &self.any_of {
                    conditions.push(any(any_of.iter().map(|filter| all(filter.conditions())).collect()));
                }
                if let Some(not) = &self.not {
                    conditions.push($crate::predicate::is_not_true(all(not.conditions())));
                }
                $(if let Some(search) = &self.search {
                    use diesel::{NullableExpressionMethods, PgTextExpressionMethods};
                    let pattern = format!("%{}%", $crate::predicate::like_escaped(search));
                    conditions.push(any(vec![
                        $(Box::new($table::$searched.nullable().ilike(pattern.clone()).assume_not_null()),)+
                    ]));
                })?
                $(if let Some(asked) = &self.$column {
                    $crate::filter::conditions!($kind, conditions, $table::$column, asked);
                })*
                conditions
            }
        }
    };
}

macro_rules! asked {
    (text) => { $crate::TextFilter };
    (time) => { $crate::TimeFilter };
    (reference) => { $crate::ReferenceFilter };
    (value($value:ty)) => { Vec<$value> };
}

macro_rules! names_one {
    ($self:ident.$column:ident, reference) => {
        $self.$column.as_ref().is_some_and($crate::ReferenceFilter::names_one)
    };
    ($self:ident.$column:ident, $kind:ident) => {
        false
    };
}

macro_rules! searchable {
    ($filter:ident, $($searched:ident)+) => {
        impl $crate::Searchable for $filter {
            fn searched(mut self, text: String) -> Self {
                self.search = Some(text);
                self
            }
        }
    };
}

macro_rules! conditions {
    (text, $into:ident, $column:expr, $asked:ident) => {
        $crate::predicate::text_conditions!($into, $column, $asked)
    };
    (time, $into:ident, $column:expr, $asked:ident) => {
        $crate::predicate::time_conditions!($into, $column, $asked)
    };
    (reference, $into:ident, $column:expr, $asked:ident) => {{
        let asked: &$crate::ReferenceFilter = $asked;
        if let Some(one_of) = &asked.one_of {
            $crate::filter::conditions!(value, $into, $column, one_of);
        }
        $crate::predicate::null_conditions!($into, $column, asked.is_null);
    }};
    // Of a single value PostgreSQL can use the order of an index, of a list it cannot.
    (value, $into:ident, $column:expr, $asked:ident) => {{
        use diesel::{ExpressionMethods, NullableExpressionMethods};
        match $asked.as_slice() {
            [one] => $into.push(Box::new($column.nullable().eq(one.clone()).assume_not_null())),
            several => $into.push(Box::new($column.nullable().eq_any(several.to_vec()).assume_not_null())),
        }
    }};
}

pub(crate) use {asked, conditions, filter, names_one, searchable};
