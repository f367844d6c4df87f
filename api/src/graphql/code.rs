//! The codes of errors: a closed list, whoever finds the mistake.

/// What kind of error it is, as `extensions.code` tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// Nobody that is known asks.
    Unauthenticated,
    /// Whoever asks may not.
    Forbidden,
    /// It is not there, or not theirs.
    NotFound,
    /// The request or a value in it is not right.
    BadRequest,
    /// The document fits neither the schema nor the limits.
    ValidationFailed,
    /// The operation costs more than any may.
    CostExceeded,
    /// The cursor is of another list.
    InvalidCursor,
    /// Too much at once.
    Throttled,
    /// It took too long.
    Timeout,
    /// The service cannot answer now.
    Unavailable,
    /// A mistake of ours.
    Internal,
}

impl Code {
    const ALL: [Self; 11] = [
        Self::Unauthenticated,
        Self::Forbidden,
        Self::NotFound,
        Self::BadRequest,
        Self::ValidationFailed,
        Self::CostExceeded,
        Self::InvalidCursor,
        Self::Throttled,
        Self::Timeout,
        Self::Unavailable,
        Self::Internal,
    ];

    /// Its name for clients.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::Forbidden => "FORBIDDEN",
            Self::NotFound => "NOT_FOUND",
            Self::BadRequest => "BAD_REQUEST",
            Self::ValidationFailed => "VALIDATION_FAILED",
            Self::CostExceeded => "COST_EXCEEDED",
            Self::InvalidCursor => "INVALID_CURSOR",
            Self::Throttled => "THROTTLED",
            Self::Timeout => "TIMEOUT",
            Self::Unavailable => "UNAVAILABLE",
            Self::Internal => "INTERNAL",
        }
    }

    /// The code of this name.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.as_str() == name)
    }
}
