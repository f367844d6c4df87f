//! `/graphql` over plain HTTP: POST for everything, GET for what changes nothing. What is answered by events goes to
//! `event_stream.rs`, sockets go to `socket`.
//!
//! Order of refusals: method, media types, credentials, length, JSON, then the document (`admit`).

use std::time::Duration;

use async_graphql::parser::types::OperationType;
use axum::Extension;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{ALLOW, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, UPGRADE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use tokio::time::{Instant, timeout_at};

use super::admit::{Admitted, admit};
use super::answer::{Answer, json};
use super::batch::{self, Batch};
use super::caching::Kept;
use super::caller::viewer;
use super::compression::Compressible;
use super::media_type::{Answering, Sent, Wanted};
use super::parameters::Parameters;
use super::refusal::{Code, Refusal};
use super::watch::Watch;
use super::{Door, edge, event_stream, multipart, paid, socket};
use crate::auth::Viewer;
use crate::graphql::{ToldPlaybacks, UploadSlot};
use crate::monitoring::Transport;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const METHODS: &str = "GET, POST";

/// What a request asks for, let in.
struct Received {
    asked: Asked,
    viewer: Viewer,
    deadline: Instant,
}

enum Asked {
    One(Admitted),
    /// A mutation that reads a file, which takes as long as it takes to come; one that stops coming is cut by its own
    /// stream.
    WithFile(Admitted),
    Several(Batch),
}

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
    let wanted = match Wanted::by(&head.headers) {
        Ok(wanted) => wanted,
        Err(refusal) => return refused(refusal, id),
    };
    let mut watch = Watch::start(&door.app, Transport::Http);
    let receiving = async {
        let received = if is_post { post(&door, &head, body, &watch).await } else { get(&door, &head, &watch).await };
        received?.readable(wanted)
    };
    let received = watch.before_it(receiving).await;
    let streams = wanted.streams(received.as_ref().ok().and_then(Received::operation));
    if streams {
        watch.streams();
    }
    match received {
        Ok(Received { asked: Asked::One(_), .. }) if streams && head.method == Method::HEAD => {
            event_stream::with_headers(Body::empty())
        }
        Ok(Received { asked: Asked::One(admitted), viewer, .. }) if streams => {
            let begun = event_stream::respond(&door, admitted, viewer, watch, &head);
            begun.unwrap_or_else(|refusal| refused(refusal, id))
        }
        Ok(received) => received.answer(&door, watch, wanted.answering, &head).await,
        Err(refusal) if streams && refusal.status.is_none() => event_stream::refuse(refusal, id),
        Err(refusal) => respond(Err(refusal), wanted.answering, id),
    }
}

/// A refusal as JSON, where no media type was agreed on.
pub(super) fn refused(refusal: Refusal, request_id: &str) -> Response {
    respond(Err(refusal), Answering::Json, request_id)
}

/// Why a subscription is not answered at once.
pub(super) fn no_stream_here() -> Refusal {
    let message = "subscriptions run as an event stream (Accept: text/event-stream), or over a WebSocket with the \
        sub-protocol graphql-transport-ws";
    Refusal::of_document(Code::BadRequest, message)
}

async fn post(door: &Door, head: &Parts, body: Body, watch: &Watch) -> Result<Received, Refusal> {
    let deadline = door.deadline();
    let sent = Sent::by(&head.headers)?;
    if matches!(sent, Sent::Multipart(_)) {
        multipart::check_preflight(&head.headers)?;
    }
    let viewer = viewer(head, &door.app).await?;
    watch.asked_by(&viewer);
    let limits = &door.app.config.limits;
    let key = idempotency_key(&head.headers)?;
    let asked = match sent {
        Sent::Json => {
            check_length(&head.headers, limits.body_bytes)?;
            let body = timeout_at(deadline, read_up_to(limits.body_bytes, body)).await;
            let body = body.map_err(|_| Refusal::timeout())??;
            match batch::Sent::read(&body, limits)? {
                batch::Sent::One(parameters) => Asked::One(admit(door, parameters.into_incoming(key)?, &viewer)?),
                batch::Sent::Several(_) if key.is_some() => {
                    let message = "the header Idempotency-Key is for one mutation: use @idempotent in a batch";
                    return Err(Refusal::malformed(message));
                }
                batch::Sent::Several(several) => Asked::Several(batch::admit_all(door, several, &viewer)?),
            }
        }
        Sent::Multipart(boundary) => {
            let before_the_file = timeout_at(deadline, multipart::read(body, boundary, door)).await;
            let (parameters, file) = before_the_file.map_err(|_| Refusal::timeout())??;
            let admitted = admit(door, parameters.into_incoming(key)?, &viewer)?;
            if admitted.operation == OperationType::Mutation {
                Asked::WithFile(admitted.with(UploadSlot::new(file)))
            } else {
                Asked::One(admitted)
            }
        }
    };
    Ok(Received { asked, viewer, deadline })
}

async fn get(door: &Door, head: &Parts, watch: &Watch) -> Result<Received, Refusal> {
    let deadline = door.deadline();
    let viewer = viewer(head, &door.app).await?;
    watch.asked_by(&viewer);
    let limits = &door.app.config.limits;
    let query_string = head.uri.query().unwrap_or_default();
    let parameters = Parameters::from_query_string(query_string, limits.json_depth)?;
    let admitted = admit(door, parameters.into_incoming(None)?, &viewer)?;
    // Any page may make a browser send this unasked, so that it must change nothing.
    if admitted.operation == OperationType::Mutation {
        return Err(Refusal::method("POST", "by GET nothing is changed: mutations are sent by POST"));
    }
    Ok(Received { asked: Asked::One(admitted), viewer, deadline })
}

impl Received {
    fn operation(&self) -> Option<OperationType> {
        match &self.asked {
            Asked::One(admitted) => Some(admitted.operation),
            Asked::WithFile(_) | Asked::Several(_) => None,
        }
    }

    /// The same, unless whoever asks could not read the answer.
    fn readable(self, wanted: Wanted) -> Result<Self, Refusal> {
        match (self.operation(), wanted.streams(self.operation())) {
            (Some(OperationType::Subscription), false) => Err(no_stream_here()),
            (None, true) => Err(Refusal::not_acceptable("batches and files are answered by JSON, not by events")),
            _ => Ok(self),
        }
    }

    /// Runs what was let in, and answers at once.
    async fn answer(self, door: &Door, watch: Watch, answering: Answering, head: &Parts) -> Response {
        let is_free_of_secrets = self.is_free_of_secrets();
        let Self { asked, viewer, deadline } = self;
        let answered = match asked {
            Asked::Several(batch) => {
                let answers = batch::run_all(door, batch, &viewer, deadline, watch).await;
                let written = (headers(answering), json(&answers)).into_response();
                return if is_free_of_secrets { (Extension(Compressible), written).into_response() } else { written };
            }
            Asked::One(admitted) => {
                watch.admitted(admitted.operation);
                let running = async {
                    match head.method {
                        Method::POST => run(door, admitted, &viewer, deadline, &watch).await,
                        _ => run_to_be_kept(door, admitted, &viewer, deadline, &watch, head).await,
                    }
                };
                watch.over(running).await
            }
            Asked::WithFile(admitted) => {
                watch.admitted(admitted.operation);
                watch.over(paid::execute(door, admitted, &viewer, &watch)).await
            }
        };
        let written = respond(answered, answering, edge::id_of(&head.extensions));
        if is_free_of_secrets { (Extension(Compressible), written).into_response() } else { written }
    }

    fn is_free_of_secrets(&self) -> bool {
        match &self.asked {
            Asked::One(admitted) => admitted.operation == OperationType::Query,
            Asked::WithFile(_) => false,
            Asked::Several(batch) => batch.iter().flatten().all(|one| one.operation == OperationType::Query),
        }
    }
}

/// Runs what was admitted, until the request's time is up.
pub(super) async fn run(
    door: &Door,
    admitted: Admitted,
    viewer: &Viewer,
    deadline: Instant,
    watch: &Watch,
) -> Result<Answer, Refusal> {
    let running = paid::execute(door, admitted, viewer, watch);
    timeout_at(deadline, running).await.map_err(|_| Refusal::timeout())?
}

/// Runs what came by GET. What is nothing but playbacks may be kept, since each of them says until when it holds.
async fn run_to_be_kept(
    door: &Door,
    admitted: Admitted,
    viewer: &Viewer,
    deadline: Instant,
    watch: &Watch,
    head: &Parts,
) -> Result<Answer, Refusal> {
    let (root_fields, told) = (admitted.root_fields, ToldPlaybacks::default());
    let mut answer = run(door, admitted.with(told.clone()), viewer, deadline, watch).await?;
    let playbacks = told.all();
    if answer.errors.is_empty() && playbacks.len() == root_fields {
        answer.kept = Kept::of_playbacks(&playbacks, head.uri.query().unwrap_or_default(), &head.headers);
    }
    Ok(answer)
}

/// What a client gets to read of a response.
pub(super) fn answer(response: async_graphql::Response, viewer: &Viewer, watch: &Watch) -> Answer {
    let answer = Answer::of_response(response, &viewer.caller.request_id);
    watch.tells(answer.code());
    answer
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Refusal> {
    let Some(key) = headers.get(IDEMPOTENCY_KEY) else { return Ok(None) };
    match key.to_str() {
        Ok(key) if !key.is_empty() => Ok(Some(key.to_owned())),
        _ => Err(Refusal::malformed("the header Idempotency-Key is not plain text")),
    }
}

pub(super) fn check_length(headers: &HeaderMap, most: usize) -> Result<(), Refusal> {
    let told = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if told.is_some_and(|told| usize::try_from(told).map_or(true, |told| told > most)) {
        return Err(too_long(most));
    }
    Ok(())
}

/// Reads a body to its end, but no further than it may go.
pub(super) async fn read_up_to(most: usize, body: Body) -> Result<Vec<u8>, Refusal> {
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
            let mut response = (status, headers(answering), answer.to_json()).into_response();
            if let Some(kept) = kept {
                kept.tell(response.headers_mut());
            }
            response
        }
    };
    if let Some((name, value)) = header.map(|header| *header) {
        response.headers_mut().insert(name, value);
    }
    debug_assert!(status != StatusCode::METHOD_NOT_ALLOWED || response.headers().contains_key(ALLOW));
    response
}

fn headers(answering: Answering) -> [(HeaderName, &'static str); 2] {
    [(CONTENT_TYPE, answering.header()), (CACHE_CONTROL, "no-store")]
}

impl Door {
    /// When a request that comes in now has to be answered.
    pub(super) fn deadline(&self) -> Instant {
        Instant::now() + Duration::from_millis(self.app.config.limits.request_ms)
    }
}
