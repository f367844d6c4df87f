//! Lists: what a client asks of one, and the connection that it gets.
//!
//! A cursor holds the row's place in the list's order and a digest of order and filter: it belongs to its list and is
//! refused elsewhere.

use std::borrow::Cow;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use arvlite_db::{Entity, Filter, OrderColumn, Page, PageOf, Position};
use async_graphql::{Context, Object, SimpleObject, TypeName};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::error::Result;
use super::loader::Rows;
use super::node::NodeType;
use crate::config::Limits;
use crate::domain;

/// Which part of a list a client asks for.
#[derive(Debug, Default)]
pub(crate) struct Paging {
    pub(crate) first: Option<i32>,
    pub(crate) after: Option<String>,
    pub(crate) last: Option<i32>,
    pub(crate) before: Option<String>,
}

impl Paging {
    /// The arguments as they came.
    pub(crate) fn new(first: Option<i32>, after: Option<String>, last: Option<i32>, before: Option<String>) -> Self {
        Self { first, after, last, before }
    }

    fn backwards(&self) -> bool {
        self.last.is_some() || (self.before.is_some() && self.first.is_none())
    }

    /// How many rows are asked for.
    pub(crate) fn limit(&self, limits: &Limits) -> Result<i64> {
        if (self.first.is_some() || self.after.is_some()) && (self.last.is_some() || self.before.is_some()) {
            return Err(
                domain::Error::bad_request("first", "take `first` with `after`, or `last` with `before`").into()
            );
        }
        let (field, asked) = if self.backwards() { ("last", self.last) } else { ("first", self.first) };
        let rows = asked.unwrap_or(limits.default_page_size);
        if rows < 1 || rows > limits.page_size {
            let message = format!("`{field}` must be from 1 to {}", limits.page_size);
            return Err(domain::Error::bad_request(field, message).into());
        }
        Ok(rows.into())
    }

    /// Puts a page where the cursor points.
    pub(crate) fn place<O: OrderColumn, F: Filter>(&self, page: &mut Page<O, F>) -> Result<()> {
        page.backwards = self.backwards();
        let cursor = if page.backwards { &self.before } else { &self.after };
        if let Some(cursor) = cursor {
            let cursor = Cursor::decode(cursor).ok_or(domain::Error::InvalidCursor)?;
            let key = &cursor.position.key;
            if cursor.list != digest_of_list(page) || !page.order.fits(key) || !key.is_storable() {
                return Err(domain::Error::InvalidCursor.into());
            }
            page.from = Some(cursor.position);
        }
        Ok(())
    }
}

#[derive(Serialize, Deserialize)]
struct Cursor {
    #[serde(rename = "l")]
    list: u32,
    #[serde(rename = "p")]
    position: Position,
}

impl Cursor {
    fn encode(&self) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default())
    }

    fn decode(text: &str) -> Option<Self> {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
    }
}

/// Tells lists of other rows, or of another order or filter, apart.
fn digest_of_list<O: OrderColumn, F: Filter>(page: &Page<O, F>) -> u32 {
    let list =
        serde_json::to_vec(&(O::TABLE, page.order, page.descending, &page.filter, page.deleted)).unwrap_or_default();
    let digest = Sha256::digest(&list);
    u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]])
}

type Count = Box<dyn Fn() -> Pin<Box<dyn Future<Output = domain::Result<i64>> + Send>> + Send + Sync>;

/// A page of a list of nodes.
pub struct Connection<T: NodeType> {
    rows: Vec<Arc<T::Row>>,
    order: <T::Row as Entity>::Order,
    list: u32,
    page_info: PageInfo,
    count: Count,
}

impl<T: NodeType> Connection<T> {
    /// A page of the rows that were read for it: as many as asked for, and one more if there is one.
    pub(crate) fn new(read: &Rows<T::Row>, page: &PageOf<T::Row>, count: Count) -> Self {
        let wanted = usize::try_from(page.limit).unwrap_or(usize::MAX);
        let more = read.len() > wanted;
        let mut rows: Vec<Arc<T::Row>> = read.iter().take(wanted).cloned().collect();
        if page.backwards {
            rows.reverse();
        }
        let beside = page.from.is_some();
        let list = digest_of_list(page);
        let cursor = |row: &Arc<T::Row>| Cursor { list, position: row.position(page.order) }.encode();
        let page_info = PageInfo {
            has_next_page: if page.backwards { beside } else { more },
            has_previous_page: if page.backwards { more } else { beside },
            start_cursor: rows.first().map(cursor),
            end_cursor: rows.last().map(cursor),
        };
        Self { rows, order: page.order, list, page_info, count }
    }
}

impl<T: NodeType> TypeName for Connection<T> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Connection", T::NAME).into()
    }
}

/// A page of a list.
#[Object(name_type)]
impl<T: NodeType> Connection<T> {
    /// The rows of this page with their cursors.
    async fn edges(&self) -> Vec<Edge<T>> {
        let edge = |row: &Arc<T::Row>| Edge {
            cursor: Cursor { list: self.list, position: row.position(self.order) }.encode(),
            node: T::from_row(Arc::clone(row)),
        };
        self.rows.iter().map(edge).collect()
    }

    /// The rows of this page.
    async fn nodes(&self) -> Vec<T> {
        self.rows.iter().map(|row| T::from_row(Arc::clone(row))).collect()
    }

    /// Where this page stands in the list.
    async fn page_info(&self) -> &PageInfo {
        &self.page_info
    }

    /// How many rows the list has in all. Counted only when it is asked for.
    async fn total_count(&self, _ctx: &Context<'_>) -> Result<i64> {
        Ok((self.count)().await?)
    }
}

/// A page of a list that is not counted.
pub struct UncountedConnection<T: NodeType>(pub(crate) Connection<T>);

impl<T: NodeType> TypeName for UncountedConnection<T> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Connection", T::NAME).into()
    }
}

/// A page of a list.
#[Object(name_type)]
impl<T: NodeType> UncountedConnection<T> {
    /// The rows of this page with their cursors.
    async fn edges(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<Edge<T>>> {
        self.0.edges(ctx).await
    }

    /// The rows of this page.
    async fn nodes(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<T>> {
        self.0.nodes(ctx).await
    }

    /// Where this page stands in the list.
    async fn page_info(&self) -> &PageInfo {
        &self.0.page_info
    }
}

/// A row of a page.
pub struct Edge<T> {
    cursor: String,
    node: T,
}

impl<T: NodeType> TypeName for Edge<T> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Edge", T::NAME).into()
    }
}

/// A row of a page, with its place in the list.
#[Object(name_type)]
impl<T: NodeType> Edge<T> {
    /// The place: give it as `after` or `before`. It belongs to this list, order and filter.
    async fn cursor(&self) -> &str {
        &self.cursor
    }

    /// The row.
    async fn node(&self) -> &T {
        &self.node
    }
}

/// Where a page stands in its list.
#[derive(Debug, Clone, SimpleObject)]
pub struct PageInfo {
    /// Whether rows come after this page. Of a page that was read backwards: whether it ends beside a cursor.
    pub has_next_page: bool,
    /// Whether rows come before this page. Of a page that was read forwards: whether it starts beside a cursor.
    pub has_previous_page: bool,
    /// The cursor of the first row; null on an empty page.
    pub start_cursor: Option<String>,
    /// The cursor of the last row; null on an empty page.
    pub end_cursor: Option<String>,
}
