//! What runs admitted operations: the schema, or in tests a smaller one.

use std::sync::Arc;

use async_graphql::{ObjectType, Response, Schema, SubscriptionType};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;

use super::admit::Admitted;
use crate::app::App;
use crate::auth::Viewer;
use crate::graphql::{self, Nullability};

/// Runs what was admitted, each time with request data of its own.
pub(super) trait Executor: Send + Sync {
    /// Runs a query or a mutation.
    fn execute(&self, admitted: Admitted, viewer: &Viewer) -> BoxFuture<'static, Response>;
    /// Runs a subscription.
    fn follow(&self, admitted: Admitted, viewer: &Viewer) -> BoxStream<'static, Response>;
}

pub(super) struct SchemaExecutor<Q, M, S> {
    app: Arc<App>,
    schema: Schema<Q, M, S>,
    nullability: Arc<Nullability>,
}

impl<Q, M, S> SchemaExecutor<Q, M, S>
where
    Q: ObjectType + 'static,
    M: ObjectType + 'static,
    S: SubscriptionType + 'static,
{
    pub(super) fn new(app: Arc<App>, schema: Schema<Q, M, S>) -> Self {
        let nullability = Arc::new(Nullability::of(&schema.sdl()));
        Self { app, schema, nullability }
    }
}

impl<Q, M, S> Executor for SchemaExecutor<Q, M, S>
where
    Q: ObjectType + 'static,
    M: ObjectType + 'static,
    S: SubscriptionType + 'static,
{
    fn execute(&self, admitted: Admitted, viewer: &Viewer) -> BoxFuture<'static, Response> {
        let (schema, nullability) = (self.schema.clone(), Arc::clone(&self.nullability));
        let request = graphql::with_data(admitted.into_request(), &self.app, viewer);
        async move { graphql::execute(&schema, &nullability, request).await }.boxed()
    }

    fn follow(&self, admitted: Admitted, viewer: &Viewer) -> BoxStream<'static, Response> {
        let request = graphql::with_data(admitted.into_request(), &self.app, viewer);
        Box::pin(graphql::follow(&self.schema, &self.nullability, request))
    }
}
