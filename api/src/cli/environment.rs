//! Opening the house: the database, which may be one of our own, the secret key, and with them the program.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use arvlite_db::migrate::{Migrations, Progress, UpTo};
use arvlite_db::models::Setting;
use arvlite_db::{ConnectOptions, Db, Scope, create_database};

use super::{Common, log, schema_state};
use crate::app::App;
use crate::clock::Clock;
use crate::config::{Config, ConfigError, Mode};
use crate::domain::view::CountryDatabase;
use crate::postgres::{self, Postgres, Settings};
use crate::secret::SecretKey;
use crate::storage::Store;

/// The database on a PostgreSQL of our own.
pub(super) const OWN_DATABASE: &str = "arvlite";

/// What a role stands on. A PostgreSQL of our own runs as long as this lives.
pub struct Environment {
    /// How the program was configured.
    pub config: Config,
    /// The database, in whatever state its schema is.
    pub db: Db,
    postgres: Option<Postgres>,
}

impl Environment {
    /// Starts the log, and PostgreSQL unless the configuration names one. An outside database is not touched yet.
    ///
    /// # Errors
    /// Says in plain words what is in the way and what to do about it.
    pub async fn open(config: Config, may_install: bool) -> anyhow::Result<Self> {
        log::start(&config)?;
        let (url, postgres) = match &config.database_url {
            Some(url) => (url.clone(), None),
            None => {
                let postgres = start_postgres(&config, may_install).await?;
                (postgres.url(OWN_DATABASE), Some(postgres))
            }
        };
        let options = ConnectOptions { max_connections: config.database_connections, ..ConnectOptions::new(url) };
        Ok(Self { db: Db::new(&options)?, config, postgres })
    }

    /// Applies migrations and gives the names of those that were pending.
    ///
    /// # Errors
    /// Says in plain words why the schema cannot be changed.
    pub async fn upgrade(&self, to: UpTo, tell: &(dyn Fn(Progress) + Sync)) -> anyhow::Result<Vec<&'static str>> {
        let upgraded = Migrations::embedded().upgrade(&self.db, to, tell).await;
        upgraded.map_err(|error| schema_state::refusal(error, &self.db.address()))
    }

    /// Refuses a schema that is not current, with the command that helps.
    ///
    /// # Errors
    /// Also when the database does not answer: then its schema is in no state.
    pub async fn require_current_schema(&self) -> anyhow::Result<()> {
        let standing = Migrations::embedded().standing(&self.db).await?;
        schema_state::require_current(&standing, &self.db.address())
    }

    /// The program. The schema must be current.
    ///
    /// # Errors
    /// When there is no secret key, or the folder for media or the country database cannot be used.
    pub async fn app(&self) -> anyhow::Result<Arc<App>> {
        let secret = self.secret_key().await?;
        let folder = media_dir(&self.config);
        let store = Store::local(&folder).with_context(|| format!("media cannot be kept in {}", folder.display()))?;
        let countries = countries(&self.config)?.map(Arc::new);
        let (config, db) = (self.config.clone(), self.db.clone());
        Ok(App::with_countries(config, db, Clock::default(), secret, store, countries))
    }

    /// Stops PostgreSQL, if it is one of our own.
    pub async fn close(self) {
        if let Some(postgres) = self.postgres {
            postgres.stop().await;
        }
    }

    /// The configured key. Without one, that of the database, if it is a developer's or our own.
    async fn secret_key(&self) -> anyhow::Result<SecretKey> {
        if let Some(digits) = &self.config.secret_key {
            return Ok(SecretKey::parse(digits).ok_or_else(|| ConfigError::key("secret_key", SECRET_KEY_FORM))?);
        }
        if self.config.mode == Mode::Production && self.postgres.is_none() {
            let missing = format!("a server in production needs one that is its own; {SECRET_KEY_FORM}");
            return Err(ConfigError::key("secret_key", &missing).into());
        }
        let random: [u8; 32] = rand::random();
        let digits: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        let session = self.db.session(Scope::Everything);
        let kept = Setting::get_or_set(&session, "secret_key", digits.into()).await?;
        kept.as_str().and_then(SecretKey::parse).context("the secret key in the table settings is damaged")
    }
}

pub(super) const SECRET_KEY_FORM: &str = "it is 64 hexadecimal digits (several keys are separated by commas, the one to sign with \
                               first). Make one with\n  openssl rand -hex 32";

/// Runs a role that needs the program on a current schema.
///
/// # Errors
/// When the program cannot be made, or the role fails.
pub async fn with_app(common: &Common, role: impl AsyncFnOnce(&Arc<App>) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let environment = Environment::open(common.configuration()?, common.may_install()).await?;
    environment.require_current_schema().await?;
    let done = role(&environment.app().await?).await;
    environment.close().await;
    done
}

async fn start_postgres(config: &Config, may_install: bool) -> anyhow::Result<Postgres> {
    let settings =
        Settings { data_dir: data_dir(config), bin_dir: config.pg_bin.clone(), install: may_install, fsync: true };
    let postgres = Postgres::start(&settings, &|line| log::say(config, line)).await?;
    create_database(&Db::new(&ConnectOptions::new(postgres.url(OWN_DATABASE)))?).await?;
    Ok(postgres)
}

pub(super) fn data_dir(config: &Config) -> PathBuf {
    config.data_dir.clone().unwrap_or_else(postgres::default_data_dir)
}

/// The configured file that tells countries.
pub(super) fn countries(config: &Config) -> Result<Option<CountryDatabase>, ConfigError> {
    let Some(file) = &config.country_database else { return Ok(None) };
    let wrong = |error| ConfigError::key("country_database", &format!("{}: {error}", file.display()));
    CountryDatabase::open(file).map(Some).map_err(wrong)
}

/// Where the bytes of photos and videos are.
pub(super) fn media_dir(config: &Config) -> PathBuf {
    data_dir(config).join("media")
}
