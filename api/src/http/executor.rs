//! What runs admitted operations: the schema, or in tests a smaller one.

use std::sync::Arc;

use async_graphql::{ObjectType, Response, Schema, SubscriptionType, ValidationMode};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;

use super::admit::Admitted;
use crate::app::App;
use crate::auth::Viewer;
use crate::graphql::{self, Contract};

/// Runs what was admitted, each time with request data of its own.
pub(super) trait Executor: Send + Sync {
    /// Runs a query or a mutation.
    fn execute(&self, admitted: Admitted, viewer: &Viewer) -> BoxFuture<'static, Response>;
    /// Runs a subscription.
    fn follow(&self, admitted: Admitted, viewer: &Viewer) -> BoxStream<'static, Response>;
    /// The contract that it keeps.
    fn contract(&self) -> &Arc<Contract>;
}

pub(super) struct SchemaExecutor<Q, M, S> {
    app: Arc<App>,
    schema: Schema<Q, M, S>,
    /// The same, for documents that were validated before.
    trusting: Schema<Q, M, S>,
    contract: Arc<Contract>,
}

impl<Q, M, S> SchemaExecutor<Q, M, S>
where
    Q: ObjectType + 'static,
    M: ObjectType + 'static,
    S: SubscriptionType + 'static,
{
    /// Runs whatever a maker of schemas makes.
    pub(super) fn new(app: Arc<App>, make: impl Fn(ValidationMode) -> Schema<Q, M, S>) -> Self {
        let (schema, trusting) = (make(ValidationMode::Strict), make(ValidationMode::Fast));
        let contract = Arc::new(Contract::of(&schema.sdl()));
        Self { app, schema, trusting, contract }
    }

    fn schema_for(&self, admitted: &Admitted) -> &Schema<Q, M, S> {
        if admitted.is_valid() { &self.trusting } else { &self.schema }
    }
}

impl<Q, M, S> Executor for SchemaExecutor<Q, M, S>
where
    Q: ObjectType + 'static,
    M: ObjectType + 'static,
    S: SubscriptionType + 'static,
{
    fn execute(&self, admitted: Admitted, viewer: &Viewer) -> BoxFuture<'static, Response> {
        let (schema, contract) = (self.schema_for(&admitted).clone(), Arc::clone(&self.contract));
        let request = graphql::with_data(admitted.into_request(), &self.app, viewer);
        async move { graphql::execute(&schema, &contract, request).await }.boxed()
    }

    fn follow(&self, admitted: Admitted, viewer: &Viewer) -> BoxStream<'static, Response> {
        let schema = self.schema_for(&admitted).clone();
        let request = graphql::with_data(admitted.into_request(), &self.app, viewer);
        Box::pin(graphql::follow(&schema, &self.contract, request))
    }

    fn contract(&self) -> &Arc<Contract> {
        &self.contract
    }
}
