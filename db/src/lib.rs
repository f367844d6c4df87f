//! The database of ARVlite, and the only door to it.
//!
//! Here live the rows ([`models`]), what a reader may see ([`Scope`]), the connection together with it ([`Session`],
//! [`Tx`]), the mechanical queries that every table shares ([`Entity`], [`ChildOf`]), pages, migrations, the names of
//! constraints, and the log of view events. Nothing here knows GraphQL or HTTP, and nothing here decides who may do
//! what: a caller says for whom it asks by opening a session with a scope.
//!
//! Start at [`Db`], then read `entity.rs` and one model, such as `models/project.rs`.

mod catalog;
mod connect;
mod create;
pub mod diagnosis;
mod edit;
mod entity;
mod enums;
mod error;
mod filter;
pub mod growth;
mod lateral;
mod link;
pub mod migrate;
pub mod models;
mod notify;
mod page;
mod pool;
mod predicate;
mod prepared;
mod pulse;
mod schema;
mod schema_file;
mod scope;
mod search_share;
mod session;
mod statements;
mod tls;

pub use catalog::{Catalog, Constraint, ConstraintKind};
pub use connect::{AddressError, ConnectError, Obstacle};
pub use create::create_database;
pub use edit::{Deletable, Editable};
pub use entity::{ChildOf, Entity};
pub use error::{DbError, Result, Violation};
pub use notify::Listener;
pub use page::{ComposedFilter, Deleted, Filter, Key, NoFilter, OrderColumn, Page, PageOf, Position, Searchable};
pub use pool::{ConnectOptions, Db, PoolState};
pub use predicate::{ReferenceFilter, TextFilter, TimeFilter, TimeRange, is_storable};
pub use schema_file::print_schema;
pub use scope::Scope;
pub use search_share::SearchShare;
pub use session::{Session, Tx};
pub use statements::StatementCount;
