//! Which orders' playback a write concerns: told to all processes when it commits.

use std::any::Any;
use std::fmt::{Display, Formatter};

use arvlite_db::Session;
use arvlite_db::models::{ArContent, Company, Project, Video, VideoRotationSchedule, VideoSchedule};

use crate::domain::Result;

/// Where it is told.
pub const CHANNEL: &str = "arvlite_playback";

/// Whose playback may be another than before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Concern {
    /// That of all orders of a company.
    Company(i64),
    /// That of all orders of a project.
    Project(i64),
    /// That of an order.
    ArContent(i64),
    /// Anybody's: news may have been lost.
    Unknown,
}

impl Concern {
    /// What a write of a row concerns; none where the row decides nothing about playback.
    fn of(row: &dyn Any) -> Option<Self> {
        let company = || row.downcast_ref::<Company>().map(|company| Self::Company(company.id));
        let project = || row.downcast_ref::<Project>().map(|project| Self::Project(project.id));
        let content = || row.downcast_ref::<ArContent>().map(|content| content.id);
        let video = || row.downcast_ref::<Video>().map(|video| video.ar_content_id);
        let window = || row.downcast_ref::<VideoSchedule>().map(|window| window.ar_content_id);
        let rule = || row.downcast_ref::<VideoRotationSchedule>().map(|rule| rule.ar_content_id);
        let order = || content().or_else(video).or_else(window).or_else(rule).map(Self::ArContent);
        company().or_else(project).or_else(order)
    }

    /// What somebody told; what cannot be read may be about anybody.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let number = |prefix: &str| text.strip_prefix(prefix)?.parse().ok();
        let company = number("company:").map(Self::Company);
        let project = || number("project:").map(Self::Project);
        let content = || number("arContent:").map(Self::ArContent);
        company.or_else(project).or_else(content).unwrap_or(Self::Unknown)
    }

    /// Whether it is about an order, of this project and company as far as that is known.
    #[must_use]
    pub fn is_about(self, ar_content_id: i64, places: Option<(i64, i64)>) -> bool {
        match self {
            Self::Company(id) => places.is_none_or(|(_, company)| company == id),
            Self::Project(id) => places.is_none_or(|(project, _)| project == id),
            Self::ArContent(id) => id == ar_content_id,
            Self::Unknown => true,
        }
    }
}

impl Display for Concern {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Company(id) => write!(formatter, "company:{id}"),
            Self::Project(id) => write!(formatter, "project:{id}"),
            Self::ArContent(id) => write!(formatter, "arContent:{id}"),
            Self::Unknown => formatter.write_str("unknown"),
        }
    }
}

/// Tells all processes, when the transaction commits, whose playback a write of this row concerns.
///
/// # Errors
/// When the statement fails.
pub async fn announce(session: &Session, row: &(dyn Any + Sync)) -> Result<()> {
    match Concern::of(row) {
        Some(concern) => Ok(session.notify(CHANNEL, &concern.to_string()).await?),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_understood() {
        for concern in [Concern::Company(1), Concern::Project(22), Concern::ArContent(333), Concern::Unknown] {
            assert_eq!(Concern::read(&concern.to_string()), concern);
        }
        for odd in ["", "company:", "company:x", "order:1", "project:99999999999999999999"] {
            assert_eq!(Concern::read(odd), Concern::Unknown);
        }
    }

    #[test]
    fn a_concern_is_about_its_own_orders() {
        let places = Some((2, 3));
        assert!(Concern::Company(3).is_about(1, places) && !Concern::Company(2).is_about(1, places));
        assert!(Concern::Project(2).is_about(1, places) && !Concern::Project(3).is_about(1, places));
        assert!(Concern::ArContent(1).is_about(1, places) && !Concern::ArContent(2).is_about(1, places));
        assert!(Concern::Unknown.is_about(1, places) && Concern::Company(9).is_about(1, None));
    }
}
