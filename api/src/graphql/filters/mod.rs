//! What a client may say of a list besides which page of it: conditions, an order, a text to search for.
//!
//! A noun declares its own beside its type: `where_input!` for conditions and `order_input!` for orders, each an
//! allow-list over what its model offers, and then a line in `lists.rs`. Here are these two mechanisms and, in
//! `conditions.rs`, the questions that columns can be asked.

mod conditions;

use arvlite_db::{Deleted, Entity, Filter, OrderColumn, Searchable};

pub(crate) use conditions::{Condition, among, enum_filter, few, text, text_in};
pub use conditions::{DateTimeFilter, DateTimeRange, DeletedMode, IdFilter, OrderDirection, StringFilter};

use super::context::ListOf;
use super::error::Result;
use super::node::NodeType;
use crate::domain::Error;

/// How deep AND, OR and NOT may be nested.
const DEEPEST: usize = 4;
/// How many columns all conditions of a list may ask of. Each may have a list of a hundred values, and all of them are
/// parameters of one statement, which has 65,535 at most.
const MOST_CONDITIONS: usize = 100;

/// The conditions of a client.
pub(crate) trait WhereInput: Default {
    /// What the model makes of them.
    type Filter: Filter;

    /// How many there are in all, inside AND, OR and NOT too.
    fn count(&self) -> usize;

    /// The conditions at this depth of AND, OR and NOT.
    fn at_depth(self, depth: usize) -> Result<Self::Filter>;
}

/// The order of a client.
pub(crate) trait OrderInput {
    /// The model's.
    type Column: OrderColumn;

    /// By which column, and whether from high to low.
    fn into_parts(self) -> (Self::Column, bool);
}

impl<T: NodeType> ListOf<T> {
    /// A list as it is asked for.
    pub(crate) fn asked<W, O>(condition: Option<W>, order_by: Option<O>) -> Result<Self>
    where
        W: WhereInput<Filter = <T::Row as Entity>::Filter>,
        O: OrderInput<Column = <T::Row as Entity>::Order>,
    {
        let condition = condition.unwrap_or_default();
        check_count(condition.count())?;
        let filter = condition.at_depth(1)?;
        Ok(Self { order: order_by.map(OrderInput::into_parts), filter, deleted: Deleted::Exclude })
    }

    /// And a text is found in its rows.
    pub(crate) fn searched(self, text: Option<String>) -> Result<Self>
    where
        <T::Row as Entity>::Filter: Searchable,
    {
        let text = text.map(|text| text_in("search", text.trim().to_owned())).transpose()?;
        Ok(match text.filter(|text| !text.is_empty()) {
            Some(text) => Self { filter: self.filter.searched(text), ..self },
            None => self,
        })
    }

    /// And its deleted rows are in it or not.
    pub(crate) fn with_deleted(self, deleted: DeletedMode) -> Self {
        Self { deleted: deleted.into(), ..self }
    }

    /// Refuses an order in which the rows of several companies cannot be read without reading all of them.
    pub(crate) fn across_companies(self) -> Result<Self> {
        let order = self.order.map(|(order, _)| order);
        if order.is_none_or(OrderColumn::is_across_companies) || self.filter.names_one_parent() {
            return Ok(self);
        }
        let message =
            "across companies a list is ordered by ID or CREATED_AT only; ask below one company or one project";
        Err(Error::bad_request("orderBy", message).into())
    }
}

/// Refuses conditions that are more than a statement bears.
fn check_count(count: usize) -> Result<()> {
    if count > MOST_CONDITIONS {
        let message = format!("`where` has at most {MOST_CONDITIONS} conditions in all: {count}");
        return Err(Error::bad_request("where", message).into());
    }
    Ok(())
}

/// Refuses what is nested too deeply.
pub(crate) fn check_depth(depth: usize) -> Result<()> {
    match depth {
        0..=DEEPEST => Ok(()),
        _ => Err(Error::bad_request("where", format!("AND, OR and NOT are nested at most {DEEPEST} deep")).into()),
    }
}

/// Declares the conditions of a noun's lists, each over the column of the same name of its model's filter.
macro_rules! where_input {
    (
        $(#[$meta:meta])*
        $input:ident for $filter:ident {
            $($(#[$field_meta:meta])+ $field:ident: $kind:ident $(of $noun:ident)?),+ $(,)?
        }
    ) => {
        $(#[$meta])*
        ///
        /// All given parts must hold; AND, OR and NOT are nested at most four deep, with at most 100 conditions in all.
        #[derive(Debug, Clone, Default, async_graphql::InputObject)]
        pub struct $input {
            /// All of these hold.
            #[graphql(name = "AND")]
            pub and: Option<Vec<$input>>,
            /// One of these holds.
            #[graphql(name = "OR")]
            pub or: Option<Vec<$input>>,
            /// This does not hold.
            #[graphql(name = "NOT")]
            pub not: Option<Box<$input>>,
            $($(#[$field_meta])+ pub $field: Option<$kind>,)+
        }

        impl $crate::graphql::filters::WhereInput for $input {
            type Filter = arvlite_db::models::$filter;

            fn count(&self) -> usize {
                let nested = self.and.iter().chain(&self.or).flatten().chain(self.not.as_deref());
                [$(self.$field.is_some()),+].into_iter().filter(|given| *given).count()
                    + nested.map(Self::count).sum::<usize>()
            }

            fn at_depth(self, depth: usize) -> $crate::graphql::error::Result<Self::Filter> {
                use $crate::graphql::filters::{check_depth, few};
                check_depth(depth)?;
                let nested = |given: Vec<Self>| -> $crate::graphql::error::Result<Vec<Self::Filter>> {
                    few(given)?.into_iter().map(|condition| condition.at_depth(depth + 1)).collect()
                };
                let all_of = self.and.map(nested).transpose()?.unwrap_or_default();
                let any_of = self.or.map(nested).transpose()?;
                let not = self.not.map(|not| not.at_depth(depth + 1)).transpose()?;
                let filter = arvlite_db::models::$filter {
                    $($field: match self.$field {
                        Some(given) => $crate::graphql::filters::condition!(given $(of $noun)?)?,
                        None => None,
                    },)+
                    ..Default::default()
                };
                Ok(arvlite_db::ComposedFilter::composed(filter, all_of, any_of, not))
            }
        }
    };
}

macro_rules! condition {
    ($given:ident) => {
        $crate::graphql::filters::Condition::into_condition($given)
    };
    ($given:ident of $noun:ident) => {
        $given.into_reference::<arvlite_db::models::$noun>()
    };
}

/// Declares the orders of a noun's lists, each over the variant of the same name of its model's.
macro_rules! order_input {
    (
        $(#[$meta:meta])*
        $order:ident by $field:ident {
            $($(#[$variant_meta:meta])+ $variant:ident),+ $(,)?
        }
    ) => {
        /// What such a list is ordered by. Equal rows are in the order of their creation.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, async_graphql::Enum)]
        pub enum $field {
            /// Order of creation.
            Id,
            $($(#[$variant_meta])+ $variant,)+
        }

        $(#[$meta])*
        #[derive(Debug, Clone, async_graphql::InputObject)]
        pub struct $order {
            /// By what.
            pub field: $field,
            /// Which way.
            pub direction: $crate::graphql::filters::OrderDirection,
        }

        impl $crate::graphql::filters::OrderInput for $order {
            type Column = arvlite_db::models::$order;

            fn into_parts(self) -> (Self::Column, bool) {
                let column = match self.field {
                    $field::Id => Self::Column::Id,
                    $($field::$variant => Self::Column::$variant,)+
                };
                (column, self.direction == $crate::graphql::filters::OrderDirection::Desc)
            }
        }
    };
}

pub(crate) use {condition, order_input, where_input};
