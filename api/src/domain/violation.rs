//! A violated constraint as something that a user can mend, by the database's own catalog.

use std::sync::Arc;

use arvlite_db::{Constraint, ConstraintKind, DbError};

use super::{Detail, Error, Problem, ProblemCode};
use crate::app::App;

/// What an error of the database tells the user, if it tells anything.
pub(super) async fn explain(app: &App, error: Arc<DbError>) -> Error {
    let DbError::Violated(violation) = &*error else { return Error::Db(error) };
    match app.db.catalog().await {
        Ok(catalog) => match catalog.get(&violation.constraint) {
            Some(constraint) => problem_of(constraint).into(),
            None => Error::Db(error),
        },
        Err(unread) => {
            tracing::warn!(%unread, "the catalog could not be read, so a violation cannot be told");
            Error::Db(error)
        }
    }
}

/// The problem that a constraint's violation is: the field is the last of its columns that is not the company.
#[must_use]
pub fn problem_of(constraint: &Constraint) -> Problem {
    let (code, message) = match constraint.kind {
        ConstraintKind::Check => (ProblemCode::Invalid, "is not allowed"),
        ConstraintKind::ForeignKey => (ProblemCode::NotFound, "was not found, or is still in use"),
        ConstraintKind::Unique => (ProblemCode::Taken, "is taken already"),
        ConstraintKind::Exclusion => (ProblemCode::Overlap, "overlaps another one"),
    };
    let problem = Problem::new(code, [field_of(constraint)], message);
    if code == ProblemCode::Overlap { problem.with(Detail::Overlap(Vec::new())) } else { problem }
}

fn field_of(constraint: &Constraint) -> String {
    // Rules over expressions name no column, and some columns go by another name in the API.
    match constraint.name.as_str() {
        "users_email_key" => return "email".to_owned(),
        "video_schedules_ar_content_id_priority_tstzrange_excl" => return "startTime".to_owned(),
        "video_rotation_schedules_ar_content_id_key" | "video_rotation_schedules_ar_content_id_key1" => {
            return "rotationType".to_owned();
        }
        _ => {}
    }
    let column = constraint.columns.iter().rev().find(|column| *column != "company_id");
    match column.map_or("id", String::as_str) {
        "active_video_id" => "videoId".to_owned(),
        "photo_media_id" => "photoUploadId".to_owned(),
        "media_id" => "uploadId".to_owned(),
        "content_metadata" => "metadata".to_owned(),
        "video_rotation_schedule_id" => "id".to_owned(),
        column => camel_case(column),
    }
}

/// Whether an overlap was found by the database alone, so that what is in the way is not known yet.
pub(super) fn is_unexplained_overlap(error: &Error) -> bool {
    let Error::Refused(problems) = error else { return false };
    problems.iter().any(|problem| matches!(&problem.detail, Detail::Overlap(windows) if windows.is_empty()))
}

/// A column's name as clients write it.
pub(super) fn camel_case(column: &str) -> String {
    let mut words = column.split('_');
    let mut name = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        name.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        name.push_str(letters.as_str());
    }
    name
}
