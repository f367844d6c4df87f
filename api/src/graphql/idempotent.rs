//! The directive `@idempotent`. Its key is read where a command is run, in `context.rs`.

use async_graphql::{CustomDirective, Directive};

struct Idempotent;

impl CustomDirective for Idempotent {}

/// Runs the mutation once for this caller and key; a repeat answers with the first result. Kept 24 hours.
#[Directive(location = "Field")]
pub(crate) fn idempotent(
    #[graphql(desc = "Chosen by the caller, such as a UUID; at most 255 characters.")] key: String,
) -> impl CustomDirective {
    drop(key);
    Idempotent
}
