//! What the tests stand on: a server, a database for each test, and callers of every kind.

pub mod bombs;
mod client;
pub mod contract;
pub mod crowded;
mod events;
mod everything;
pub mod exposition;
mod http;
pub mod mmdb;
pub mod monkey;
mod oddities;
pub mod process;
mod server;
mod sql;
mod studio;
pub mod tables;
mod values;
mod wire;

pub use client::{Answer, Client};
pub use events::Events;
pub use everything::{ALL_SCOPES, Everything};
pub use http::{Served, token_of};
pub use server::{empty_database, fresh_database};
pub use studio::Studio;
pub use values::Values;
pub use wire::Wire;

use std::path::PathBuf;
use std::sync::Arc;

use arvlite_api::app::App;
use arvlite_api::auth::{Caller, KeyHolder, SignedIn, Viewer, Who, token};
use arvlite_api::clock::Clock;
use arvlite_api::config::{Config, Limits, Mode};
use arvlite_api::domain::view::CountryDatabase;
use arvlite_api::secret::SecretKey;
use arvlite_api::storage::Store;
use arvlite_db::models::{self, Role, UserRole};
use arvlite_db::{ConnectOptions, Db, Scope};
use chrono::{DateTime, TimeDelta, Utc};

/// A running program on a database of its own, whose clock stands still until it is moved.
pub struct TestApp {
    pub app: Arc<App>,
    pub router: axum::Router,
    folder: tempfile::TempDir,
}

/// Tests of whole catalogs ask more in a moment than anybody else does.
pub fn generous() -> Limits {
    const PLENTY: u64 = 1_000_000_000;
    Limits { budget: PLENTY, anonymous_budget: PLENTY, phones_budget: PLENTY, ..Limits::default() }
}

/// How long a test waits for a machine that has other things to do.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(30);

/// When every test begins.
pub fn noon() -> DateTime<Utc> {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

impl TestApp {
    /// An empty program.
    pub async fn start() -> Self {
        let url = server::fresh_database().await;
        Self::on(&url).await
    }

    /// A program on a database that may have others.
    pub async fn on(url: &str) -> Self {
        Self::with(url, 4, generous()).await
    }

    /// A program that asks everything over one connection.
    pub async fn with_one_connection(url: &str) -> Self {
        Self::with(url, 1, generous()).await
    }

    /// An empty program with limits of its own.
    pub async fn limited(limits: Limits) -> Self {
        Self::with(&server::fresh_database().await, 4, limits).await
    }

    /// An empty program that tells countries by a file.
    pub async fn with_countries(file: &std::path::Path) -> Self {
        let countries = CountryDatabase::open(file).unwrap();
        Self::with_parts(&server::fresh_database().await, 4, generous(), Some(Arc::new(countries))).await
    }

    async fn with(url: &str, max_connections: usize, limits: Limits) -> Self {
        Self::with_parts(url, max_connections, limits, None).await
    }

    async fn with_parts(
        url: &str,
        max_connections: usize,
        limits: Limits,
        countries: Option<Arc<CountryDatabase>>,
    ) -> Self {
        let config =
            Config { mode: Mode::Development, database_url: Some(url.to_owned()), limits, ..Config::default() };
        let options = ConnectOptions {
            wait: PATIENCE,
            answer: PATIENCE,
            statement_timeout: PATIENCE,
            max_connections,
            ..ConnectOptions::new(url)
        };
        let db = Db::new(&options).unwrap();
        let secret = SecretKey::new(vec![[7; 32]]).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let store = Store::local(folder.path()).unwrap();
        let app = App::with_countries(config, db, Clock::standing_at(noon()), secret, store, countries);
        Self { router: arvlite_api::http::router(Arc::clone(&app)), app, folder }
    }

    /// A person who runs the platform.
    pub async fn admin(&self) -> Client {
        self.person(UserRole::Admin, &[]).await
    }

    /// A person with one role in one company.
    pub async fn member(&self, company_id: i64, role: Role) -> Client {
        self.person(UserRole::Member, &[(company_id, role)]).await
    }

    /// Lets time pass while somebody stays signed in, for which they must ask twice a day.
    pub async fn pass(&self, time: TimeDelta, somebody: &Client) {
        let step = TimeDelta::hours(11);
        let mut left = time;
        while left > TimeDelta::zero() {
            self.app.clock.advance(left.min(step));
            left -= step;
            somebody.ask("{ __typename }", serde_json::json!({})).await;
        }
    }

    /// The files in the store's folder, half-written ones among them.
    pub fn stored_files(&self) -> Vec<PathBuf> {
        let (mut files, mut folders) = (Vec::new(), vec![self.folder.path().to_owned()]);
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() { folders.push(path) } else { files.push(path) }
            }
        }
        files
    }

    /// Nobody that is known.
    pub fn anonymous(&self) -> Client {
        Client::new(&self.router, Viewer::anonymous(Caller::default()), None)
    }

    /// A person with some roles.
    pub async fn person(&self, role: UserRole, memberships: &[(i64, Role)]) -> Client {
        let now = self.app.clock.now();
        let tx = self.app.db.begin(Scope::Everything).await.unwrap();
        let name = uuid::Uuid::new_v4().simple().to_string();
        let new = models::NewUser {
            email: format!("{name}@example.com"),
            hashed_password: String::new(),
            full_name: name,
            role,
            created_at: now,
            updated_at: now,
        };
        let user = models::User::insert(&tx, &new).await.unwrap();
        let mut held = Vec::new();
        for (company_id, role) in memberships {
            held.push(Arc::new(models::Membership::set(&tx, *company_id, user.id, *role, now).await.unwrap()));
        }
        let (token, digest) = token::new_sign_in();
        let sign_in = models::SignIn::insert(&tx, user.id, digest, now).await.unwrap();
        tx.commit().await.unwrap();
        let signed_in = SignedIn { sign_in_id: sign_in.id, user: Arc::new(user), memberships: held };
        let caller = Arc::new(Caller::default());
        Client::new(&self.router, Viewer { who: Who::User(Arc::new(signed_in)), caller }, Some(token))
    }

    /// A program with a key of a company.
    pub async fn key(&self, company_id: i64, role: Role, scopes: &[models::ApiKeyScope]) -> Client {
        let tx = self.app.db.begin(Scope::Everything).await.unwrap();
        let made = token::new_api_key();
        let new = models::NewApiKey {
            company_id,
            name: "key".to_owned(),
            prefix: made.prefix,
            secret_sha256: made.secret_sha256.to_vec(),
            role,
            scopes: scopes.to_vec(),
            expires_at: None,
            created_at: self.app.clock.now(),
        };
        let key = models::ApiKey::insert(&tx, &new).await.unwrap();
        tx.commit().await.unwrap();
        let caller = Arc::new(Caller::default());
        let viewer = Viewer { who: Who::ApiKey(Arc::new(KeyHolder { key: Arc::new(key) })), caller };
        Client::new(&self.router, viewer, Some(made.text))
    }
}
