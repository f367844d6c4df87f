//! `/graphql` over plain HTTP: POST for everything but subscriptions, GET for queries. Sockets go to `socket`.
//!
//! Order of refusals: method, media types, credentials, length, JSON, then the document (`admit`).

use std::time::Duration;

use async_graphql::parser::types::OperationType;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{ALLOW, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, UPGRADE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use tokio::time::{Instant, timeout_at};

use super::admit::{Admitted, Incoming, admit};
use super::answer::Answer;
use super::caching::Kept;
use super::caller::viewer;
use super::media_type::{Answering, Sent};
use super::parameters::Parameters;
use super::refusal::{Code, Refusal};
use super::watch::Watch;
use super::{Door, edge, multipart, socket};
use crate::auth::Viewer;
use crate::graphql::{ToldPlaybacks, UploadSlot};
use crate::monitoring::Transport;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const METHODS: &str = "GET, POST";

/// Answers whatever comes to `/graphql`.
pub(super) async fn graphql(State(door): State<Door>, request: Request) -> Response {
    let (is_read, is_post) =
        (matches!(*request.method(), Method::GET | Method::HEAD), request.method() == Method::POST);
    if is_read && request.headers().contains_key(UPGRADE) {
        return socket::upgrade(door, request).await;
    }
    let (head, body) = request.into_parts();
    let id = edge::id_of(&head.extensions);
    if !is_read && !is_post {
        return refused(Refusal::method(METHODS, "use POST, or GET for queries"), id);
    }
    let answering = match Answering::wanted(&head.headers) {
        Ok(answering) => answering,
        Err(refusal) => return refused(refusal, id),
    };
    let watch = Watch::start(&door.app, Transport::Http);
    let answering_it =
        async { if is_post { post(&door, &head, body, &watch).await } else { get(&door, &head, &watch).await } };
    let answered = watch.over(answering_it).await;
    respond(answered, answering, id)
}

/// A refusal as JSON, where no media type was agreed on.
pub(super) fn refused(refusal: Refusal, request_id: &str) -> Response {
    respond(Err(refusal), Answering::Json, request_id)
}

async fn post(door: &Door, head: &Parts, body: Body, watch: &Watch) -> Result<Answer, Refusal> {
    let deadline = door.deadline();
    let sent = Sent::by(&head.headers)?;
    if matches!(sent, Sent::Multipart(_)) {
        multipart::check_preflight(&head.headers)?;
    }
    let viewer = viewer(head, &door.app).await?;
    watch.asked_by(&viewer);
    let key = idempotency_key(&head.headers)?;
    match sent {
        Sent::Json => {
            let limits = &door.app.config.limits;
            check_length(&head.headers, limits.body_bytes)?;
            let body = timeout_at(deadline, read_up_to(limits.body_bytes, body)).await;
            let body = body.map_err(|_| Refusal::timeout())??;
            let incoming = Parameters::from_json(&body, limits.json_depth)?.into_incoming(key)?;
            let admitted = admit_over_http(door, incoming, &viewer, watch)?;
            run(door, admitted, &viewer, deadline, watch).await
        }
        Sent::Multipart(boundary) => {
            let before_the_file = timeout_at(deadline, multipart::read(body, boundary, door)).await;
            let (parameters, file) = before_the_file.map_err(|_| Refusal::timeout())??;
            let admitted = admit_over_http(door, parameters.into_incoming(key)?, &viewer, watch)?;
            if admitted.operation != OperationType::Mutation {
                return run(door, admitted, &viewer, deadline, watch).await;
            }
            // A file takes as long as it takes to come; one that stops coming is cut by its own stream.
            let response = door.executor.execute(admitted.with(UploadSlot::new(file)), &viewer).await;
            Ok(answer(response, &viewer, watch))
        }
    }
}

async fn get(door: &Door, head: &Parts, watch: &Watch) -> Result<Answer, Refusal> {
    let deadline = door.deadline();
    let viewer = viewer(head, &door.app).await?;
    watch.asked_by(&viewer);
    let query_string = head.uri.query().unwrap_or_default();
    let parameters = Parameters::from_query_string(query_string, door.app.config.limits.json_depth)?;
    let admitted = admit_over_http(door, parameters.into_incoming(None)?, &viewer, watch)?;
    if admitted.operation != OperationType::Query {
        return Err(Refusal::method("POST", "by GET only queries are run"));
    }
    let (root_fields, told) = (admitted.root_fields, ToldPlaybacks::default());
    let mut answer = run(door, admitted.with(told.clone()), &viewer, deadline, watch).await?;
    // Nothing but playbacks, of which each says until when it holds.
    let playbacks = told.all();
    if answer.errors.is_empty() && playbacks.len() == root_fields {
        answer.kept = Kept::of_playbacks(&playbacks, query_string, &head.headers);
    }
    Ok(answer)
}

/// Runs what was admitted, until the request's time is up.
pub(super) async fn run(
    door: &Door,
    admitted: Admitted,
    viewer: &Viewer,
    deadline: Instant,
    watch: &Watch,
) -> Result<Answer, Refusal> {
    let running = door.executor.execute(admitted, viewer);
    let response = timeout_at(deadline, running).await.map_err(|_| Refusal::timeout())?;
    Ok(answer(response, viewer, watch))
}

/// What a client gets to read of a response.
pub(super) fn answer(response: async_graphql::Response, viewer: &Viewer, watch: &Watch) -> Answer {
    let answer = Answer::of_response(response, &viewer.caller.request_id);
    watch.tells(&answer);
    answer
}

fn admit_over_http(door: &Door, incoming: Incoming, viewer: &Viewer, watch: &Watch) -> Result<Admitted, Refusal> {
    let admitted = admit(&door.app.config.limits, incoming, viewer)?;
    if admitted.operation == OperationType::Subscription {
        let message = "subscriptions run over a WebSocket with the sub-protocol graphql-transport-ws";
        return Err(Refusal::of_document(Code::BadRequest, message));
    }
    watch.admitted(admitted.operation);
    Ok(admitted)
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Refusal> {
    let Some(key) = headers.get(IDEMPOTENCY_KEY) else { return Ok(None) };
    match key.to_str() {
        Ok(key) if !key.is_empty() => Ok(Some(key.to_owned())),
        _ => Err(Refusal::malformed("the header Idempotency-Key is not plain text")),
    }
}

fn check_length(headers: &HeaderMap, most: usize) -> Result<(), Refusal> {
    let told = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if told.is_some_and(|told| usize::try_from(told).map_or(true, |told| told > most)) {
        return Err(too_long(most));
    }
    Ok(())
}

/// Reads a body to its end, but no further than it may go.
async fn read_up_to(most: usize, body: Body) -> Result<Vec<u8>, Refusal> {
    let (mut read, mut pieces) = (Vec::new(), body.into_data_stream());
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|_| Refusal::malformed("the body ended too early"))?;
        if read.len() + piece.len() > most {
            return Err(too_long(most));
        }
        read.extend_from_slice(&piece);
    }
    Ok(read)
}

pub(super) fn too_long(most: usize) -> Refusal {
    let message = format!("the request is longer than {most} bytes");
    Refusal::of_request(StatusCode::PAYLOAD_TOO_LARGE, Code::BadRequest, message)
}

fn respond(answered: Result<Answer, Refusal>, answering: Answering, id: &str) -> Response {
    let (status, header, answer) = match answered {
        Ok(answer) => (None, None, answer),
        Err(refusal) => (refusal.status, refusal.header.clone(), Answer::of_refusal(refusal, id)),
    };
    let status = status.unwrap_or_else(|| match answering {
        Answering::GraphqlResponse => answer.status(),
        Answering::Json => StatusCode::OK,
    });
    let mut response = match &answer.kept {
        Some(kept) if kept.is_known => kept.not_modified(),
        kept => {
            let headers = [(CONTENT_TYPE, answering.header()), (CACHE_CONTROL, "no-store")];
            let mut response = (status, headers, answer.to_json()).into_response();
            if let Some(kept) = kept {
                kept.tell(response.headers_mut());
            }
            response
        }
    };
    if let Some((name, value)) = header {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    debug_assert!(status != StatusCode::METHOD_NOT_ALLOWED || response.headers().contains_key(ALLOW));
    response
}

impl Door {
    /// When a request that comes in now has to be answered.
    pub(super) fn deadline(&self) -> Instant {
        Instant::now() + Duration::from_millis(self.app.config.limits.request_ms)
    }
}
