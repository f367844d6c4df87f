//! Everything that can go wrong, as a caller can act on it.

use std::sync::Arc;

use arvlite_db::DbError;

/// The result of anything in the domain.
pub type Result<T> = std::result::Result<T, Error>;

/// Why something was not done. It has no `Display` on purpose: its text is made for a client in one place only, and
/// for the log in another.
#[derive(Debug, Clone)]
pub enum Error {
    /// Nobody is signed in, and somebody must be.
    Unauthenticated,
    /// Whoever asks may not.
    Forbidden,
    /// There is no such thing, or it is not theirs to see.
    NotFound,
    /// The request makes no sense.
    BadRequest {
        /// The argument.
        field: Vec<String>,
        /// What is wrong with it.
        message: String,
    },
    /// A cursor that belongs to another list, order or filter, or to none.
    InvalidCursor,
    /// What a user can mend: goes into the payload's `userErrors`.
    Refused(Vec<Problem>),
    /// Too much at once.
    Throttled,
    /// The database did not work out.
    Db(Arc<DbError>),
    /// Nobody's fault but ours. The text is for the log.
    Internal(Arc<anyhow::Error>),
}

/// One thing that a user can mend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What kind of thing.
    pub code: ProblemCode,
    /// Where: the path from `input`, without `input` itself. Empty for the whole.
    pub field: Vec<String>,
    /// In words: lower case, no full stop.
    pub message: String,
    /// What else a program may want to know.
    pub detail: Detail,
}

/// The kinds of things that a user can mend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "told in the API's enum of the same names")]
pub enum ProblemCode {
    Required,
    Invalid,
    TooLong,
    TooSmall,
    TooLarge,
    Taken,
    NotFound,
    StaleVersion,
    InUse,
    Overlap,
    UnsupportedMedia,
    MediaMismatch,
    IdempotencyKeyParameterMismatch,
    IdempotencyKeyInUse,
    NotAllowed,
}

/// What else is known about a problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Detail {
    /// Nothing.
    None,
    /// Windows in the way, by id.
    Overlap(Vec<i64>),
    /// The row changed meanwhile.
    Stale {
        /// Its noun.
        noun: &'static str,
        /// Its id.
        id: i64,
        /// The fields whose values are not those that the caller wants to set.
        changed_fields: Vec<String>,
    },
}

impl Problem {
    /// A problem at a field.
    pub fn new(
        code: ProblemCode,
        field: impl IntoIterator<Item = impl Into<String>>,
        message: impl Into<String>,
    ) -> Self {
        let field = field.into_iter().map(Into::into).collect();
        Self { code, field, message: message.into(), detail: Detail::None }
    }

    /// The same with more to know.
    #[must_use]
    pub fn with(self, detail: Detail) -> Self {
        Self { detail, ..self }
    }
}

impl Error {
    /// One problem at a field.
    pub fn refused(code: ProblemCode, field: &str, message: impl Into<String>) -> Self {
        Problem::new(code, [field], message).into()
    }

    /// Something that cannot happen unless we are wrong.
    pub fn internal(cause: impl Into<anyhow::Error>) -> Self {
        Self::Internal(Arc::new(cause.into()))
    }

    /// A task that gave no answer. What its panic said may quote what somebody sent, so that it is not told on.
    pub fn ended_early(_: tokio::task::JoinError) -> Self {
        Self::internal(anyhow::anyhow!("a task ended before its work was done"))
    }

    /// An argument that makes no sense.
    pub fn bad_request(field: &str, message: impl Into<String>) -> Self {
        Self::BadRequest { field: vec![field.to_owned()], message: message.into() }
    }
}

impl From<DbError> for Error {
    fn from(error: DbError) -> Self {
        Self::Db(Arc::new(error))
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self::Refused(vec![problem])
    }
}
