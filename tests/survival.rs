//! Two servers on one database, of which one is killed every few seconds; phones that report through either, and writers
//! that commit late; dashboards that break off and come again. In the end every dashboard has what the table has, what
//! was acknowledged is there, and nothing was told twice.
//!
//! `ARVLITE_SURVIVAL=200x30` makes it 200 dashboards and 30 kills; that takes minutes.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, RwLock};
use std::time::Duration;

use arvlite_api::clock::Clock;
use arvlite_api::domain::view::{Beat, fold};
use arvlite_db::models::{
    ArContent, DeviceType, NewViewEvent, NewViewSession, PlaybackSource, TrackingQuality, ViewEventKind, ViewSession,
};
use arvlite_db::{Entity, Scope, Tx};
use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use uuid::Uuid;

use crate::several_processes::{FOLLOW, House, SESSIONS, id_of, table};
use crate::support::TestApp;
use crate::support::process::{Http, Server, Socket, serve_on};

const START: &str = "mutation ($input: ViewSessionStartInput!) { viewSessionStart(input: $input) { viewToken } }";
const BEAT: &str = "mutation ($input: ViewSessionHeartbeatInput!) { viewSessionHeartbeat(input: $input) { status } }";
const END: &str = "mutation ($input: ViewSessionEndInput!) { viewSessionEnd(input: $input) { status } }";
/// Phones through the servers, and as many writers of their own that take their time to commit.
const PHONES: usize = 2;
/// What dashboards are told from one kill to the next.
const TOLD_BETWEEN_KILLS: u64 = 1_500;
const PATIENCE: Duration = Duration::from_secs(120);

/// What all who take part know.
struct Stage {
    addresses: RwLock<[String; 2]>,
    token: String,
    code: Value,
    scope: Value,
    /// Events that dashboards were told so far, all together.
    told: watch::Sender<u64>,
    broke_off: AtomicU64,
    /// What the table has in the end.
    outcome: watch::Sender<Option<BTreeMap<String, Value>>>,
    enough: CancellationToken,
}

impl Stage {
    /// Either server, which may not be there just now.
    fn server(&self, token: Option<&str>) -> Http {
        Http::new(&self.addresses.read().unwrap()[rand::random_range(0..2)], token)
    }

    async fn pause(&self) {
        sleep(Duration::from_millis(rand::random_range(0..30))).await;
    }
}

/// Somebody who follows from before the first view, and folds what is told.
struct Dashboard {
    cursor: Value,
    views: BTreeMap<String, Value>,
}

impl Dashboard {
    async fn open(stage: &Stage) -> Self {
        let variables = json!({ "scope": stage.scope });
        loop {
            let server = stage.server(Some(&stage.token));
            // Of hundreds that come at once, a server may ask some to come again.
            if let Some(mut socket) = Socket::try_subscribed(&server, FOLLOW, &variables).await
                && let Some(item) = socket.try_next().await
            {
                assert_eq!(item["viewEvents"]["__typename"], "StreamCaughtUp");
                return Self { cursor: item["viewEvents"]["cursor"].clone(), views: BTreeMap::new() };
            }
            stage.pause().await;
        }
    }

    /// Follows through all that happens, until it has what the table has in the end.
    async fn survive(mut self, stage: Arc<Stage>) {
        let mut outcome = stage.outcome.subscribe();
        loop {
            let variables = json!({ "scope": stage.scope, "after": self.cursor });
            let server = stage.server(Some(&stage.token));
            let Some(mut socket) = Socket::try_subscribed(&server, FOLLOW, &variables).await else {
                stage.pause().await;
                continue;
            };
            for _ in 0..rand::random_range(1..120) {
                if outcome.borrow_and_update().as_ref() == Some(&self.views) {
                    return;
                }
                let item = tokio::select! {
                    item = socket.try_next() => item,
                    _ = outcome.changed() => continue,
                };
                let Some(item) = item else { break };
                self.take(&item["viewEvents"], &stage);
            }
            stage.broke_off.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn take(&mut self, item: &Value, stage: &Stage) {
        assert_ne!(item["__typename"], "StreamGap");
        self.cursor = item["cursor"].clone();
        let view = &item["viewSession"];
        if view.is_null() {
            return;
        }
        let version = |view: &Value| view["version"].as_i64().unwrap();
        let known = self.views.get(&id_of(view)).map_or(0, version);
        assert_eq!(version(view), known + 1, "something was left out or came twice: {item:#}");
        self.views.insert(id_of(view), view.clone());
        stage.told.send_modify(|told| *told += 1);
    }
}

/// Asks until some server answers, which may be gone or busy.
async fn answered(stage: &Stage, token: Option<&str>, document: &str, variables: &Value) -> Value {
    let body = json!({ "query": document, "variables": variables }).to_string();
    let answer = async {
        loop {
            if let Ok(reply) = stage.server(token).post(body.as_bytes(), &[]).await
                && reply.status == 200
                && reply.json().get("errors").is_none()
            {
                return reply.json()["data"].clone();
            }
            stage.pause().await;
        }
    };
    timeout(PATIENCE, answer).await.expect("a server answers in the end")
}

/// Sends as somebody whom nobody knows, until some server acknowledges it.
async fn acknowledged(stage: &Stage, document: &str, input: &Value) -> Value {
    answered(stage, None, document, &json!({ "input": input })).await
}

/// One view after the other, each to its acknowledged end. Gives their ids, with the seconds that were acknowledged.
async fn phone(stage: Arc<Stage>) -> Vec<(String, i64)> {
    let mut views = Vec::new();
    while !stage.enough.is_cancelled() {
        let session_id = Uuid::new_v4();
        let start = json!({ "uniqueId": stage.code, "sessionId": session_id, "deviceType": "MOBILE" });
        let token = acknowledged(&stage, START, &start).await["viewSessionStart"]["viewToken"].clone();
        let mut seconds: Vec<i64> = (1..5).map(|_| rand::random_range(1..60)).collect();
        for played in &seconds {
            stage.pause().await;
            acknowledged(&stage, BEAT, &json!({ "viewToken": token, "playedSeconds": played })).await;
        }
        let ended = acknowledged(&stage, END, &json!({ "viewToken": token })).await;
        assert_eq!(ended["viewSessionEnd"]["status"], "ENDED");
        seconds.sort_unstable();
        views.push((session_id.to_string(), seconds[seconds.len() - 1]));
    }
    views
}

/// Somebody who writes straight to the database, and dawdles before the lock of the log is taken and after.
struct LateWriter {
    stage: Arc<Stage>,
    app: Arc<TestApp>,
    content: ArContent,
    clock: Clock,
}

impl LateWriter {
    /// One view after the other, as a phone.
    async fn write(self) -> Vec<(String, i64)> {
        let mut views = Vec::new();
        while !self.stage.enough.is_cancelled() {
            let session_id = Uuid::new_v4();
            while self.start(session_id).await.is_err() {}
            for (played_seconds, ended) in [(10, false), (20, true)] {
                let beat = Beat { played_seconds: Some(played_seconds), ended, ..Beat::default() };
                while self.report(session_id, &beat).await.is_err() {}
            }
            views.push((session_id.to_string(), 20));
        }
        views
    }

    async fn start(&self, session_id: Uuid) -> arvlite_db::Result<()> {
        let new = NewViewSession {
            company_id: self.content.company_id,
            project_id: self.content.project_id,
            ar_content_id: self.content.id,
            video_id: None,
            session_id,
            source: PlaybackSource::Default,
            device_type: DeviceType::Mobile,
            browser: None,
            os: None,
            user_agent: None,
            country: None,
            city: None,
            network: None,
            viewer: None,
            tracking_quality: TrackingQuality::Unknown,
            started_at: self.clock.now(),
            updated_at: self.clock.now(),
        };
        let tx = self.app.app.db.begin(Scope::Everything).await?;
        let begun = ViewSession::insert_all(&tx, &[new]).await?;
        self.tell_late(&tx, ViewEventKind::Started, begun).await?;
        tx.commit().await
    }

    async fn report(&self, session_id: Uuid, beat: &Beat) -> arvlite_db::Result<()> {
        let tx = self.app.app.db.begin(Scope::Everything).await?;
        let mut views = ViewSession::lock_all(&tx, &[session_id]).await?;
        fold(&mut views[0], [beat], self.clock.now());
        ViewSession::save_all(&tx, &views).await?;
        let kind = if beat.ended { ViewEventKind::Ended } else { ViewEventKind::Progressed };
        self.tell_late(&tx, kind, views).await?;
        tx.commit().await
    }

    async fn tell_late(&self, tx: &Tx, kind: ViewEventKind, views: Vec<ViewSession>) -> arvlite_db::Result<()> {
        self.stage.pause().await;
        let events = views.into_iter().map(|view_session| NewViewEvent { kind, view_session });
        NewViewEvent::append(tx, &events.collect::<Vec<_>>(), self.clock.now()).await?;
        self.stage.pause().await;
        Ok(())
    }
}

async fn serve(url: &str, house: &House) -> Server {
    let mut serve = serve_on(url);
    for limit in ["BUDGET", "BUDGET_RESTORE", "PHONES_BUDGET", "PHONES_BUDGET_RESTORE", "CONNECTIONS_PER_ADDRESS"] {
        serve.env(format!("ARVLITE_LIMITS__{limit}"), "1000000000");
    }
    Server::start(&mut serve, &house.data_dir).await
}

/// Dashboards and kills.
#[expect(clippy::disallowed_methods, reason = "it configures the test and not the program")]
fn size() -> (usize, usize) {
    let size = std::env::var("ARVLITE_SURVIVAL").unwrap_or("25x3".to_owned());
    let (dashboards, kills) = size.split_once('x').expect("such as 200x30");
    (dashboards.parse().unwrap(), kills.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn whichever_server_is_killed_every_dashboard_ends_with_what_the_table_has() {
    let (dashboards, kills) = size();
    let house = House::open().await;
    let app = Arc::new(TestApp::on(&house.url).await);
    let content = ArContent::by_ids(&app.app.db.session(Scope::Everything), &[1]).await.unwrap().remove(0);
    let mut servers = [Some(serve(&house.url, &house).await), Some(serve(&house.url, &house).await)];
    let stage = Arc::new(Stage {
        addresses: RwLock::new(servers.each_ref().map(|server| server.as_ref().unwrap().address().to_owned())),
        token: house.admin.token.clone().unwrap(),
        code: house.code.clone(),
        scope: house.scope(),
        told: watch::channel(0).0,
        broke_off: AtomicU64::new(0),
        outcome: watch::channel(None).0,
        enough: CancellationToken::new(),
    });
    let opened = join_all((0..dashboards).map(|_| Dashboard::open(&stage))).await;
    let survivors: Vec<_> = opened
        .into_iter()
        .map(|dashboard| AbortOnDropHandle::new(tokio::spawn(dashboard.survive(Arc::clone(&stage)))))
        .collect();
    let phones = (0..PHONES).map(|_| tokio::spawn(phone(Arc::clone(&stage))));
    let late = (0..PHONES).map(|_| {
        let (stage, app, content) = (Arc::clone(&stage), Arc::clone(&app), ArContent::clone(&content));
        tokio::spawn(LateWriter { stage, app, content, clock: Clock::default() }.write())
    });
    let writers: Vec<_> = phones.chain(late).map(AbortOnDropHandle::new).collect();

    for kill in 0..kills {
        let mut told = stage.told.subscribe();
        let enough = *told.borrow() + TOLD_BETWEEN_KILLS * dashboards as u64 / 25;
        timeout(PATIENCE, told.wait_for(|told| *told >= enough)).await.expect("dashboards are told on").unwrap();
        let victim = kill % 2;
        servers[victim].take().unwrap().kill().await;
        let server = serve(&house.url, &house).await;
        stage.addresses.write().unwrap()[victim] = server.address().to_owned();
        servers[victim] = Some(server);
    }
    stage.enough.cancel();
    let acknowledged: Vec<(String, i64)> =
        join_all(writers).await.into_iter().flat_map(|views| views.expect("a writer does not fail")).collect();

    let sessions = async |variables| answered(&stage, Some(&stage.token), SESSIONS, &variables).await;
    let outcome = table(&stage.scope, sessions).await;
    for (id, seconds) in &acknowledged {
        let view = &outcome[id];
        assert_eq!((&view["status"], &view["durationSeconds"]), (&json!("ENDED"), &json!(seconds)), "{view:#}");
    }
    assert_eq!(outcome.len(), acknowledged.len());
    let versions: i64 = outcome.values().map(|view| view["version"].as_i64().unwrap()).sum();
    stage.outcome.send_replace(Some(outcome));
    for survivor in survivors {
        timeout(PATIENCE, survivor).await.expect("a dashboard gets to the end").unwrap();
    }
    let (told, broke_off) = (*stage.told.borrow(), stage.broke_off.load(Ordering::Relaxed));
    assert_eq!(told, versions as u64 * dashboards as u64);
    println!(
        "{} views with {versions} events; {dashboards} dashboards broke off {broke_off} times, were told {told} events \
         and ended equal to the table; {kills} kills",
        acknowledged.len()
    );
}
