//! The log's partitions, one a UTC day: there before anything is written to them.

use std::sync::Mutex;

use arvlite_db::models::ViewEvent;
use arvlite_db::{Db, Scope};
use chrono::{DateTime, Days, NaiveDate, Utc};

use crate::domain::Result;

/// The day that this process last wrote on.
#[derive(Debug, Default)]
pub(super) struct LogDays {
    made: Mutex<Option<NaiveDate>>,
}

impl LogDays {
    /// Makes the partitions of the day of this instant and of the next one, so that at midnight nobody has to wait.
    pub(super) async fn make(&self, db: &Db, now: DateTime<Utc>) -> Result<()> {
        let today = now.date_naive();
        if self.last() == Some(today) {
            return Ok(());
        }
        let session = db.session(Scope::Everything);
        ViewEvent::make_day(&session, today).await?;
        let tomorrow = today.checked_add_days(Days::new(1)).unwrap_or(today);
        if let Err(error) = ViewEvent::make_day(&session, tomorrow).await {
            tracing::warn!(%error, "tomorrow's part of the log could not be made; it is made when it begins");
        }
        *self.made.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(today);
        Ok(())
    }

    fn last(&self) -> Option<NaiveDate> {
        *self.made.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
