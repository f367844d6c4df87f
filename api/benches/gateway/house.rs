//! The program that is measured: the whole router on a database with 5,000 orders, an administrator who asks, phones,
//! and five hundred dashboards that follow one studio.

use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use arvlite_api::app::App;
use arvlite_api::auth::{Caller, SignedIn, Viewer, Who, token};
use arvlite_api::clock::Clock;
use arvlite_api::config::{Config, Limits, Mode};
use arvlite_api::graphql::{self, Contract};
use arvlite_api::http::router;
use arvlite_api::postgres::{Postgres, Settings};
use arvlite_api::secret::SecretKey;
use arvlite_api::storage::Store;
use arvlite_db::growth::{Growth, grow};
use arvlite_db::migrate::{Migrations, UpTo};
use arvlite_db::models::{NewUser, SignIn, User, UserRole};
use arvlite_db::{ConnectOptions, Db, Scope, create_database};
use async_graphql::{Request, Response};
use axum::body::{Body, to_bytes};
use axum::http::{Request as HttpRequest, header};
use futures_util::StreamExt;
use futures_util::future::join_all;
use futures_util::stream::BoxStream;
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tower::ServiceExt;

/// Dashboards that follow one studio.
pub const FOLLOWERS: usize = 500;
/// A budget that nobody uses up.
const PLENTY: u64 = 1_000_000_000_000;
/// Orders that phones look at.
pub const SEEN: usize = 64;

/// The program and whoever uses it.
pub struct House {
    pub app: Arc<App>,
    router: axum::Router,
    runtime: Runtime,
    admin: String,
    /// Codes of orders that play; all of one studio, the one that is followed.
    pub codes: Vec<String>,
    followers: tokio::sync::Mutex<Vec<BoxStream<'static, Response>>>,
    postgres: Mutex<Option<Postgres>>,
    _media: tempfile::TempDir,
}

static HOUSE: OnceLock<House> = OnceLock::new();

impl House {
    /// The house, made when it is first asked for.
    pub fn open() -> &'static Self {
        HOUSE.get_or_init(|| {
            let runtime = Runtime::new().unwrap();
            let (postgres, db) = runtime.block_on(database());
            let media = tempfile::tempdir().unwrap();
            // What is measured asks for more than anybody may.
            let limits =
                Limits { cost: u64::MAX, budget: PLENTY, phones_budget: PLENTY, running: 1_000, ..Limits::default() };
            let config = Config { mode: Mode::Development, limits, ..Config::default() };
            let secret = SecretKey::new(vec![[7; 32]]).unwrap();
            let app = App::new(config, db, Clock::default(), secret, Store::local(media.path()).unwrap());
            let (viewer, admin) = runtime.block_on(administrator(&app));
            let mut house = Self {
                router: router(Arc::clone(&app)),
                app,
                admin,
                codes: Vec::new(),
                followers: tokio::sync::Mutex::default(),
                postgres: Mutex::new(Some(postgres)),
                runtime,
                _media: media,
            };
            house.fill(&viewer);
            house
        })
    }

    /// Stops the server of the database.
    pub fn close(&self) {
        let postgres = self.postgres.lock().unwrap().take();
        if let Some(postgres) = postgres {
            self.wait(postgres.stop());
        }
    }

    pub fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// Asks as the administrator through the whole router, and gives the answer's bytes.
    pub async fn ask(&self, document: &str, variables: Value) -> Vec<u8> {
        let body = json!({ "query": document, "variables": variables }).to_string();
        let request = HttpRequest::post("/graphql")
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::AUTHORIZATION, format!("Bearer {}", self.admin));
        let response = self.router.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        assert!(!bytes.starts_with(b"{\"errors\""), "{}", String::from_utf8_lossy(&bytes));
        bytes.into()
    }

    /// Waits until every follower was told of something, and gives the bytes that all of them are sent.
    pub async fn told_to_all(&self) -> usize {
        let mut followers = self.followers.lock().await;
        let told = join_all(followers.iter_mut().map(|follower| async {
            let item = follower.next().await.unwrap();
            assert!(item.errors.is_empty(), "{:?}", item.errors);
            serde_json::to_vec(&item).unwrap().len()
        }));
        told.await.into_iter().sum()
    }

    fn fill(&mut self, viewer: &Viewer) {
        let document = "query ($orders: Int!) { companies(first: 100) { nodes { id arContents(first: $orders, where: { status: { eq: READY } }) {
            nodes { uniqueId activeVideo { video { id } } } } } } }";
        let answer: Value = serde_json::from_slice(&self.wait(self.ask(document, json!({ "orders": 100 })))).unwrap();
        let playing = |company: &Value| -> Vec<String> {
            let contents = company["arContents"]["nodes"].as_array().unwrap().iter();
            let playing = contents.filter(|content| content["activeVideo"]["video"].is_object());
            playing.map(|content| content["uniqueId"].as_str().unwrap().to_owned()).collect()
        };
        let companies = answer["data"]["companies"]["nodes"].as_array().unwrap().iter();
        let company = companies.max_by_key(|company| playing(company).len()).unwrap();
        self.codes = playing(company).into_iter().take(SEEN).collect();
        assert_eq!(self.codes.len(), SEEN);
        let follow = format!(
            "subscription {{ viewEvents(scope: {{ companyId: {} }}) {{ __typename
                ... on ViewSessionStarted {{ cursor viewSession {{ sessionId version deviceType startedAt }} }} }} }}",
            company["id"]
        );
        let schema = graphql::build();
        let contract = Contract::of(&schema.sdl());
        let request = || graphql::with_data(Request::new(&follow), &self.app, viewer);
        let follower = |_| graphql::follow(&schema, &contract, request()).boxed();
        *self.followers.get_mut() = (0..FOLLOWERS).map(follower).collect();
        // The first thing that each is told is that it has caught up.
        self.wait(self.told_to_all());
    }
}

/// A database of this run alone, grown.
async fn database() -> (Postgres, Db) {
    let data_dir = std::env::temp_dir().join("arvlite-benches");
    let settings = Settings { data_dir, bin_dir: None, install: true, fsync: true };
    let postgres = Postgres::start(&settings, &|line| eprintln!("{line}")).await.unwrap();
    let (client, connection) = tokio_postgres::connect(&postgres.url("postgres"), tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client.batch_execute("DROP DATABASE IF EXISTS gateway WITH (FORCE)").await.unwrap();
    // What waits longer for a connection than a client would is measured too.
    let wait = Duration::from_secs(10);
    let db = Db::new(&ConnectOptions { wait, ..ConnectOptions::new(postgres.url("gateway")) }).unwrap();
    create_database(&db).await.unwrap();
    Migrations::embedded().upgrade(&db, UpTo::Latest, &|_| {}).await.unwrap();
    let until = Clock::default().now();
    let growth = Growth {
        companies: 100,
        contents: 5_000,
        view_sessions: 20_000,
        until,
        hashed_password: String::new(),
        files_of: Vec::new(),
    };
    grow(&db, &growth, &mut |_| {}).await.unwrap();
    (postgres, db)
}

/// Somebody who may see everything, and the token to show.
async fn administrator(app: &App) -> (Viewer, String) {
    let now = app.clock.now();
    let new = NewUser {
        email: "admin@example.com".to_owned(),
        hashed_password: String::new(),
        full_name: "Admin".to_owned(),
        role: UserRole::Admin,
        created_at: now,
        updated_at: now,
    };
    let tx = app.db.begin(Scope::Everything).await.unwrap();
    let user = User::insert(&tx, &new).await.unwrap();
    let (shown, digest) = token::new_sign_in();
    let sign_in = SignIn::insert(&tx, user.id, digest, now).await.unwrap();
    tx.commit().await.unwrap();
    let signed_in = SignedIn { sign_in_id: sign_in.id, user: Arc::new(user), memberships: Vec::new() };
    (Viewer { who: Who::User(Arc::new(signed_in)), caller: Arc::new(Caller::default()) }, shown)
}
