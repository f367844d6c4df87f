//! Everything long-lived, made once and shared by whoever answers.

use std::sync::Arc;

use arvlite_db::Db;

use crate::clock::Clock;
use crate::config::Config;
use crate::domain::view::Views;
use crate::secret::SecretKey;

/// The running program.
pub struct App {
    /// How it was configured.
    pub config: Config,
    /// The database.
    pub db: Db,
    /// What time it is.
    pub clock: Clock,
    /// What only this installation knows.
    pub secret: SecretKey,
    /// The views of this process' phones, and whoever follows them.
    pub views: Views,
}

impl App {
    /// Puts the parts together.
    #[must_use]
    pub fn new(config: Config, db: Db, clock: Clock, secret: SecretKey) -> Arc<Self> {
        let views = Views::new(&db, &clock, &secret);
        Arc::new(Self { config, db, clock, secret, views })
    }
}
