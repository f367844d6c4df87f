//! Batching, the only place: a request's loaders gather the keys that resolvers ask for while they wait, and read them
//! in one statement.
//!
//! Loaders are made for each request and keep nothing. Each reads through the scope that the viewer has for its rows.
//! Each place of the document has its own: the fields at one place are ready together, so that the number of
//! statements is the number of relations that the document names, whatever the rows.

mod gather;

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, PoisonError};

use arvlite_db::models::{ArContent, Company, Project, Video, VideoRotationSchedule, VideoSchedule};
use arvlite_db::{ChildOf, Db, Deleted, Entity, Page, PageOf, Session};

use async_graphql::{QueryPathNode, QueryPathSegment};

use gather::Gathering;

use crate::auth::{Readable, Viewer};
use crate::domain::playback::Content;
use crate::domain::{Error, Result};

/// More than any order has videos, windows or rules.
const MOST_CHILDREN: i64 = 10_000;

/// The rows of one page of one list; one more than asked for if there is one.
pub(crate) type Rows<E> = Arc<Vec<Arc<E>>>;

/// The loaders of one request.
pub struct Loaders {
    db: Db,
    viewer: Viewer,
    made: Mutex<HashMap<(TypeId, u64), Box<dyn Any + Send + Sync>>>,
}

impl Loaders {
    /// Loaders for whoever asks.
    #[must_use]
    pub fn new(db: Db, viewer: Viewer) -> Arc<Self> {
        Arc::new(Self { db, viewer, made: Mutex::default() })
    }

    /// The request's loader of a kind for a place, made when it is first asked for.
    fn loader<B: Batch>(&self, place: u64, make: impl FnOnce() -> B) -> Gathering<B> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let loader = made.entry((TypeId::of::<B>(), place)).or_insert_with(|| Box::new(Gathering::new(make())));
        match loader.downcast_ref::<Gathering<B>>() {
            Some(loader) => loader.clone(),
            None => unreachable!("loaders are kept by their type"),
        }
    }
}

/// The loaders of a request at one place of its document.
#[derive(Clone)]
pub(crate) struct LoadersHere {
    loaders: Arc<Loaders>,
    /// A digest of the names on the way to the place.
    place: u64,
}

impl LoadersHere {
    pub(crate) fn new(loaders: &Arc<Loaders>, path: Option<&QueryPathNode<'_>>) -> Self {
        let mut digest = std::hash::DefaultHasher::new();
        let mut node = path;
        while let Some(step) = node {
            if let QueryPathSegment::Name(name) = step.segment {
                name.hash(&mut digest);
            }
            node = step.parent;
        }
        Self { loaders: Arc::clone(loaders), place: digest.finish() }
    }

    /// A session that sees what the viewer may see of these rows.
    pub(crate) fn session<E: Readable>(&self) -> Session {
        self.loaders.db.session(self.loaders.viewer.scope(E::NEEDS))
    }

    pub(crate) async fn one<E: Readable>(&self, id: i64) -> Result<Option<Arc<E>>> {
        let make = || ById::<E> { session: self.session::<E>(), row: PhantomData };
        self.loaders.loader(self.place, make).load(id).await
    }

    pub(crate) async fn children<P: Readable, C: Readable + ChildOf<P>>(
        &self,
        parent_id: i64,
        page: Arc<PageOf<C>>,
    ) -> Result<Rows<C>> {
        let make = || ChildrenOf::<P, C> { session: self.session::<C>(), rows: PhantomData };
        self.loaders.loader(self.place, make).load((parent_id, page)).await
    }

    /// All children of a parent that has a bounded number of them.
    pub(crate) async fn all_children<P: Readable, C: Readable + ChildOf<P>>(&self, parent_id: i64) -> Result<Rows<C>> {
        self.children::<P, C>(parent_id, Arc::new(Page::first(MOST_CHILDREN))).await
    }

    /// What decides what plays for an order. It needs rows that a caller who sees the order may see as well.
    pub(crate) async fn playback_of(&self, content: &ArContent) -> Result<Content> {
        let (project, company, videos, windows, rotations) = futures_util::try_join!(
            self.one::<Project>(content.project_id),
            self.one::<Company>(content.company_id),
            self.all_children::<ArContent, Video>(content.id),
            self.all_children::<ArContent, VideoSchedule>(content.id),
            self.all_children::<ArContent, VideoRotationSchedule>(content.id),
        )?;
        let (project, company) = (project.ok_or(Error::NotFound)?, company.ok_or(Error::NotFound)?);
        Ok(Content::of(content, &project, &company, &videos, &windows, &rotations))
    }

    pub(crate) async fn count_children<P: Readable, C: Readable + ChildOf<P>>(
        &self,
        parent_id: i64,
        page: &PageOf<C>,
    ) -> Result<i64> {
        let make = || CountOf::<P, C> { session: self.session::<C>(), rows: PhantomData };
        self.loaders.loader(self.place, make).load((parent_id, page.filter.clone(), page.deleted)).await
    }

    pub(crate) async fn page<E: Readable>(&self, page: &PageOf<E>) -> Result<Rows<E>> {
        Ok(Arc::new(E::page(&self.session::<E>(), page).await?.into_iter().map(Arc::new).collect()))
    }

    pub(crate) async fn count<E: Readable>(&self, page: &PageOf<E>) -> Result<i64> {
        Ok(E::count(&self.session::<E>(), &page.filter, page.deleted).await?)
    }
}

/// A way to read the values of many keys in as few statements as there are kinds of keys.
pub(crate) trait Batch: Send + Sync + 'static {
    type Key: Eq + Hash + Clone + std::fmt::Debug + Send + Sync + 'static;
    type Value: Clone + Send + Sync + 'static;

    fn read(&self, keys: &[Self::Key]) -> impl Future<Output = Result<HashMap<Self::Key, Self::Value>>> + Send;
    /// The value of a key that nothing was found for.
    fn nothing() -> Self::Value;
}

/// Rows by their ids.
struct ById<E> {
    session: Session,
    row: PhantomData<fn() -> E>,
}

impl<E: Entity> Batch for ById<E> {
    type Key = i64;
    type Value = Option<Arc<E>>;

    async fn read(&self, ids: &[i64]) -> Result<HashMap<i64, Self::Value>> {
        let rows = E::by_ids(&self.session, ids).await?;
        Ok(rows.into_iter().map(|row| (row.id(), Some(Arc::new(row)))).collect())
    }

    fn nothing() -> Self::Value {
        None
    }
}

/// Pages of the children of many parents.
struct ChildrenOf<P, C> {
    session: Session,
    rows: PhantomData<fn() -> (P, C)>,
}

impl<P: Entity, C: ChildOf<P>> Batch for ChildrenOf<P, C> {
    type Key = (i64, Arc<PageOf<C>>);
    type Value = Rows<C>;

    async fn read(&self, keys: &[Self::Key]) -> Result<HashMap<Self::Key, Self::Value>> {
        let mut found = HashMap::with_capacity(keys.len());
        for (page, parents) in grouped(keys.iter().map(|(parent, page)| (Arc::clone(page), *parent))) {
            let mut rows: HashMap<i64, Vec<Arc<C>>> = HashMap::with_capacity(parents.len());
            for row in C::of_parents(&self.session, &parents, &page).await? {
                let Some(parent) = row.parent_id() else { continue };
                rows.entry(parent).or_default().push(Arc::new(row));
            }
            found.extend(rows.into_iter().map(|(parent, rows)| ((parent, Arc::clone(&page)), Arc::new(rows))));
        }
        Ok(found)
    }

    fn nothing() -> Self::Value {
        Arc::default()
    }
}

/// Numbers of the children of many parents.
struct CountOf<P, C> {
    session: Session,
    rows: PhantomData<fn() -> (P, C)>,
}

impl<P: Entity, C: ChildOf<P>> Batch for CountOf<P, C> {
    type Key = (i64, C::Filter, Deleted);
    type Value = i64;

    async fn read(&self, keys: &[Self::Key]) -> Result<HashMap<Self::Key, i64>> {
        let mut found = HashMap::with_capacity(keys.len());
        let lists = keys.iter().map(|(parent, filter, deleted)| ((filter.clone(), *deleted), *parent));
        for ((filter, deleted), parents) in grouped(lists) {
            let counts = C::counts(&self.session, &parents, &filter, deleted).await?;
            found.extend(counts.into_iter().map(|(parent, count)| ((parent, filter.clone(), deleted), count)));
        }
        Ok(found)
    }

    fn nothing() -> i64 {
        0
    }
}

/// The parents of each list: keys of one document differ in as many ways as it asks for lists.
fn grouped<K: Eq + Hash>(keys: impl Iterator<Item = (K, i64)>) -> HashMap<K, Vec<i64>> {
    let mut groups: HashMap<K, Vec<i64>> = HashMap::new();
    for (list, parent) in keys {
        groups.entry(list).or_default().push(parent);
    }
    groups
}
