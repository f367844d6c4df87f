//! Everything long-lived, made once and shared by whoever answers.

use std::sync::Arc;

use arvlite_db::Db;

use crate::auth::{Credentials, Passwords};
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::playback::live::LivePlayback;
use crate::domain::view::{CountryDatabase, Views};
use crate::monitoring::Metrics;
use crate::secret::SecretKey;
use crate::storage::Store;

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
    /// Where the bytes of photos and videos are.
    pub store: Store,
    /// Who showed which token a moment ago, and which no longer hold.
    pub credentials: Credentials,
    /// Hashes passwords, a few at a time.
    pub passwords: Passwords,
    /// Which country an address belongs to, if the operator has a file for it.
    pub countries: Option<Arc<CountryDatabase>>,
    /// The views of this process' phones, and whoever follows them.
    pub views: Views,
    /// The orders whose playback is followed at this process.
    pub playback: LivePlayback,
    /// What is counted for the operator.
    pub metrics: Arc<Metrics>,
}

impl App {
    /// Puts the parts together.
    #[must_use]
    pub fn new(config: Config, db: Db, clock: Clock, secret: SecretKey, store: Store) -> Arc<Self> {
        Self::with_countries(config, db, clock, secret, store, None)
    }

    /// The same, with a file that tells countries.
    #[must_use]
    pub fn with_countries(
        config: Config,
        db: Db,
        clock: Clock,
        secret: SecretKey,
        store: Store,
        countries: Option<Arc<CountryDatabase>>,
    ) -> Arc<Self> {
        let (credentials, passwords) = (Credentials::default(), Passwords::default());
        let metrics = Arc::new(Metrics::new(clock.now()));
        let views = Views::new(&db, &clock, &secret, &metrics, config.limits.beacon_batch, countries.clone());
        let playback = LivePlayback::new(db.clone(), clock.clone(), Arc::clone(&metrics));
        Arc::new(Self { config, db, clock, secret, store, credentials, passwords, countries, views, playback, metrics })
    }

    /// The same house at another time: for writing a past that never was.
    #[must_use]
    pub fn at_another_time(&self, clock: Clock) -> Arc<Self> {
        let (config, db, secret) = (self.config.clone(), self.db.clone(), self.secret.clone());
        Self::with_countries(config, db, clock, secret, self.store.clone(), self.countries.clone())
    }
}
