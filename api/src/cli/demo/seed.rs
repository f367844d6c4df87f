//! Fills an empty database with the demo: once, and on from where it stood if it was cut off.

use std::sync::Arc;

use arvlite_db::models::Setting;
use arvlite_db::{Scope, Session};
use chrono::{DateTime, TimeDelta, Utc};

use crate::app::App;
use crate::auth::Viewer;
use crate::cli::operator::in_words;
use crate::clock::Clock;
use crate::domain::execute::execute;
use crate::domain::{Command, Executed, Outcome};

/// How long before the first start the studios began to work.
const HISTORY: TimeDelta = TimeDelta::days(31);

/// The setting that tells when the demo was started first.
const OPENED: &str = "demo_opened";

/// Whether a demo was ever begun in this database.
pub(super) async fn was_begun(session: &Session) -> anyhow::Result<bool> {
    Ok(Setting::get(session, OPENED).await?.is_some())
}

/// What the seeding works with.
pub(super) struct Seed {
    /// The program, with a clock that stands a month back.
    pub(super) app: Arc<App>,
    /// When the demo was started first: rules and views are laid around it.
    pub(super) opened: DateTime<Utc>,
}

impl Seed {
    /// A seeding of this program. It goes on with the same dates when it was cut off.
    pub(super) async fn begin(app: &Arc<App>) -> anyhow::Result<Self> {
        let session = app.db.session(Scope::Everything);
        let now = serde_json::to_value(app.clock.now())?;
        let opened: DateTime<Utc> = serde_json::from_value(Setting::get_or_set(&session, OPENED, now).await?)?;
        Ok(Self { app: app.at_another_time(Clock::standing_at(opened - HISTORY)), opened })
    }

    /// What time it is in the seeding.
    pub(super) fn now(&self) -> DateTime<Utc> {
        self.app.clock.now()
    }

    /// Runs a command under a key of its own and gives the row that it makes, or made before. Time passes.
    pub(super) async fn run<C: Command>(&self, key: &str, command: C) -> anyhow::Result<<C::Outcome as Outcome>::Row> {
        let key = format!("demo/{}/{key}", C::NAME);
        let done = execute(&self.app, &Viewer::system(), command, Some(key)).await.map_err(in_words)?;
        self.app.clock.advance(TimeDelta::minutes(7));
        match done {
            Executed::Done(outcome) => Ok(outcome.row().clone()),
            Executed::Valid(_) => Err(anyhow::anyhow!("{} was only tried", C::NAME)),
        }
    }
}
