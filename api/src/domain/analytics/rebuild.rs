//! Makes all rollups and counters anew from the views, and says whether they were what they should have been.

use arvlite_db::Scope;
use arvlite_db::models::ViewRollup;
use chrono_tz::IANA_TZDB_VERSION;

use super::roll::{roll_again, roll_changed};
use crate::app::App;
use crate::domain::Result;

/// What was found at a company.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rebuilt {
    /// Rollups that were wrong, missing or too many.
    pub rollups: i64,
    /// Orders whose views were counted wrong.
    pub counters: usize,
}

impl Rebuilt {
    /// Whether all was as it should be.
    #[must_use]
    pub fn was_equal(&self) -> bool {
        self.rollups == 0 && self.counters == 0
    }
}

/// Makes a company's rollups and counters anew. With `only_look` it is as if nothing had been done.
///
/// # Errors
/// When the database does not work out; then nothing was changed.
pub async fn rebuild(app: &App, company_id: i64, only_look: bool) -> Result<Rebuilt> {
    let tx = app.db.begin(Scope::Everything).await?;
    let after = ViewRollup::take_on_alone(&tx).await?;
    ViewRollup::distrust_other_data(&tx, IANA_TZDB_VERSION).await?;
    let mut through = after;
    while let Some(followed) = roll_changed(&tx, through).await? {
        through = followed.through;
    }
    let rollups = match ViewRollup::rolled_company(&tx, company_id).await? {
        Some(rolled) => {
            ViewRollup::put_aside(&tx, company_id).await?;
            roll_again(&tx, &rolled).await?;
            ViewRollup::differences(&tx, company_id).await?
        }
        // Nothing is read from rollups, and whoever rolls up next begins anew.
        None => 0,
    };
    // Orders are locked at the end, and so not for as long as all that takes.
    ViewRollup::count_views(&tx, after, through).await?;
    ViewRollup::reach(&tx, through).await?;
    let counters = ViewRollup::recount(&tx, company_id).await?;
    if only_look {
        tx.rollback().await?;
    } else {
        tx.commit().await?;
    }
    Ok(Rebuilt { rollups, counters })
}
