//! What runs admitted operations: the schema, or in tests a smaller one.

use std::sync::Arc;

use async_graphql::Response;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;

use super::admit::Admitted;
use crate::app::App;
use crate::auth::Viewer;
use crate::graphql::{self, AppSchema};

/// Runs what was admitted, each time with request data of its own.
pub(super) trait Executor: Send + Sync {
    /// Runs a query or a mutation.
    fn execute(&self, admitted: Admitted, viewer: &Viewer) -> BoxFuture<'static, Response>;
    /// Runs a subscription.
    fn follow(&self, admitted: Admitted, viewer: &Viewer) -> BoxStream<'static, Response>;
}

pub(super) struct SchemaExecutor {
    pub(super) app: Arc<App>,
    pub(super) schema: AppSchema,
}

impl Executor for SchemaExecutor {
    fn execute(&self, admitted: Admitted, viewer: &Viewer) -> BoxFuture<'static, Response> {
        let (schema, request) = (self.schema.clone(), graphql::with_data(admitted.into_request(), &self.app, viewer));
        async move { graphql::execute(&schema, request).await }.boxed()
    }

    fn follow(&self, admitted: Admitted, viewer: &Viewer) -> BoxStream<'static, Response> {
        self.schema.execute_stream(graphql::with_data(admitted.into_request(), &self.app, viewer))
    }
}
