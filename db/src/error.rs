//! What can go wrong, told apart as far as a caller can act on it.

use deadpool::managed::PoolError;
use diesel::result::{DatabaseErrorKind, Error as DieselError};

/// The result of a statement.
pub type Result<T> = std::result::Result<T, DbError>;

/// A statement that did not work out.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// There is no connection to be had in time, or the server went away.
    #[error("the database is unavailable")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A statement or lock timeout of the server.
    #[error("the database took too long")]
    Timeout,
    /// Two transactions got in each other's way; the same write may succeed when it is tried again.
    #[error("the write collided with another one")]
    Collision,
    /// A constraint of the catalog was violated.
    #[error("the constraint {} was violated", .0.constraint)]
    Violated(Violation),
    /// Anything else; its text is for the log, never for a client.
    #[error("the statement failed")]
    Failed(#[source] DieselError),
}

impl DbError {
    /// Whether a connection that had been open ended during a statement. That there was none to be had is another
    /// thing: trying again at once would only lengthen the queue.
    pub(crate) fn is_lost_connection(&self) -> bool {
        matches!(self, Self::Unavailable(cause) if cause.is::<DieselError>())
    }
}

/// The constraint that a write violated; the [`crate::Catalog`] tells its kind and columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Name of the constraint or unique index.
    pub constraint: String,
}

impl From<DieselError> for DbError {
    fn from(error: DieselError) -> Self {
        let DieselError::DatabaseError(kind, information) = &error else {
            return match error {
                DieselError::BrokenTransactionManager => Self::Unavailable(Box::new(error)),
                other => Self::Failed(other),
            };
        };
        match kind {
            DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand => {
                Self::Unavailable(Box::new(error))
            }
            DatabaseErrorKind::SerializationFailure => Self::Collision,
            _ => match (information.constraint_name(), information.message()) {
                (Some(constraint), _) => Self::Violated(Violation { constraint: constraint.to_owned() }),
                (None, message) if message.contains("deadlock detected") => Self::Collision,
                (None, message) if message.contains("timeout") => Self::Timeout,
                (None, message) if message.contains("terminating connection") => Self::Unavailable(Box::new(error)),
                _ => Self::Failed(error),
            },
        }
    }
}

impl From<PoolError<DbError>> for DbError {
    fn from(error: PoolError<DbError>) -> Self {
        Self::Unavailable(Box::new(error))
    }
}
