//! Why a request was not run: a code, words for a client, and a status.

use std::time::Duration;

use arvlite_db::DbError;
use async_graphql::{Pos, Value, value};
use axum::http::header::{ALLOW, HeaderName, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};

use crate::domain;
pub(super) use crate::graphql::Code;

/// The status of an operation that was refused with this code before it ran.
pub(super) fn status_of(code: Option<Code>) -> StatusCode {
    match code {
        Some(Code::Unauthenticated) => StatusCode::UNAUTHORIZED,
        Some(Code::Forbidden) => StatusCode::FORBIDDEN,
        Some(Code::Throttled) => StatusCode::TOO_MANY_REQUESTS,
        Some(Code::Timeout | Code::Unavailable) => StatusCode::SERVICE_UNAVAILABLE,
        Some(Code::Internal) => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::BAD_REQUEST,
    }
}

/// Why a request was not run.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) code: Code,
    pub(super) message: String,
    pub(super) locations: Vec<Pos>,
    /// Set where the request itself is at fault and not its document: then it holds under every media type.
    pub(super) status: Option<StatusCode>,
    pub(super) header: Option<(HeaderName, HeaderValue)>,
    /// What else a program may want to know, for the error's `extensions`.
    pub(super) details: Vec<(&'static str, Value)>,
    /// What the operation would have cost, if that is why it was refused, for the answer's `extensions`.
    pub(super) cost: Option<Value>,
    /// The limit that it was more than, for those who count.
    pub(super) limit: Option<&'static str>,
}

impl Refusal {
    /// A well-formed request whose document or variables are refused.
    pub(super) fn of_document(code: Code, message: impl Into<String>) -> Self {
        let (locations, details) = (Vec::new(), Vec::new());
        Self { code, message: message.into(), locations, status: None, header: None, details, cost: None, limit: None }
    }

    /// A request that is no well-formed GraphQL request, or comes at a bad time.
    pub(super) fn of_request(status: StatusCode, code: Code, message: impl Into<String>) -> Self {
        Self { status: Some(status), ..Self::of_document(code, message) }
    }

    /// A request that cannot be read.
    pub(super) fn malformed(message: impl Into<String>) -> Self {
        Self::of_request(StatusCode::BAD_REQUEST, Code::BadRequest, message)
    }

    /// Somebody who could not read any answer.
    pub(super) fn not_acceptable(message: &'static str) -> Self {
        Self::of_request(StatusCode::NOT_ACCEPTABLE, Code::BadRequest, message)
    }

    /// A document that breaks a rule.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::of_document(Code::ValidationFailed, message)
    }

    /// A document that is more than it may be: by how much, where that was counted to its end.
    pub(super) fn beyond(name: &'static str, limit: usize, counted: Option<usize>, message: String) -> Self {
        let message = match counted {
            Some(counted) => format!("{message}: {counted}"),
            None => message,
        };
        let refusal = Self::invalid(message).for_limit(name);
        refusal.with("limit", value!({ "name": name, "maximum": limit, "actual": counted }))
    }

    /// The same, counted with those that were refused for this limit.
    pub(super) fn for_limit(self, name: &'static str) -> Self {
        Self { limit: Some(name), ..self }
    }

    /// More than can be paid now; that much later it can.
    pub(super) fn throttled(message: impl Into<String>, wait: Duration) -> Self {
        let seconds = (wait.as_secs() + u64::from(wait.subsec_nanos() > 0)).max(1);
        let refusal = Self::of_request(StatusCode::TOO_MANY_REQUESTS, Code::Throttled, message);
        // Where there are no headers it is told beside the code.
        let refusal = refusal.with("retryAfter", value!(seconds));
        Self { header: Some((RETRY_AFTER, HeaderValue::from(seconds))), ..refusal }
    }

    /// A method that this address or operation does not take.
    pub(super) fn method(allow: &'static str, message: impl Into<String>) -> Self {
        let refusal = Self::of_request(StatusCode::METHOD_NOT_ALLOWED, Code::BadRequest, message);
        Self { header: Some((ALLOW, HeaderValue::from_static(allow))), ..refusal }
    }

    /// Something that is not there.
    pub(super) fn not_found(message: &'static str) -> Self {
        Self::of_request(StatusCode::NOT_FOUND, Code::NotFound, message)
    }

    /// An address that is none of ours.
    pub(super) fn nothing_here() -> Self {
        Self::not_found("there is nothing at this address")
    }

    /// An operation that took longer than it may.
    pub(super) fn timeout() -> Self {
        Self::of_request(StatusCode::SERVICE_UNAVAILABLE, Code::Timeout, "this took too long")
    }

    /// A server that has too much to do, or is about to stop.
    pub(super) fn unavailable() -> Self {
        let message = "the service is busy or restarting; try again in a moment";
        let refusal = Self::of_request(StatusCode::SERVICE_UNAVAILABLE, Code::Unavailable, message);
        Self { header: Some((RETRY_AFTER, HeaderValue::from_static("1"))), ..refusal }
    }

    /// The same, with something that a program can read.
    pub(super) fn with(mut self, name: &'static str, detail: Value) -> Self {
        self.details.push((name, detail));
        self
    }

    /// The same, pointing at a place in the document.
    pub(super) fn at(self, place: Pos) -> Self {
        Self { locations: vec![place], ..self }
    }

    /// Why nobody could be made out of a request's credentials.
    pub(super) fn of_credentials(error: &domain::Error) -> Self {
        match error {
            domain::Error::Throttled => {
                Self::throttled("too many requests; try again in a moment", Duration::from_secs(1))
            }
            domain::Error::Db(cause) if matches!(**cause, DbError::Unavailable(_) | DbError::Timeout) => {
                tracing::error!(error = ?cause, "credentials could not be looked up");
                Self::unavailable()
            }
            domain::Error::Db(_) | domain::Error::Internal(_) => {
                tracing::error!(?error, "credentials could not be looked up");
                Self::internal()
            }
            _ => {
                let message = "this sign-in or API key is not valid, or not any more";
                let refusal = Self::of_request(StatusCode::UNAUTHORIZED, Code::Unauthenticated, message);
                Self { header: Some((WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))), ..refusal }
            }
        }
    }

    /// Our fault; the cause is in the log.
    pub(super) fn internal() -> Self {
        let message = "something went wrong on our side; tell us the request id";
        Self::of_request(StatusCode::INTERNAL_SERVER_ERROR, Code::Internal, message)
    }
}
