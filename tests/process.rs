//! The process as its operator knows it: killed under writes, told to stop, refusing to start.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::support::fresh_database;
use crate::support::process::{DataDir, Http, Server, Socket, arvlite, connect, ended, first_admin, serve_on, sign_in};

const CREATE: &str = "mutation ($input: ProjectCreateInput!) { projectCreate(input: $input) \
    { project { id } userErrors { code message } } }";

fn body(company: &Value, name: &str) -> Vec<u8> {
    let input = json!({ "companyId": company, "name": name });
    json!({ "query": CREATE, "variables": { "input": input } }).to_string().into_bytes()
}

/// Whether a server says that it did not get to it, as one does whose machine is busy with something else.
fn is_busy(answer: &Value) -> bool {
    matches!(answer["errors"][0]["extensions"]["code"].as_str(), Some("UNAVAILABLE" | "TIMEOUT"))
}

/// Creates a project under a key that is its name, and gives its id; none if the server went away meanwhile.
async fn create(who: &Http, company: &Value, name: &str) -> Option<String> {
    loop {
        let reply = who.post(&body(company, name), &[("Idempotency-Key", name)]).await.ok()?;
        let answer = reply.json();
        if !is_busy(&answer) {
            let id = answer["data"]["projectCreate"]["project"]["id"].as_str();
            return Some(id.unwrap_or_else(|| panic!("{name}: {answer:#}")).to_owned());
        }
    }
}

async fn company_id(who: &Http, slug: &str) -> Value {
    who.ask("query ($slug: String!) { company(slug: $slug) { id } }", json!({ "slug": slug })).await["company"]["id"]
        .clone()
}

/// The names of all projects of a company with how many there are of each, and the id.
async fn projects(who: &Http, company: &Value) -> HashMap<String, Vec<String>> {
    let document = "query ($id: ID!, $after: String) { company(id: $id) { projects(first: 100, after: $after) \
        { nodes { id name } pageInfo { hasNextPage endCursor } } } }";
    let (mut found, mut after) = (HashMap::<_, Vec<_>>::new(), Value::Null);
    loop {
        let data = who.ask(document, json!({ "id": company, "after": after })).await;
        let page = &data["company"]["projects"];
        for project in page["nodes"].as_array().unwrap() {
            let text = |field: &str| project[field].as_str().unwrap().to_owned();
            found.entry(text("name")).or_default().push(text("id"));
        }
        if page["pageInfo"]["hasNextPage"] == false {
            return found;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_killed_under_writes_keeps_what_it_acknowledged_and_does_the_rest_once() {
    let data_dir = DataDir::new();
    let demo = || arvlite(&["demo", "--no-traffic", "--listen", "127.0.0.1:0"]);
    let server = Server::start(&mut demo(), &data_dir).await;

    let (code, _, words) = ended(demo().arg("--data-dir").arg(data_dir.path())).await;
    assert_eq!(code, 1, "{words}");
    assert!(words.contains("is in use by another arvlite") && words.contains("ARVLITE_DATA_DIR"), "{words}");

    let mut doctor = arvlite(&["doctor"]);
    doctor.env("ARVLITE_DATA_DIR", data_dir.path()).env("ARVLITE_LISTEN", server.address());
    let (code, told, words) = ended(doctor.env("ARVLITE_MODE", "development")).await;
    assert_eq!(code, 0, "a doctor looks at the database of the one that runs: {told}{words}");
    assert!(told.contains("an arvlite listens") && told.contains("the database arvlite at"), "{told}");

    let manager = sign_in(&server, "manager@vertex.local", "demo-password").await;
    let company = company_id(&manager, "vertex-ar").await;
    let before = projects(&manager, &company).await.len();
    let (acknowledge, mut acknowledgements) = mpsc::unbounded_channel();
    let mut writers = JoinSet::new();
    for writer in 0..8 {
        let (manager, company, acknowledge) = (manager.clone(), company.clone(), acknowledge.clone());
        writers.spawn(async move {
            for turn in 0.. {
                let name = format!("writer {writer}, turn {turn}");
                match create(&manager, &company, &name).await {
                    Some(id) => acknowledge.send((name, id)).unwrap(),
                    None => return name,
                }
            }
            unreachable!("a writer stops when the server is gone")
        });
    }
    drop(acknowledge);
    let mut acknowledged = HashMap::new();
    while acknowledged.len() < 100 {
        acknowledged.extend(acknowledgements.recv().await);
    }
    server.kill().await;
    let unacknowledged = writers.join_all().await;
    while let Some(acknowledgement) = acknowledgements.recv().await {
        acknowledged.extend([acknowledgement]);
    }

    let killed = Instant::now();
    let server = Server::start(&mut demo(), &data_dir).await;
    assert!(killed.elapsed() < Duration::from_secs(20), "{:?}", killed.elapsed());
    // The sign-in outlives the process too.
    let manager = server.http(manager.token.as_deref());
    let found = projects(&manager, &company).await;
    for (name, id) in &acknowledged {
        assert_eq!(found.get(name), Some(&vec![id.clone()]), "{name}");
    }
    for name in &unacknowledged {
        let (one, other) = tokio::join!(create(&manager, &company, name), create(&manager, &company, name));
        assert_eq!(one, other, "{name}");
        acknowledged.insert(name.clone(), one.unwrap());
    }
    let found = projects(&manager, &company).await;
    assert_eq!(found.len(), before + acknowledged.len());
    for (name, id) in &acknowledged {
        assert_eq!(found.get(name), Some(&vec![id.clone()]), "{name}");
        assert_eq!(create(&manager, &company, name).await.as_ref(), Some(id), "{name}");
    }

    let socket = data_dir.path().join("postgres/run");
    let stored = connect(&format!("host={} user=arvlite dbname=arvlite", socket.display())).await;
    let unequal = "SELECT count(*) FROM projects p FULL JOIN audit_log a ON a.entity_id = p.id \
        WHERE coalesce(a.action, 'projectCreate') = 'projectCreate' AND (p.id IS NULL OR a.id IS NULL)";
    assert_eq!(stored.query_one(unequal, &[]).await.unwrap().get::<_, i64>(0), 0);
    let written = "SELECT (SELECT count(*) FROM projects), count(*) FROM audit_log WHERE action = 'projectCreate'";
    let written = stored.query_one(written, &[]).await.unwrap();
    assert_eq!(written.get::<_, i64>(0), written.get::<_, i64>(1));
    drop(stored);

    let told = Instant::now();
    server.ask_to_stop().await;
    assert_eq!(server.ended().await.code(), Some(0));
    assert!(told.elapsed() < Duration::from_secs(5), "{:?}", told.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_told_to_stop_finishes_what_runs_and_says_farewell() {
    let (url, data_dir) = (fresh_database().await, DataDir::new());
    let server = Server::on(&url, &data_dir).await;
    let admin = first_admin(&server, &url).await;
    let document = "mutation { companyCreate(input: { name: \"Studio\" }) { company { id } } }";
    let company = admin.ask(document, json!({})).await["companyCreate"]["company"]["id"].clone();

    let follow = "subscription ($scope: AnalyticsScope!) { viewEvents(scope: $scope) { __typename } }";
    let mut follower = Socket::subscribed(&admin, follow, json!({ "scope": { "companyId": company } })).await;
    assert_eq!(follower.next().await["viewEvents"]["__typename"], "StreamCaughtUp");
    let mut idle = Socket::open(&server.http(None)).await;
    // Browsers open connections before they have anything to ask.
    let unused = TcpStream::connect(server.address()).await.unwrap();
    let body = body(&company, "In flight");
    let headers = [("Content-Type", "application/json"), ("Expect", "100-continue")];
    let mut running = admin.begin("POST", "/graphql", &headers, body.len()).await.unwrap();
    running.continues().await;

    let told = Instant::now();
    server.ask_to_stop().await;
    server.said("stopping").await;
    assert_eq!((follower.closed().await, idle.closed().await), (1001, 1001));
    assert!(admin.get("/healthz").await.is_none(), "nobody new is let in");
    let reply = running.finish(&body).await.unwrap();
    assert_eq!((reply.status, &reply.json()["data"]["projectCreate"]["userErrors"]), (200, &json!([])));
    assert_eq!(server.ended().await.code(), Some(0));
    assert!(told.elapsed() < Duration::from_secs(5), "{:?}", told.elapsed());
    drop(unused);
    let stored = connect(&url).await.query_one("SELECT count(*) FROM projects", &[]).await.unwrap();
    assert_eq!(stored.get::<_, i64>(0), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_told_to_stop_under_load_cuts_nobody_off_and_forgets_nothing() {
    let (url, data_dir) = (fresh_database().await, DataDir::new());
    let server = Server::on(&url, &data_dir).await;
    let admin = first_admin(&server, &url).await;
    let document = "mutation { companyCreate(input: { name: \"Studio\" }) { company { id } } }";
    let company = admin.ask(document, json!({})).await["companyCreate"]["company"]["id"].clone();
    let (acknowledge, mut acknowledgements) = mpsc::unbounded_channel();
    let mut writers = JoinSet::new();
    for writer in 0..16 {
        let (admin, company, acknowledge) = (admin.clone(), company.clone(), acknowledge.clone());
        writers.spawn(async move {
            for turn in 0.. {
                let name = format!("writer {writer}, turn {turn}");
                let body = body(&company, &name);
                // From here on the server has the connection, and answers what is asked over it.
                let Ok(begun) =
                    admin.begin("POST", "/graphql", &[("Content-Type", "application/json")], body.len()).await
                else {
                    return;
                };
                match begun.finish(&body).await {
                    Ok(reply) => acknowledge.send((name, reply)).unwrap(),
                    Err(error) => {
                        assert_ne!(error.kind(), std::io::ErrorKind::UnexpectedEof, "an answer broke off");
                        return;
                    }
                }
            }
        });
    }
    drop(acknowledge);
    let mut acknowledged = Vec::new();
    while acknowledged.len() < 100 {
        acknowledged.extend(acknowledgements.recv().await);
    }
    server.ask_to_stop().await;
    while let Some(acknowledgement) = acknowledgements.recv().await {
        acknowledged.push(acknowledgement);
    }
    writers.join_all().await;
    assert_eq!(server.ended().await.code(), Some(0));
    let stored = connect(&url).await.query("SELECT name FROM projects", &[]).await.unwrap();
    let stored: std::collections::HashSet<String> = stored.iter().map(|row| row.get(0)).collect();
    let (busy, done): (Vec<_>, Vec<_>) = acknowledged.iter().partition(|(_, reply)| is_busy(&reply.json()));
    for (name, reply) in &done {
        assert_eq!((reply.status, stored.contains(name)), (200, true), "{name}: {}", reply.text());
    }
    let untold = stored.len() - done.len();
    assert!(untold <= busy.len(), "{untold} were written and not said to be");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_told_to_stop_twice_ends_at_once() {
    let (url, data_dir) = (fresh_database().await, DataDir::new());
    let server = Server::start(serve_on(&url).env("ARVLITE_LIMITS__DRAIN_MS", "600000"), &data_dir).await;
    let headers = [("Content-Type", "application/json"), ("Expect", "100-continue")];
    let mut running = server.http(None).begin("POST", "/graphql", &headers, 100).await.unwrap();
    running.continues().await;
    server.ask_to_stop().await;
    server.said("stopping").await;
    server.ask_to_stop().await;
    assert_eq!(server.ended().await.code(), Some(5));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_does_not_come_to_its_end_holds_nobody_up() {
    let (url, data_dir) = (fresh_database().await, DataDir::new());
    let server = Server::start(serve_on(&url).env("ARVLITE_LIMITS__DRAIN_MS", "200"), &data_dir).await;
    let headers = [("Content-Type", "application/json"), ("Expect", "100-continue")];
    let mut running = server.http(None).begin("POST", "/graphql", &headers, 100).await.unwrap();
    running.continues().await;
    let told = Instant::now();
    server.ask_to_stop().await;
    assert_eq!(server.ended().await.code(), Some(0));
    assert!(told.elapsed() < Duration::from_secs(2), "{:?}", told.elapsed());
    assert!(running.finish(&[b' '; 100]).await.is_err());
}

#[tokio::test]
async fn a_server_that_cannot_serve_says_why() {
    let (url, data_dir) = (fresh_database().await, DataDir::new());
    let first = Server::on(&url, &data_dir).await;
    let mut second = serve_on(&url);
    let second = second.args(["--listen", first.address()]).env("ARVLITE_DATA_DIR", data_dir.path());
    let (code, _, words) = ended(second).await;
    assert_eq!(code, 1, "{words}");
    assert!(words.contains(first.address()) && words.contains("in use"), "{words}");

    let (code, _, words) = ended(&mut serve_on("postgres://nobody:hidden@127.0.0.1:1/none")).await;
    assert_eq!(code, 4, "{words}");
    assert!(words.contains("127.0.0.1:1") && !words.contains("hidden"), "{words}");
}
