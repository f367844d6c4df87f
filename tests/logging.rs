//! The log of the real binary in production: every line is JSON and says whose request it is about, and none has a word
//! that belongs to somebody.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::fresh_database;
use crate::support::process::{DataDir, Http, Reply, Server, Socket, arvlite, ended, shipped};

/// What clients say in this test, all of it as they send it.
const EMAIL: &str = "secret.person@private.example";
const NAME: &str = "Inkognito Tajnyj";
const COMPANY: &str = "Whispering Walls";
const CUSTOMER: &str = "Ivan Neizvestnyj";
const CUSTOMER_EMAIL: &str = "ivan.hidden@mail.example";
const CUSTOMER_PHONE: &str = "+7 999 765-43-21";
const WRONG_PASSWORD: &str = "not-the-right-password";
const FILE: &str = "ivan-on-holiday.jpg";
const AGENT: &str = "PhoneOfIvan/17";
const ADDRESS: &str = "198.51.100.77";
const ALIAS: &str = "aliasOfSomebody";
const ORDER: &str = "ORDER-4711";

const SECRET_KEY: &str = "5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e";

/// A server that writes down everything that it may, behind a proxy.
async fn talkative(url: &str, data_dir: &DataDir) -> Server {
    let mut serve = arvlite(&["serve"]);
    serve.env("DATABASE_URL", url).env("ARVLITE_MODE", "production").env("ARVLITE_LISTEN", "127.0.0.1:0");
    serve.env("ARVLITE_SECRET_KEY", SECRET_KEY).env("ARVLITE_TRUSTED_PROXIES", "127.0.0.1");
    serve
        .env("ARVLITE_LOG", "trace")
        .env("ARVLITE_LOG_FORMAT", "json")
        .env("ARVLITE_METRICS_TOKEN", "collectors-token-1");
    Server::start(&mut serve, data_dir).await
}

/// Somebody who asks, and what the log has to have of it.
struct Asking {
    who: Http,
    caller: String,
    expected: Vec<(String, String)>,
}

impl Asking {
    fn new(who: Http, caller: &str) -> Self {
        Self { who, caller: caller.to_owned(), expected: Vec::new() }
    }

    /// Notes what the line of a request has to say.
    fn note(&mut self, reply: &Reply, operation: &str, code: &str) {
        let id = reply.header("x-request-id").unwrap().to_owned();
        self.expected.push((id, format!("{operation} {code} {}", self.caller)));
    }

    async fn ask(&mut self, document: &str, variables: Value, operation: &str, code: &str) -> Value {
        let body = json!({ "query": document, "variables": variables }).to_string();
        self.post(body.as_bytes(), operation, code).await
    }

    async fn post(&mut self, body: &[u8], operation: &str, code: &str) -> Value {
        let headers = [("X-Forwarded-For", ADDRESS), ("User-Agent", AGENT)];
        let reply = self.who.post(body, &headers).await.unwrap();
        self.note(&reply, operation, code);
        reply.json()["data"].clone()
    }

    async fn upload(&mut self, company: &Value, kind: &str, source: &str, declared: &str) -> Value {
        let reply = self.who.upload(company, kind, FILE, declared, &shipped(source)).await;
        self.note(&reply, "mutation", "OK");
        reply.json()["data"]["uploadFile"]["upload"]["id"].clone()
    }
}

const LOGIN: &str = "mutation ($input: LoginInput!) { login(input: $input) { token userErrors { message } } }";

#[tokio::test(flavor = "multi_thread")]
async fn every_line_is_json_about_a_request_and_tells_nothing_of_anybody() {
    let (url, data_dir) = (fresh_database().await, DataDir::new());
    let server = talkative(&url, &data_dir).await;
    let words = ["user", "create", EMAIL, "--name", NAME, "--admin", "--generate"];
    let (code, password, said) =
        ended(arvlite(&words).env("DATABASE_URL", &url).env("ARVLITE_SECRET_KEY", SECRET_KEY)).await;
    assert_eq!(code, 0, "{said}");

    let mut nobody = Asking::new(server.http(None), "anonymous");
    let input = |password: &str| json!({ "input": { "email": EMAIL, "password": password } });
    nobody.ask(LOGIN, input(WRONG_PASSWORD), "mutation", "USER_ERRORS").await;
    let token = nobody.ask(LOGIN, input(password.trim()), "mutation", "OK").await["login"]["token"].clone();
    let inline =
        format!("mutation {{ login(input: {{ email: \"{EMAIL}\", password: \"{WRONG_PASSWORD}\" }}) {{ token }} }}");
    nobody.ask(&inline, json!({}), "mutation", "USER_ERRORS").await;
    nobody.ask(&format!("{{ {ALIAS}: companies {{ {CUSTOMER} }} }}"), json!({}), "query", "VALIDATION_FAILED").await;
    nobody.post(format!("{{\"query\": \"{CUSTOMER_EMAIL}").as_bytes(), "none", "BAD_REQUEST").await;
    nobody.post(format!("{{\"query\": \"{{ '{CUSTOMER_EMAIL}' \"}}").as_bytes(), "none", "VALIDATION_FAILED").await;

    let mut admin = Asking::new(server.http(token.as_str()), "user:1");
    let create = "mutation ($name: String!) { companyCreate(input: { name: $name }) { company { id } } }";
    let data = admin.ask(create, json!({ "name": COMPANY }), "mutation", "OK").await;
    let company = &data["companyCreate"]["company"]["id"];
    let create = "mutation ($input: ProjectCreateInput!) { projectCreate(input: $input) { project { id } } }";
    let data = admin.ask(create, json!({ "input": { "companyId": company, "name": COMPANY } }), "mutation", "OK").await;
    let project = &data["projectCreate"]["project"]["id"];
    let photo = admin.upload(company, "PHOTO", "lemons.jpg", "image/jpeg").await;
    let video = admin.upload(company, "VIDEO", "birthday-candles.mp4", "video/mp4").await;
    let create =
        "mutation ($input: ArContentCreateInput!) { arContentCreate(input: $input) { arContent { uniqueId } } }";
    let order = json!({ "projectId": project, "orderNumber": ORDER, "customerName": CUSTOMER,
        "customerEmail": CUSTOMER_EMAIL, "customerPhone": CUSTOMER_PHONE, "metadata": { "note": NAME },
        "photoUploadId": photo, "videoUploadIds": [video] });
    let data = admin.ask(create, json!({ "input": order }), "mutation", "OK").await;
    let code = data["arContentCreate"]["arContent"]["uniqueId"].clone();
    admin
        .ask(create, json!({ "input": { "projectId": project, "orderNumber": ORDER } }), "mutation", "USER_ERRORS")
        .await;

    let start = "mutation ($input: ViewSessionStartInput!) { viewSessionStart(input: $input) { viewToken } }";
    let session = Uuid::new_v4();
    let input = json!({ "uniqueId": code, "sessionId": session, "browser": AGENT });
    let data = nobody.ask(start, json!({ "input": input }), "mutation", "OK").await;
    let view_token = data["viewSessionStart"]["viewToken"].as_str().unwrap().to_owned();
    let report = "mutation ($input: ViewSessionHeartbeatInput!) { viewSessionHeartbeat(input: $input) { status } }";
    nobody.ask(report, json!({ "input": { "viewToken": view_token, "playedSeconds": 1 } }), "mutation", "OK").await;
    let follow = "subscription ($scope: AnalyticsScope!) { viewEvents(scope: $scope) { __typename } }";
    let mut socket = Socket::subscribed(&admin.who, follow, json!({ "scope": { "companyId": company } })).await;
    socket.next().await;
    drop(socket);
    // An id that came with a request is kept.
    let own = [("X-Request-Id", "chosen-by-a-proxy")];
    let reply = admin.who.post(json!({ "query": "{ __typename }" }).to_string().as_bytes(), &own).await.unwrap();
    assert_eq!(reply.header("x-request-id"), Some("chosen-by-a-proxy"));
    admin.note(&reply, "query", "OK");

    server.said("\"operation\":\"subscription\"").await;
    server.ask_to_stop().await;
    let said = server.said("stopping").await;
    assert_eq!(server.ended().await.code(), Some(0));

    let lines: Vec<Value> = said.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    for line in &lines {
        for key in ["timestamp", "level", "target", "message"] {
            assert!(line[key].is_string(), "{key} is missing in {line}");
        }
        let is_ours = line["target"].as_str().unwrap().starts_with("arvlite");
        assert!(is_ours || !["TRACE", "DEBUG"].contains(&line["level"].as_str().unwrap()), "{line}");
    }
    check_operations(&lines, nobody.expected.into_iter().chain(admin.expected).collect());
    let token = token.as_str().unwrap().to_owned();
    let texts = [EMAIL, NAME, COMPANY, CUSTOMER, CUSTOMER_EMAIL, CUSTOMER_PHONE, WRONG_PASSWORD, FILE, AGENT, ADDRESS];
    let more =
        [ALIAS, ORDER, SECRET_KEY, "whispering-walls", "collectors-token-1", "SELECT", "viewToken", "companyCreate"];
    let made = [password.trim(), &token, &view_token, &session.to_string(), code.as_str().unwrap()].map(str::to_owned);
    for secret in texts.into_iter().chain(more).chain(made.iter().map(String::as_str)) {
        let leak = said.lines().find(|line| line.to_lowercase().contains(&secret.to_lowercase()));
        assert_eq!(leak, None, "{secret}");
    }
}

/// Each request has one line about its operation, under its id, and what ended well is told only to those who want it.
fn check_operations(lines: &[Value], expected: Vec<(String, String)>) {
    let mut ids = BTreeSet::new();
    for (id, words) in expected {
        let of_request: Vec<&Value> =
            lines.iter().filter(|line| line["request_id"] == id.as_str() && line["code"].is_string()).collect();
        let [line] = of_request[..] else { panic!("{id} ({words}): {of_request:#?}") };
        let text = |key: &str| line[key].as_str().unwrap().to_owned();
        assert_eq!(format!("{} {} {}", text("operation"), text("code"), text("caller")), words, "{line}");
        let is_usual = words.contains(" OK ") || words.contains(" USER_ERRORS ");
        let is_slow = line["duration_ms"].as_f64().unwrap() >= 1000.0;
        assert_eq!(line["level"], if is_usual && !is_slow { "DEBUG" } else { "INFO" }, "{line}");
        assert!(line["statements"].is_u64() && line["transport"] == "http", "{line}");
        assert!(ids.insert(id), "each has an id of its own");
    }
    let over_socket = lines.iter().find(|line| line["transport"] == "websocket").expect("the subscription's line");
    assert_eq!((&over_socket["operation"], &over_socket["caller"]), (&json!("subscription"), &json!("user:1")));
    assert!(over_socket["request_id"].as_str().unwrap().ends_with("-1"), "{over_socket}");
}
