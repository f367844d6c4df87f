//! `/schema.graphql`: the contract as text, for those who generate code from it.

use std::sync::LazyLock;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use super::Door;
use super::caller::viewer;
use super::edge::id_of;
use super::etag;
use super::graphql::refused;
use super::refusal::{Code, Refusal};
use crate::config::Mode;
use crate::graphql;

struct Text {
    schema: String,
    tag: String,
}

static TEXT: LazyLock<Text> = LazyLock::new(|| {
    let schema = graphql::print();
    let tag = etag::weak(&Sha256::digest(&schema));
    Text { schema, tag }
});

pub(super) async fn schema_text(State(door): State<Door>, request: Request) -> Response {
    let (head, _) = request.into_parts();
    if door.app.config.mode != Mode::Development
        && let Err(refusal) = check_signed_in(&head, &door).await
    {
        return refused(refusal, id_of(&head.extensions));
    }
    let headers =
        [(CONTENT_TYPE, "text/plain; charset=utf-8"), (CACHE_CONTROL, "private, no-cache"), (ETAG, TEXT.tag.as_str())];
    if etag::is_known(&head.headers, &TEXT.tag) {
        (StatusCode::NOT_MODIFIED, headers).into_response()
    } else {
        (headers, TEXT.schema.as_str()).into_response()
    }
}

async fn check_signed_in(head: &Parts, door: &Door) -> Result<(), Refusal> {
    if viewer(head, &door.app).await?.is_anonymous() {
        let message = "sign in first to read the schema";
        return Err(Refusal::of_request(StatusCode::UNAUTHORIZED, Code::Unauthenticated, message));
    }
    Ok(())
}
