//! Checks of what a client typed, collected so that all problems are told at once.

use async_graphql::MaybeUndefined;
use chrono::{DateTime, SubsecRound, Utc};

use super::{Error, Problem, ProblemCode, Result};

/// Problems found so far.
#[derive(Debug, Default)]
pub struct Checks {
    problems: Vec<Problem>,
}

impl Checks {
    /// Notes a problem.
    pub fn add(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// A text that must be there: trimmed, of at most this many characters.
    pub fn text(&mut self, field: &str, text: &str, longest: usize) -> String {
        let text = text.trim();
        if text.is_empty() {
            self.add(Problem::new(ProblemCode::Required, [field], "must not be empty"));
        } else {
            self.printable(field, text, longest);
        }
        text.to_owned()
    }

    /// A text that may be absent; an empty one is absent.
    pub fn optional_text(&mut self, field: &str, text: Option<&str>, longest: usize) -> Option<String> {
        let text = text.map(str::trim).filter(|text| !text.is_empty())?;
        self.printable(field, text, longest);
        Some(text.to_owned())
    }

    /// An e-mail address that may be absent.
    pub fn optional_email(&mut self, field: &str, email: Option<&str>) -> Option<String> {
        let email = self.optional_text(field, email, 255)?;
        if !looks_like_email(&email) {
            self.add(Problem::new(ProblemCode::Invalid, [field], "is not an e-mail address"));
        }
        Some(email)
    }

    /// An e-mail address.
    pub fn email(&mut self, field: &str, email: &str) -> String {
        let email = self.text(field, email, 255);
        if !email.is_empty() && !looks_like_email(&email) {
            self.add(Problem::new(ProblemCode::Invalid, [field], "is not an e-mail address"));
        }
        email
    }

    /// An instant as it can be stored: to the microsecond.
    pub fn instant(&mut self, field: &str, instant: DateTime<Utc>) -> DateTime<Utc> {
        if !arvlite_db::is_storable(instant) {
            self.add(Problem::new(ProblemCode::Invalid, [field], "must be of the years 1 to 9999"));
        }
        instant.trunc_subsecs(6)
    }

    /// An instant that may be absent.
    pub fn optional_instant(&mut self, field: &str, instant: Option<DateTime<Utc>>) -> Option<DateTime<Utc>> {
        instant.map(|instant| self.instant(field, instant))
    }

    /// What an edit says of something that cannot be absent: nothing, where it is to stay as it is.
    pub fn required<'a, T>(&mut self, field: &str, given: &'a MaybeUndefined<T>) -> Option<&'a T> {
        if given.is_null() {
            self.add(Problem::new(ProblemCode::Required, [field], "must not be null: leave it out to keep it"));
        }
        given.value()
    }

    /// The same problems, told without a field.
    #[must_use]
    pub fn about_no_field(mut self) -> Self {
        self.problems.iter_mut().for_each(|problem| problem.field.clear());
        self
    }

    /// Refuses if any problem was found.
    ///
    /// # Errors
    /// All of them.
    pub fn finish(self) -> Result<()> {
        if self.problems.is_empty() { Ok(()) } else { Err(Error::Refused(self.problems)) }
    }

    fn printable(&mut self, field: &str, text: &str, longest: usize) {
        let length = text.chars().count();
        if length > longest {
            let message = format!("has {length} characters, at most {longest} are allowed");
            self.add(Problem::new(ProblemCode::TooLong, [field], message));
        }
        if text.chars().any(|letter| letter.is_control() && !matches!(letter, '\n' | '\t' | '\r')) {
            self.add(Problem::new(ProblemCode::Invalid, [field], "contains a control character"));
        }
    }
}

fn looks_like_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let plain = |part: &str| !part.is_empty() && !part.chars().any(|letter| letter.is_whitespace() || letter == '@');
    plain(local) && plain(domain) && domain.split('.').all(|label| !label.is_empty())
}
