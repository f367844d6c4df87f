//! What a mutation answers: the object under its noun's name, what the user can mend, and what is odd.

use async_graphql::{ComplexObject, Context, Enum, Interface, SimpleObject};

use super::context::ContextExt;
use super::error::Result;
use super::node::{self, Node};
use super::types::VideoSchedule;
use crate::domain::{self, Detail, Problem, ProblemCode};
use crate::monitoring::note_user_errors;

/// An answer that is made of a command's outcome or of its refusal.
pub(crate) trait Payload<O> {
    /// It was done.
    fn done(outcome: O) -> Self;
    /// It was refused.
    fn refused(problems: Vec<Problem>) -> Self;
    /// It was only tried, and would have been done.
    fn valid(warnings: Vec<domain::Warning>) -> Self;
}

/// Declares the payload of commands that change a row of one type: `payload!(VideoPayload { video: Video })`; with
/// `warned` it also tells what is odd.
macro_rules! payload {
    ($(#[$meta:meta])* $name:ident { $field:ident: $type:ident }) => {
        $(#[$meta])*
        #[derive(Debug, async_graphql::SimpleObject)]
        pub struct $name {
            /// The object as it is now; null if it was refused or only validated.
            pub $field: Option<$type>,
            /// What the caller can mend; empty when it was done, or would have been.
            pub user_errors: Vec<$crate::graphql::payload::UserError>,
        }

        impl<O> $crate::graphql::payload::Payload<O> for $name
        where
            O: $crate::domain::Outcome<Row = <$type as $crate::graphql::node::NodeType>::Row>,
        {
            fn done(outcome: O) -> Self {
                let row = std::sync::Arc::new(outcome.row().clone());
                Self { $field: Some($crate::graphql::node::NodeType::from_row(row)), user_errors: Vec::new() }
            }

            fn refused(problems: Vec<$crate::domain::Problem>) -> Self {
                Self { $field: None, user_errors: $crate::graphql::payload::told(problems) }
            }

            fn valid(_: Vec<$crate::domain::Warning>) -> Self {
                Self { $field: None, user_errors: Vec::new() }
            }
        }
    };
    ($(#[$meta:meta])* warned $name:ident { $field:ident: $type:ident }) => {
        $(#[$meta])*
        #[derive(Debug, async_graphql::SimpleObject)]
        pub struct $name {
            /// The object as it is now; null if it was refused or only validated.
            pub $field: Option<$type>,
            /// What the caller can mend; empty when it was done, or would have been.
            pub user_errors: Vec<$crate::graphql::payload::UserError>,
            /// What was done, or would have been, and is odd.
            pub warnings: Vec<$crate::graphql::payload::Warning>,
        }

        impl $crate::graphql::payload::Payload<$crate::domain::Changed<<$type as $crate::graphql::node::NodeType>::Row>>
            for $name
        {
            fn done(outcome: $crate::domain::Changed<<$type as $crate::graphql::node::NodeType>::Row>) -> Self {
                Self {
                    $field: Some($crate::graphql::node::NodeType::from_row(std::sync::Arc::new(outcome.row))),
                    user_errors: Vec::new(),
                    warnings: outcome.warnings.into_iter().map(Into::into).collect(),
                }
            }

            fn refused(problems: Vec<$crate::domain::Problem>) -> Self {
                let user_errors = $crate::graphql::payload::told(problems);
                Self { $field: None, user_errors, warnings: Vec::new() }
            }

            fn valid(warnings: Vec<$crate::domain::Warning>) -> Self {
                let warnings = warnings.into_iter().map(Into::into).collect();
                Self { $field: None, user_errors: Vec::new(), warnings }
            }
        }
    };
}
pub(crate) use payload;

/// Something that the caller can mend. Codes grow: treat an unknown one as INVALID.
#[derive(Debug, Clone, Interface)]
#[graphql(
    field(name = "message", ty = "&String", desc = "What is wrong, in words."),
    field(name = "code", ty = "&UserErrorCode", desc = "What kind of thing is wrong."),
    field(
        name = "field",
        ty = "&Option<Vec<String>>",
        desc = "Where: the path from `input`, list positions included, such as input, videoUploadIds, 0. Null for the whole."
    )
)]
pub enum UserError {
    /// Anything without more to know.
    Invalid(InvalidError),
    /// Something else has it already.
    Taken(TakenError),
    /// The object changed meanwhile.
    StaleVersion(StaleVersionError),
    /// Windows are in the way.
    ScheduleOverlap(ScheduleOverlapError),
}

/// The kinds of things that the caller can mend. They grow: treat an unknown one as INVALID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, Enum)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[graphql(remote = "ProblemCode")]
pub enum UserErrorCode {
    /// It must be given.
    Required,
    /// It makes no sense.
    Invalid,
    /// The text is too long.
    TooLong,
    /// The number is too small.
    TooSmall,
    /// The number, file or span is too large.
    TooLarge,
    /// Something else has it already.
    Taken,
    /// It was not found, or is not yours to see.
    NotFound,
    /// The object changed since you read it.
    StaleVersion,
    /// Something still points to it.
    InUse,
    /// It overlaps another one.
    Overlap,
    /// This kind of file is not taken.
    UnsupportedMedia,
    /// The file is not what it is said to be.
    MediaMismatch,
    /// The key was used for another mutation or another input.
    IdempotencyKeyParameterMismatch,
    /// A write with this key is still at work.
    IdempotencyKeyInUse,
    /// You can see it but may not change it.
    NotAllowed,
}

/// A refusal with nothing more to know.
#[derive(Debug, Clone, SimpleObject)]
pub struct InvalidError {
    /// What is wrong, in words.
    pub message: String,
    /// What kind of thing is wrong.
    pub code: UserErrorCode,
    /// The path from `input`; null for the whole.
    pub field: Option<Vec<String>>,
}

/// A refusal because something else has the name, number or place already.
#[derive(Debug, Clone, SimpleObject)]
pub struct TakenError {
    /// What is wrong, in words.
    pub message: String,
    /// TAKEN.
    pub code: UserErrorCode,
    /// The path from `input`; null for the whole.
    pub field: Option<Vec<String>>,
}

/// A refusal because the object changed since the caller read it.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct StaleVersionError {
    /// What is wrong, in words.
    pub message: String,
    /// STALE_VERSION.
    pub code: UserErrorCode,
    /// The path from `input`; null for the whole.
    pub field: Option<Vec<String>>,
    /// The fields whose values are not those that the caller wants to set.
    pub changed_fields: Vec<String>,
    #[graphql(skip)]
    noun: &'static str,
    #[graphql(skip)]
    id: i64,
}

#[ComplexObject]
impl StaleVersionError {
    /// The object as it is now.
    async fn current(&self, ctx: &Context<'_>) -> Result<Option<Node>> {
        node::named(ctx, self.noun, self.id).await
    }
}

/// A refusal because windows of equal priority overlap.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct ScheduleOverlapError {
    /// What is wrong, in words.
    pub message: String,
    /// OVERLAP.
    pub code: UserErrorCode,
    /// The path from `input`; null for the whole.
    pub field: Option<Vec<String>>,
    #[graphql(skip)]
    window_ids: Vec<i64>,
}

#[ComplexObject]
impl ScheduleOverlapError {
    /// The windows in the way, oldest first, at most 100.
    async fn conflicts(&self, ctx: &Context<'_>) -> Result<Vec<VideoSchedule>> {
        Ok(ctx.many(&self.window_ids).await?.into_iter().flatten().collect())
    }
}

/// Problems as a client sees them.
pub(crate) fn told(problems: Vec<Problem>) -> Vec<UserError> {
    if !problems.is_empty() {
        note_user_errors();
    }
    problems.into_iter().map(UserError::from).collect()
}

impl From<Problem> for UserError {
    fn from(problem: Problem) -> Self {
        let Problem { code, field, message, detail } = problem;
        let code = UserErrorCode::from(code);
        let field = (!field.is_empty()).then(|| std::iter::once("input".to_owned()).chain(field).collect());
        match detail {
            Detail::Overlap(window_ids) => {
                Self::ScheduleOverlap(ScheduleOverlapError { message, code, field, window_ids })
            }
            Detail::Stale { noun, id, changed_fields } => {
                Self::StaleVersion(StaleVersionError { message, code, field, changed_fields, noun, id })
            }
            Detail::None if code == UserErrorCode::Taken => Self::Taken(TakenError { message, code, field }),
            Detail::None => Self::Invalid(InvalidError { message, code, field }),
        }
    }
}

/// Done, but look again.
#[derive(Debug, Clone, SimpleObject)]
pub struct Warning {
    /// What kind of oddity.
    pub code: WarningCode,
    /// What is odd, in words.
    pub message: String,
    /// The path from `input`; null for the whole.
    pub field: Option<Vec<String>>,
}

/// The kinds of oddities. They grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::WarningCode")]
pub enum WarningCode {
    /// It lies wholly in the past.
    InThePast,
    /// The video's subscription ends before the window does.
    SubscriptionEndsFirst,
    /// It will never play.
    NeverPlays,
    /// The code will play nothing for a time, or for good.
    DarkGap,
}

impl From<domain::Warning> for Warning {
    fn from(warning: domain::Warning) -> Self {
        let domain::Warning { code, message, field } = warning;
        let field = (!field.is_empty()).then(|| std::iter::once("input".to_owned()).chain(field).collect());
        Self { code: code.into(), message, field }
    }
}
