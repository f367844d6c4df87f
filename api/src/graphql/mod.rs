//! The contract: types, roots, and the little that they are made with.
//!
//! A type is a newtype over its row with a hand-written `#[Object]` block: the block is the contract, its documentation
//! and an allow-list. A scalar method reads its row; a relation is one call of `ctx.one` or `ctx.children`; logic lives
//! in `domain`. No Diesel here, and no `async_graphql::Error` outside `error.rs`.
//!
//! Start at `types/project.rs`, then `context.rs`.

mod analytics;
mod code;
mod connection;
mod context;
mod contract;
mod error;
mod filters;
mod idempotent;
mod lists;
mod live_views;
mod loader;
mod mutation;
mod node;
mod payload;
mod playback;
mod query;
mod scalars;
mod secrets;
mod shape;
mod stream_place;
mod subscription;
mod types;
mod upload_scalar;
mod uploads;
mod views;

use std::sync::Arc;

use async_graphql::{ID, ObjectType, Request, Response, Schema, SubscriptionType, ValidationMode};
use chrono_tz::Tz;

use context::SignedInMeanwhile;
use futures_util::{Stream, StreamExt};
use shape::Shape;

pub use code::Code;
pub use context::{IdempotencyKey, ToldPlaybacks};
pub use contract::{Contract, Field, Input, InputField, name_of};
pub use loader::Loaders;
pub use mutation::Mutation;
pub use payload::UserErrorCode;
pub use query::Query;
pub use scalars::{Fits, fits};
pub use stream_place::StreamPlace;
pub use subscription::Subscription;
pub use upload_scalar::{Upload, UploadSlot, UploadedFile};

use crate::app::App;
use crate::auth::Viewer;

/// The schema.
pub type AppSchema = Schema<Query, Mutation, Subscription>;

/// What phones ask, which never sign in: many of them may stand behind one address.
pub const FOR_PHONES: [&str; 4] = ["arPlayback", "viewSessionStart", "viewSessionHeartbeat", "viewSessionEnd"];

/// Subscriptions that many follow at once, and whose answers depend on what is asked and on what may be seen: they are
/// run once for all who are told the same.
pub const SHARED_STREAMS: [&str; 1] = ["viewEvents"];

/// The fields that depend on who asks, and not only on what they may see.
pub const PERSONAL_FIELDS: [&str; 2] = ["memberships", "user"];

/// Makes the schema. It holds no state: what a request needs comes with it.
#[must_use]
pub fn build() -> AppSchema {
    build_with(ValidationMode::Strict)
}

/// Makes the schema for documents that were validated, or were not. Documents that were need not be again; what their
/// variables are is checked before they come here, every time.
#[must_use]
pub fn build_with(validation: ValidationMode) -> AppSchema {
    Schema::build(Query::default(), Mutation, Subscription)
        .directive(idempotent::idempotent)
        .override_output_type_description::<ID>("Opaque and typed. It never changes and is never reused.")
        .override_output_type_description::<Tz>("IANA name, such as Europe/Moscow.")
        .register_output_type::<types::StreamPosition>()
        .validation_mode(validation)
        .disable_suggestions()
        // The door's own limits are tighter, and say how much is allowed.
        .limit_recursive_depth(64)
        .finish()
}

/// The schema as text, as `schema.graphql` has it.
#[must_use]
pub fn print() -> String {
    use async_graphql::SDLExportOptions;
    build().sdl_with_options(SDLExportOptions::new().sorted_fields().sorted_arguments().sorted_enum_items())
}

/// Gives a request what resolvers use: the program, who asks, and loaders of its own.
#[must_use]
pub fn with_data(request: Request, app: &Arc<App>, viewer: &Viewer) -> Request {
    request
        .data(Arc::clone(app))
        .data(viewer.clone())
        .data(Loaders::new(app.db.clone(), viewer.clone()))
        .data(SignedInMeanwhile::default())
}

/// Runs a query or a mutation: the only call of the executor for either.
///
/// Tokio makes a task pause after some hundred steps. Here that would tear batches apart: resolvers that were cut off
/// ask for their keys after the others' statement has left, and the number of statements depends on luck. So the
/// execution does without, and yields where it waits for its loaders anyway.
pub async fn execute<Q, M, S>(schema: &Schema<Q, M, S>, contract: &Contract, mut request: Request) -> Response
where
    Q: ObjectType + 'static,
    M: ObjectType + 'static,
    S: SubscriptionType + 'static,
{
    let shape = Shape::of(&mut request, contract);
    let mut response = tokio::task::unconstrained(schema.execute(request)).await;
    shape.arrange(&mut response);
    response
}

/// Runs a subscription: the only call of the executor for it.
pub fn follow<Q, M, S>(
    schema: &Schema<Q, M, S>,
    contract: &Contract,
    mut request: Request,
) -> impl Stream<Item = Response> + Send + use<Q, M, S>
where
    Q: ObjectType + 'static,
    M: ObjectType + 'static,
    S: SubscriptionType + 'static,
{
    let shape = Shape::of(&mut request, contract);
    schema.execute_stream(request).map(move |mut response| {
        shape.arrange(&mut response);
        response
    })
}
