//! How a domain error becomes a GraphQL one: the only place.
//!
//! [`Error`] has no `Display`. async-graphql turns anything printable into a message for the client, so a bare `?` on a
//! database error would publish it; this way every error passes the table below.

use std::sync::Arc;

use arvlite_db::DbError;
use async_graphql::ErrorExtensions;

use super::code::Code;
use crate::domain::{self, ProblemCode};

/// The result of a resolver.
pub(crate) type Result<T> = std::result::Result<T, Error>;

/// The error of a resolver.
#[derive(Clone)]
pub(crate) struct Error(domain::Error);

impl<E: Into<domain::Error>> From<E> for Error {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

/// Code and words of an error, as a client sees them.
#[must_use]
pub(crate) fn told(error: &domain::Error) -> (Code, String) {
    use domain::Error::{
        BadRequest, Db, Forbidden, Internal, InvalidCursor, NotFound, Refused, Throttled, Unauthenticated,
    };
    match error {
        Unauthenticated => (Code::Unauthenticated, "sign in first, or show an API key".to_owned()),
        Forbidden => (Code::Forbidden, "you are not allowed to do this".to_owned()),
        NotFound => (Code::NotFound, "there is no such thing".to_owned()),
        BadRequest { message, .. } => (Code::BadRequest, message.clone()),
        InvalidCursor => (Code::InvalidCursor, "this cursor belongs to another list, order or filter".to_owned()),
        Refused(problems) => match problems.first() {
            Some(first) if first.code == ProblemCode::NotFound => (Code::NotFound, first.message.clone()),
            first => (Code::BadRequest, first.map_or_else(String::new, |first| first.message.clone())),
        },
        Throttled => (Code::Throttled, "too many requests; try again in a moment".to_owned()),
        Db(error) => match &**error {
            DbError::Unavailable(_) | DbError::Collision => {
                (Code::Unavailable, "the service is busy or restarting; try again in a moment".to_owned())
            }
            DbError::Timeout => (Code::Timeout, "this took too long".to_owned()),
            DbError::Violated(_) | DbError::Failed(_) => internal(),
        },
        Internal(_) => internal(),
    }
}

fn internal() -> (Code, String) {
    (Code::Internal, "something went wrong on our side; tell us the request id".to_owned())
}

impl From<Error> for async_graphql::Error {
    fn from(Error(error): Error) -> Self {
        let (code, message) = told(&error);
        let field = match &error {
            domain::Error::BadRequest { field, .. } => field.clone(),
            domain::Error::Refused(problems) => problems.first().map_or_else(Vec::new, |first| first.field.clone()),
            _ => Vec::new(),
        };
        let mut told = Self { message, source: Some(Arc::new(error)), extensions: None };
        told = told.extend_with(|_, extensions| {
            extensions.set("code", code.as_str());
            if !field.is_empty() {
                extensions.set("field", field);
            }
        });
        told
    }
}
