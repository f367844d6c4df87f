//! The database goes away, freezes, or ends connections: what is asked meanwhile is refused soon and with a code, and
//! when it is back everything goes on by itself.

use std::fs;
use std::time::Duration;

use arvlite_api::postgres::{Postgres, Settings};
use arvlite_db::{ConnectOptions, Db, create_database};
use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::process::Command;
use tokio::time::{Instant, timeout};
use uuid::Uuid;

use crate::support::process::{DataDir, Http, PATIENCE, Reply, Server, Socket, arvlite, connect, sign_in};

/// A PostgreSQL of this test alone, which can be stopped, started and frozen.
struct OwnServer {
    data_dir: DataDir,
    running: Option<Postgres>,
    frozen: Vec<String>,
}

impl OwnServer {
    async fn start() -> Self {
        let mut server = Self { data_dir: DataDir::new(), running: None, frozen: Vec::new() };
        server.come_back().await;
        create_database(&Db::new(&ConnectOptions::new(server.url())).unwrap()).await.unwrap();
        server
    }

    fn url(&self) -> String {
        self.running.as_ref().expect("a server").url("outage")
    }

    async fn go_away(&mut self) {
        self.running.take().expect("a server").stop().await;
    }

    async fn come_back(&mut self) {
        let data_dir = self.data_dir.path().to_owned();
        let settings = Settings { data_dir, bin_dir: None, install: true, fsync: false };
        self.running = Some(Postgres::start(&settings, &|line| eprintln!("{line}")).await.unwrap());
    }

    /// Stops all its processes in the middle of whatever they do.
    async fn freeze(&mut self) {
        let note = fs::read_to_string(self.data_dir.path().join("postgres/data/postmaster.pid")).unwrap();
        let first = note.lines().next().unwrap().to_owned();
        self.frozen = vec![first.clone()];
        signal("-STOP", &self.frozen).await;
        self.frozen.extend(children_of(&first));
        signal("-STOP", &self.frozen).await;
    }

    async fn thaw(&mut self) {
        signal("-CONT", &std::mem::take(&mut self.frozen)).await;
    }
}

impl Drop for OwnServer {
    /// A frozen server could not be told to stop.
    fn drop(&mut self) {
        if !self.frozen.is_empty() {
            std::process::Command::new("kill").arg("-CONT").args(&self.frozen).status().ok();
        }
    }
}

async fn signal(signal: &str, processes: &[String]) {
    Command::new("kill").arg(signal).args(processes).status().await.unwrap();
}

fn children_of(parent: &str) -> Vec<String> {
    let processes = fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path().join("stat"));
    let stats = processes.filter_map(|stat| fs::read_to_string(stat).ok());
    // `4711 (name) S 4710 …`: the name may hold anything, brackets among it.
    let children =
        stats.filter(|stat| stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(1)) == Some(parent));
    children.filter_map(|stat| stat.split(' ').next().map(str::to_owned)).collect()
}

const FOLLOW: &str = "subscription ($scope: AnalyticsScope!) { viewEvents(scope: $scope) { __typename
    ... on ViewSessionStarted { viewSession { sessionId } } } }";
const START: &str = "mutation ($input: ViewSessionStartInput!) { viewSessionStart(input: $input) { viewToken } }";
const PROJECTS: &str = "query ($id: ID!) { company(id: $id) { projects(first: 100) { nodes { name } } } }";
const CREATE: &str = "mutation ($input: ProjectCreateInput!) { projectCreate(input: $input) { project { name } } }";
const PLAYBACK: &str = "query ($code: UUID!) { arPlayback(uniqueId: $code) { available } }";

/// Somebody who works in a studio of the demo.
struct Work {
    manager: Http,
    company: Value,
    code: Value,
}

impl Work {
    async fn begin(server: &Server) -> Self {
        let manager = sign_in(server, "manager@vertex.local", "demo-password").await;
        let document = "{ company(slug: \"vertex-ar\") { id arContents(first: 1, where: { status: { eq: READY } }) \
            { nodes { uniqueId } } } }";
        let company = manager.ask(document, json!({})).await["company"].take();
        Self { manager, code: company["arContents"]["nodes"][0]["uniqueId"].clone(), company: company["id"].clone() }
    }

    /// Something of everything that is asked of a server, at once.
    async fn all(&self, name: &str) -> Vec<(&'static str, Duration, Reply)> {
        let nobody = Http { token: None, ..self.manager.clone() };
        let project = json!({ "input": { "companyId": self.company, "name": name } });
        let start = json!({ "input": { "uniqueId": self.code, "sessionId": Uuid::new_v4() } });
        let asked = [
            ("query", &self.manager, PROJECTS, json!({ "id": self.company })),
            ("mutation", &self.manager, CREATE, project),
            ("playback", &nobody, PLAYBACK, json!({ "code": self.code })),
            ("beacon", &nobody, START, start),
        ];
        let many = asked.iter().cycle().take(asked.len() * 8);
        join_all(many.map(async |(name, who, document, variables)| {
            let begun = Instant::now();
            let body = json!({ "query": document, "variables": variables }).to_string();
            // A write that is told to be unavailable may be sent again.
            let key = [("Idempotency-Key", variables["input"]["name"].as_str().unwrap_or_default())];
            let key = if *name == "mutation" { &key[..] } else { &[] };
            let reply = timeout(PATIENCE, who.post(body.as_bytes(), key)).await.expect("an answer").unwrap();
            (*name, begun.elapsed(), reply)
        }))
        .await
    }
}

/// Asks until the answer has this status.
async fn until(who: &Http, path: &str, status: u16) {
    let reached = async { while who.get(path).await.is_none_or(|reply| reply.status != status) {} };
    timeout(PATIENCE, reached).await.expect("it never was so");
}

/// Asks until everything that other processes say is heard.
async fn until_listening(who: &Http) {
    let is_deaf = |line: &str| line.starts_with("arvlite_database_listening{") && line.ends_with(" 0");
    let listening = async { while who.get("/metrics").await.is_none_or(|told| told.text().lines().any(is_deaf)) {} };
    timeout(PATIENCE, listening).await.expect("it never was so");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_of_a_database_that_is_away_is_refused_soon_and_goes_on_when_it_is_back() {
    let mut database = OwnServer::start().await;
    let (url, data_dir) = (database.url(), DataDir::new());
    let mut demo = arvlite(&["demo", "--no-traffic", "--listen", "127.0.0.1:0"]);
    // Longer than anybody waits: whoever is answered was not answered because their time was up.
    demo.env("DATABASE_URL", &url).env("ARVLITE_LIMITS__REQUEST_MS", "600000");
    let server = Server::start(&mut demo, &data_dir).await;
    let (work, nobody) = (Work::begin(&server).await, server.http(None));
    let scope = json!({ "scope": { "companyId": work.company } });
    let mut follower = Socket::subscribed(&work.manager, FOLLOW, scope).await;
    assert_eq!(follower.next().await["viewEvents"]["__typename"], "StreamCaughtUp");

    for outage in ["away", "frozen", "away again"] {
        let begun = Instant::now();
        match outage {
            "frozen" => database.freeze().await,
            _ => database.go_away().await,
        }
        for round in 0..3 {
            let mut slowest = Duration::ZERO;
            for (what, took, reply) in work.all(outage).await {
                let code = reply.json()["errors"][0]["extensions"]["code"].clone();
                slowest = slowest.max(took);
                assert!(code == "UNAVAILABLE" || code == "TIMEOUT", "{what}: {}", reply.text());
                assert_eq!(reply.status, if what == "query" { 200 } else { 503 }, "{what}: {}", reply.text());
            }
            println!("{outage}, round {round}: 32 at once, the slowest answered after {slowest:?}");
        }
        until(&nobody, "/readyz", 503).await;
        println!("{outage}: not ready at the latest {:?} after it began", begun.elapsed());
        assert_eq!(nobody.get("/healthz").await.unwrap().status, 200);

        match outage {
            "frozen" => database.thaw().await,
            _ => database.come_back().await,
        }
        let back = Instant::now();
        assert_eq!(database.url(), url);
        until(&nobody, "/readyz", 200).await;
        println!("{outage}: ready {:?} after it was back", back.elapsed());
        let name = json!({ "input": { "companyId": work.company, "name": outage } }).to_string();
        let body = format!("{{\"query\":{},\"variables\":{name}}}", json!(CREATE));
        let again = work.manager.post(body.as_bytes(), &[("Idempotency-Key", outage)]).await.unwrap();
        assert_eq!(again.json()["data"]["projectCreate"]["project"]["name"], outage, "{}", again.text());

        let session = Uuid::new_v4();
        let start = json!({ "input": { "uniqueId": work.code, "sessionId": session } });
        nobody.ask(START, start).await;
        println!("{outage}: a view after {:?}", back.elapsed());
        // Views may have been recorded although nobody was told so any more.
        while follower.next().await["viewEvents"]["viewSession"]["sessionId"] != json!(session) {}
        println!("{outage}: told to a follower after {:?}", back.elapsed());
        // Whoever listens again forgets whom it knew. The next outage begins with a manager who is known.
        until_listening(&nobody).await;
        work.manager.ask(PROJECTS, json!({ "id": work.company })).await;
    }

    let killer = connect(&url).await;
    let kill = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
        WHERE application_name = 'arvlite' AND datname = current_database()";
    for _ in 0..5 {
        assert!(killer.query_one(kill, &[]).await.unwrap().get::<_, i64>(0) > 0);
        let replies = join_all((0..16).map(|_| work.manager.ask(PROJECTS, json!({ "id": work.company })))).await;
        let names = replies[0]["company"]["projects"]["nodes"].as_array().unwrap().iter();
        let names: Vec<&str> = names.filter_map(|project| project["name"].as_str()).collect();
        for outage in ["away", "frozen", "away again"] {
            assert_eq!(names.iter().filter(|name| **name == outage).count(), 1, "{names:?}");
        }
    }
    server.ask_to_stop().await;
    assert_eq!(server.ended().await.code(), Some(0));
}
