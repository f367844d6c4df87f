//! What a client gets to read: data and errors, each error with a code and the request's id, nothing internal.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use async_graphql::{ErrorExtensionValues, Response, ServerError, Value};
use axum::http::StatusCode;
use serde::Serialize;

use super::caching::Kept;
use super::refusal::{Code, Refusal, status_of};
use crate::domain;

/// Nobody reads more.
const MOST_ERRORS: usize = 20;
const MOST_CHARACTERS: usize = 300;
/// What tells of costs in the answer's `extensions`.
const COST: &str = "cost";

/// The answer to one operation, or to what was none.
#[derive(Debug, Serialize)]
pub(super) struct Answer {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) errors: Vec<ServerError>,
    /// None where nothing ran: then there is no `data` at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Value>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    extensions: BTreeMap<String, Value>,
    /// Whether and how long it may be kept; none for what may not.
    #[serde(skip)]
    pub(super) kept: Option<Kept>,
}

impl Answer {
    /// What became of an operation. Causes that no client may read go to the log.
    pub(super) fn of_response(response: Response, request_id: &str) -> Self {
        let Response { data, extensions, mut errors, .. } = response;
        // What is found out before anything runs has no path.
        let ran = errors.is_empty() || data != Value::Null || errors.iter().any(|error| !error.path.is_empty());
        log_causes(&errors);
        errors.truncate(MOST_ERRORS);
        let errors = errors.into_iter().map(|error| told(error, ran, request_id)).collect();
        Self { errors, data: ran.then_some(data), extensions, kept: None }
    }

    pub(super) fn of_refusal(refusal: Refusal, request_id: &str) -> Self {
        let mut error = ServerError::new(cut(refusal.message), None);
        error.locations = refusal.locations;
        let mut extensions = ErrorExtensionValues::default();
        extensions.set("code", refusal.code.as_str());
        extensions.set("requestId", request_id);
        for (name, detail) in refusal.details {
            extensions.set(name, detail);
        }
        error.extensions = Some(extensions);
        let extensions = refusal.cost.into_iter().map(|cost| (COST.to_owned(), *cost)).collect();
        Self { errors: vec![error], data: None, extensions, kept: None }
    }

    /// What came; null where nothing did.
    pub(super) fn data(&self) -> &Value {
        self.data.as_ref().unwrap_or(&Value::Null)
    }

    /// Says beside the data what it cost.
    pub(super) fn tell_cost(&mut self, cost: Value) {
        self.extensions.insert(COST.to_owned(), cost);
    }

    /// Whether the operation was run, well or not.
    pub(super) fn ran(&self) -> bool {
        self.data.is_some()
    }

    /// The code of what went wrong first.
    pub(super) fn code(&self) -> Option<&'static str> {
        let first = self.errors.first()?;
        Some(code_of(first).and_then(Code::of).map_or("OTHER", Code::as_str))
    }

    /// The status by what went wrong before anything ran; or when nothing came of it for want of a database, so that
    /// proxies and clients see what to do without reading on.
    pub(super) fn status(&self) -> StatusCode {
        let Some(error) = self.errors.first() else { return StatusCode::OK };
        match status_of(code_of(error).and_then(Code::of)) {
            StatusCode::SERVICE_UNAVAILABLE if self.data == Some(Value::Null) => StatusCode::SERVICE_UNAVAILABLE,
            status if !self.ran() => status,
            _ => StatusCode::OK,
        }
    }

    /// The data alone, if nothing went wrong.
    pub(super) fn into_data(self) -> Option<serde_json::Value> {
        if self.errors.is_empty() { self.data.and_then(|data| data.into_json().ok()) } else { None }
    }

    pub(super) fn to_json(&self) -> String {
        json(self)
    }
}

/// Numbers that JSON lacks do not occur in a GraphQL answer, so that this cannot fail; were it to, nothing is told.
pub(super) fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|error| {
        tracing::error!(%error, "an answer could not be written");
        r#"{"errors":[{"message":"something went wrong on our side","extensions":{"code":"INTERNAL"}}]}"#.to_owned()
    })
}

fn code_of(error: &ServerError) -> Option<&str> {
    match error.extensions.as_ref()?.get("code")? {
        Value::String(code) => Some(code),
        _ => None,
    }
}

/// Why something is missing in an answer that may be there when it is made again.
pub(super) fn hindrance(response: &Response) -> Option<Code> {
    let mut codes = response.errors.iter().filter_map(|error| Code::of(code_of(error)?));
    codes.find(|code| matches!(code, Code::Unavailable | Code::Timeout))
}

fn told(mut error: ServerError, ran: bool, request_id: &str) -> ServerError {
    let mut extensions = error.extensions.take().unwrap_or_default();
    if extensions.get("code").is_none() {
        let code = if is_ours(&error) {
            error.message = Refusal::internal().message;
            Code::Internal
        } else if ran {
            Code::BadRequest
        } else {
            Code::ValidationFailed
        };
        extensions.set("code", code.as_str());
    }
    extensions.set("requestId", request_id);
    error.extensions = Some(extensions);
    error.message = cut(error.message);
    error
}

/// Without a code, the library's words are about the request, unless a cause is attached or it says that it is wrong.
fn is_ours(error: &ServerError) -> bool {
    error.source.is_some() || error.message.starts_with("internal:")
}

fn log_causes(errors: &[ServerError]) {
    // A statement that fails for a hundred rows is one cause.
    let mut logged: Vec<*const ()> = Vec::new();
    for error in errors {
        let (cause, text) = match error.source::<domain::Error>() {
            Some(domain::Error::Internal(cause)) => (Arc::as_ptr(cause).cast(), format!("{cause:#}")),
            Some(domain::Error::Db(cause)) => (Arc::as_ptr(cause).cast(), chain(&**cause)),
            Some(_) => continue,
            None if code_of(error).is_none() && is_ours(error) => {
                (std::ptr::from_ref(error).cast(), error.message.clone())
            }
            None => continue,
        };
        if !logged.contains(&cause) {
            logged.push(cause);
            // Where in the document, as numbers: names on the path may be the client's own.
            tracing::error!(at = ?error.locations, cause = text, "an operation failed");
        }
    }
}

fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        // Writing to a string cannot fail.
        let _ = write!(text, ": {cause}");
        source = cause.source();
    }
    text
}

fn cut(message: String) -> String {
    match message.char_indices().nth(MOST_CHARACTERS) {
        Some((end, _)) => message[..end].to_owned(),
        None => message,
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::PathSegment;

    use super::*;

    fn read(answer: &Answer) -> serde_json::Value {
        serde_json::from_str(&answer.to_json()).unwrap()
    }

    fn at(field: &str, error: ServerError) -> ServerError {
        error.with_path(vec![PathSegment::Field(field.to_owned())])
    }

    #[test]
    fn what_fails_before_it_runs_has_no_data_and_a_code() {
        let response = Response::from_errors(vec![ServerError::new("no such field", None)]);
        let answer = Answer::of_response(response, "r-1");
        let read = read(&answer);
        assert!(read.get("data").is_none());
        assert_eq!(read["errors"][0]["extensions"]["code"], "VALIDATION_FAILED");
        assert_eq!(read["errors"][0]["extensions"]["requestId"], "r-1");
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    }

    #[test]
    fn what_fails_while_it_runs_has_data_even_if_it_is_null() {
        let response = Response::from_errors(vec![at("node", ServerError::new("Failed to parse \"ID\"", None))]);
        let answer = Answer::of_response(response, "r-2");
        let read = read(&answer);
        assert_eq!(read.get("data"), Some(&serde_json::Value::Null));
        assert_eq!(read["errors"][0]["extensions"]["code"], "BAD_REQUEST");
        assert_eq!(answer.status(), StatusCode::OK);
    }

    #[test]
    fn causes_without_a_code_are_never_told() {
        let mut leaky = at("node", ServerError::new("connection to 10.0.0.1 refused", None));
        leaky.source = Some(Arc::new("anything"));
        let odd = at("node", ServerError::new("internal: non-null types require a return value", None));
        let text = Answer::of_response(Response::from_errors(vec![leaky, odd]), "r-3").to_json();
        assert!(!text.contains("10.0.0.1") && !text.contains("non-null"), "{text}");
        assert_eq!(text.matches("INTERNAL").count(), 2);
    }

    #[test]
    fn errors_are_few_and_short() {
        let errors = (0..50).map(|_| ServerError::new("я".repeat(1_000), None)).collect();
        let read = read(&Answer::of_response(Response::from_errors(errors), "r-4"));
        let errors = read["errors"].as_array().unwrap();
        assert_eq!(errors.len(), MOST_ERRORS);
        assert!(errors.iter().all(|error| error["message"].as_str().unwrap().chars().count() == MOST_CHARACTERS));
    }

    #[test]
    fn data_without_errors_is_just_that() {
        let answer = Answer::of_response(Response::new(Value::Null), "r-5");
        assert_eq!(answer.to_json(), r#"{"data":null}"#);
    }
}
