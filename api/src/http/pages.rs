//! What phones open: the page of a printed code, and stored media.

use std::convert::Infallible;
use std::sync::Arc;

use arvlite_db::Scope;
use arvlite_db::models::Media;
use async_graphql::Variables;
use axum::body::Body;
use axum::extract::{FromRequestParts, Path, Request, State};
use axum::http::request::Parts;
use axum::response::Response;
use chrono::{DateTime, Utc};
use futures_util::StreamExt;
use serde_json::{Value, json};

use super::admit::{Incoming, admit};
use super::caller::caller;
use super::edge::id_of;
use super::graphql::{refused, run};
use super::media::{MediaObject, respond};
use super::refusal::Refusal;
use super::watch::Watch;
use super::{Door, ar_page};
use crate::auth::Viewer;
use crate::monitoring::{Metrics, Transport};

/// The page asks what any phone may ask.
const PLAYBACK: &str = "query ArPage($uniqueId: UUID!) { arPlayback(uniqueId: $uniqueId) { \
    uniqueId at available reason photo { url width height } video { url width height } validUntil } }";

/// What an address names in its last part. Bytes that are no text name nothing, just as an empty part.
pub(super) struct Named(pub(super) String);

impl<S: Send + Sync> FromRequestParts<S> for Named {
    type Rejection = Infallible;

    async fn from_request_parts(head: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let named = Path::<String>::from_request_parts(head, state).await;
        Ok(Self(named.map(|Path(text)| text).unwrap_or_default()))
    }
}

/// `GET /ar/{uniqueId}`.
pub(super) async fn ar(State(door): State<Door>, Named(unique_id): Named, request: Request) -> Response {
    let (head, _) = request.into_parts();
    match playback(&door, &unique_id, &head).await {
        Ok(playback) => {
            let until = playback["validUntil"].as_str().and_then(|text| text.parse::<DateTime<Utc>>().ok());
            ar_page::page_response(&playback, &head.headers, until, door.app.clock.now())
        }
        Err(refusal) => refused(refusal, id_of(&head.extensions)),
    }
}

async fn playback(door: &Door, unique_id: &str, head: &Parts) -> Result<Value, Refusal> {
    let Ok(unique_id) = uuid::Uuid::try_parse(unique_id) else {
        return Ok(json!({ "available": false, "reason": "NOT_FOUND" }));
    };
    let (watch, viewer) = (Watch::start(&door.app, Transport::Page), Viewer::anonymous(caller(head, &door.app.config)));
    watch.asked_by(&viewer);
    let incoming = Incoming {
        query: PLAYBACK.to_owned(),
        variables: Variables::from_json(json!({ "uniqueId": unique_id })),
        ..Incoming::default()
    };
    let running = async {
        let admitted = admit(door, incoming, &viewer)?;
        watch.admitted(admitted.operation);
        run(door, admitted, &viewer, door.deadline(), &watch).await
    };
    let answer = watch.over(running).await?;
    let data = answer.into_data().ok_or_else(Refusal::unavailable)?;
    Ok(data["arPlayback"].clone())
}

/// `GET /media/{name}`: whoever knows the name may have the bytes.
pub(super) async fn media(State(door): State<Door>, Named(name): Named, request: Request) -> Response {
    let (head, _) = request.into_parts();
    let id = id_of(&head.extensions);
    // Names are hexadecimal digits; the database does not take every other character.
    let found = if name.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        Media::by_name(&door.app.db.session(Scope::Everything), &name).await
    } else {
        Ok(None)
    };
    match found {
        Ok(Some(media)) => {
            let object = MediaObject {
                key: media.key,
                mime_type: media.mime_type,
                size_bytes: u64::try_from(media.size_bytes).unwrap_or_default(),
                sha256: media.sha256,
            };
            match respond(&door.app.store, &object, &head.method, &head.headers).await {
                Ok(response) if response.status().is_success() => response.map(|body| counted(body, &door.app.metrics)),
                Ok(response) => response,
                Err(refusal) => refused(refusal, id),
            }
        }
        Ok(None) => refused(Refusal::not_found("there is nothing of this name"), id),
        Err(error) => {
            tracing::error!(?error, "a stored object could not be looked up");
            refused(Refusal::unavailable(), id)
        }
    }
}

/// The same bytes, counted as a download until they are sent or their client is gone.
fn counted(body: Body, metrics: &Arc<Metrics>) -> Body {
    let download = Download::of(metrics);
    Body::from_stream(body.into_data_stream().inspect(move |_| {
        let _held = &download;
    }))
}

struct Download(Arc<Metrics>);

impl Download {
    fn of(metrics: &Arc<Metrics>) -> Self {
        metrics.downloads.inc();
        Self(Arc::clone(metrics))
    }
}

impl Drop for Download {
    fn drop(&mut self) {
        self.0.downloads.dec();
    }
}
