//! What a resolver may use, and nothing else.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use arvlite_db::{ChildOf, Deleted, Page, PageOf, models};
use async_graphql::{Context, Value};

use super::connection::{Connection, Paging};
use super::error::Result;
use super::loader::{Loaders, LoadersHere};
use super::node::NodeType;
use super::payload::Payload;
use crate::app::App;
use crate::auth::{Readable, Viewer};
use crate::domain::playback::read::Playback;
use crate::domain::{self, Command, Executed};

/// The key of a repeated write, from the request's header.
#[derive(Debug, Clone)]
pub struct IdempotencyKey(pub String);

/// The playbacks that a request was told: for whoever hands the answer on and says how long it may be kept.
#[derive(Debug, Clone, Default)]
pub struct ToldPlaybacks(Arc<Mutex<Vec<Arc<Playback>>>>);

impl ToldPlaybacks {
    pub(crate) fn add(&self, playback: &Arc<Playback>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(playback));
    }

    /// Those told so far.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<Playback>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Who signed in while the request ran: the rest of it is read through their eyes.
#[derive(Default)]
pub(crate) struct SignedInMeanwhile(OnceLock<(Viewer, Arc<Loaders>)>);

/// Everything of a request that resolvers use.
pub(crate) trait ContextExt {
    /// The running program.
    fn app(&self) -> &Arc<App>;
    /// Who asks.
    fn viewer(&self) -> &Viewer;
    /// The request's loaders for this place of its document.
    fn loaders(&self) -> LoadersHere;
    /// The request's loaders for the object of which this is a field: for what several of its fields are made of.
    fn loaders_of_parent(&self) -> LoadersHere;
    /// Makes somebody who just signed in the viewer for the rest of the request.
    fn continue_as(&self, viewer: &Viewer);
    /// A row, if the viewer may see it.
    async fn one<T: NodeType>(&self, id: i64) -> Result<Option<T>>;
    /// The row that a reference points to, if it points anywhere and the viewer may see it.
    async fn one_of<T: NodeType>(&self, id: Option<i64>) -> Result<Option<T>>;
    /// A row that must be there for whoever sees the row that points to it.
    async fn the<T: NodeType>(&self, id: i64) -> Result<T>;
    /// Rows in the order of their ids, none where the viewer may not see one.
    async fn many<T: NodeType>(&self, ids: &[i64]) -> Result<Vec<Option<T>>>;
    /// A page of a parent's children.
    async fn children<P: Readable, T: NodeType>(
        &self,
        parent_id: i64,
        paging: Paging,
        list: ListOf<T>,
    ) -> Result<Connection<T>>
    where
        T::Row: ChildOf<P>;
    /// A page of a company's children of a kind that not everybody who sees the company may read: FORBIDDEN for them.
    async fn private_children<T: NodeType>(
        &self,
        company_id: i64,
        paging: Paging,
        list: ListOf<T>,
    ) -> Result<Option<Connection<T>>>
    where
        T::Row: ChildOf<models::Company>;
    /// A page of all rows that the viewer may see.
    async fn list<T: NodeType>(&self, paging: Paging, list: ListOf<T>) -> Result<Connection<T>>;
    /// The key of a repeated write: `@idempotent` on the field, else the request's header.
    fn idempotency_key(&self) -> Option<String>;
    /// Runs a command and gives its payload.
    async fn write<C: Command, P: Payload<C::Outcome>>(&self, command: C) -> Result<P>;
}

/// Which rows a list has and in which order.
pub(crate) struct ListOf<T: NodeType> {
    pub(crate) order: Option<(<T::Row as arvlite_db::Entity>::Order, bool)>,
    pub(crate) filter: <T::Row as arvlite_db::Entity>::Filter,
    pub(crate) deleted: Deleted,
}

impl<T: NodeType> Default for ListOf<T> {
    fn default() -> Self {
        Self { order: None, filter: Default::default(), deleted: Deleted::Exclude }
    }
}

impl<T: NodeType> ListOf<T> {
    /// All rows, and the deleted ones as asked.
    pub(crate) fn with(deleted: Deleted) -> Self {
        Self { deleted, ..Self::default() }
    }

    fn page(self, paging: &Paging, app: &App) -> Result<PageOf<T::Row>> {
        let mut page: PageOf<T::Row> = Page::first(paging.limit(&app.config.limits)?);
        if let Some((order, descending)) = self.order {
            (page.order, page.descending) = (order, descending);
        }
        (page.filter, page.deleted) = (self.filter, self.deleted);
        paging.place(&mut page)?;
        Ok(page)
    }
}

fn loaders_of<'a>(ctx: &Context<'a>) -> &'a Arc<Loaders> {
    match ctx.data_unchecked::<SignedInMeanwhile>().0.get() {
        Some((_, loaders)) => loaders,
        None => ctx.data_unchecked(),
    }
}

impl ContextExt for Context<'_> {
    fn app(&self) -> &Arc<App> {
        self.data_unchecked()
    }

    fn viewer(&self) -> &Viewer {
        match self.data_unchecked::<SignedInMeanwhile>().0.get() {
            Some((viewer, _)) => viewer,
            None => self.data_unchecked(),
        }
    }

    fn loaders(&self) -> LoadersHere {
        LoadersHere::new(loaders_of(self), self.path_node.as_ref())
    }

    fn loaders_of_parent(&self) -> LoadersHere {
        LoadersHere::new(loaders_of(self), self.path_node.as_ref().and_then(|node| node.parent))
    }

    fn continue_as(&self, viewer: &Viewer) {
        let loaders = || Loaders::new(self.app().db.clone(), viewer.clone());
        self.data_unchecked::<SignedInMeanwhile>().0.get_or_init(|| (viewer.clone(), loaders()));
    }

    async fn one<T: NodeType>(&self, id: i64) -> Result<Option<T>> {
        Ok(self.loaders().one::<T::Row>(id).await?.map(T::from_row))
    }

    async fn one_of<T: NodeType>(&self, id: Option<i64>) -> Result<Option<T>> {
        match id {
            Some(id) => self.one(id).await,
            None => Ok(None),
        }
    }

    async fn the<T: NodeType>(&self, id: i64) -> Result<T> {
        let forbidden = !self.viewer().may_somewhere(T::Row::NEEDS);
        match self.one(id).await? {
            Some(row) => Ok(row),
            None if forbidden => Err(domain::Error::Forbidden.into()),
            None => Err(domain::Error::NotFound.into()),
        }
    }

    async fn many<T: NodeType>(&self, ids: &[i64]) -> Result<Vec<Option<T>>> {
        let loaders = self.loaders();
        let rows = futures_util::future::try_join_all(ids.iter().map(|id| loaders.one::<T::Row>(*id))).await?;
        Ok(rows.into_iter().map(|row| row.map(T::from_row)).collect())
    }

    async fn children<P: Readable, T: NodeType>(
        &self,
        parent_id: i64,
        paging: Paging,
        list: ListOf<T>,
    ) -> Result<Connection<T>>
    where
        T::Row: ChildOf<P>,
    {
        let page = Arc::new(list.page(&paging, self.app())?);
        let loaders = self.loaders();
        let rows = loaders.children::<P, T::Row>(parent_id, Arc::clone(&page)).await?;
        let counted = Arc::clone(&page);
        let count = move || {
            let (loaders, page) = (loaders.clone(), Arc::clone(&counted));
            Box::pin(async move { loaders.count_children::<P, T::Row>(parent_id, &page).await }) as _
        };
        Ok(Connection::new(&rows, &page, Box::new(count)))
    }

    async fn private_children<T: NodeType>(
        &self,
        company_id: i64,
        paging: Paging,
        list: ListOf<T>,
    ) -> Result<Option<Connection<T>>>
    where
        T::Row: ChildOf<models::Company>,
    {
        if !self.viewer().may(T::Row::NEEDS, company_id) {
            return Err(domain::Error::Forbidden.into());
        }
        self.children::<models::Company, T>(company_id, paging, list).await.map(Some)
    }

    async fn list<T: NodeType>(&self, paging: Paging, list: ListOf<T>) -> Result<Connection<T>> {
        let page = Arc::new(list.page(&paging, self.app())?);
        let loaders = self.loaders();
        let rows = loaders.page::<T::Row>(&page).await?;
        let counted = Arc::clone(&page);
        let count = move || {
            let (loaders, page) = (loaders.clone(), Arc::clone(&counted));
            Box::pin(async move { loaders.count::<T::Row>(&page).await }) as _
        };
        Ok(Connection::new(&rows, &page, Box::new(count)))
    }

    fn idempotency_key(&self) -> Option<String> {
        let directives = self.field().directives().unwrap_or_default();
        let given =
            directives.iter().find(|directive| directive.name.node == "idempotent").and_then(
                |directive| match directive.get_argument("key").map(|key| &key.node) {
                    Some(Value::String(key)) => Some(key.clone()),
                    _ => None,
                },
            );
        given.or_else(|| self.data_opt::<IdempotencyKey>().map(|key| key.0.clone()))
    }

    async fn write<C: Command, P: Payload<C::Outcome>>(&self, command: C) -> Result<P> {
        let key = self.idempotency_key();
        match domain::execute::execute(self.app(), self.viewer(), command, key).await {
            Ok(Executed::Done(outcome)) => Ok(P::done(outcome)),
            Ok(Executed::Valid(warnings)) => Ok(P::valid(warnings)),
            Err(domain::Error::Refused(problems)) => Ok(P::refused(problems)),
            Err(error) => Err(error.into()),
        }
    }
}
