mod stalling;

use axum::extract::ws::{CloseFrame, Message};
use futures_util::{sink, stream};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::super::Door;
use super::super::tests::{door, hasty};
use super::outbox::Outbox;
use super::*;
use crate::auth::Caller;
use crate::config::Limits;

/// The far end of a socket whose wire holds one message.
struct Client {
    to: mpsc::UnboundedSender<Result<Message, ()>>,
    from: mpsc::Receiver<Message>,
}

impl Client {
    fn open(door: &Door) -> Self {
        Self::with_header(door, None)
    }

    fn with_header(door: &Door, authorization: Option<&str>) -> Self {
        let (to, mut heard) = mpsc::unbounded_channel();
        let (said, from) = mpsc::channel(1);
        let caller = Caller { request_id: "socket".to_owned(), ..Caller::default() };
        let guest = Guest { door: door.clone(), caller, authorization: authorization.map(str::to_owned) };
        let sink = sink::unfold(said, async |said: mpsc::Sender<Message>, message| {
            said.send(message).await.map(|()| said).map_err(drop)
        });
        let stream = stream::poll_fn(move |task| heard.poll_recv(task));
        tokio::spawn(converse(Box::pin(sink), stream, guest));
        Self { to, from }
    }

    async fn acknowledged(door: &Door) -> Self {
        let mut client = Self::open(door);
        client.say(&json!({ "type": "connection_init" }));
        assert_eq!(client.hear().await, json!({ "type": "connection_ack" }));
        client
    }

    fn say(&self, message: &Value) {
        self.send(Message::Text(message.to_string().into()));
    }

    fn send(&self, message: Message) {
        self.to.send(Ok(message)).unwrap();
    }

    fn subscribe(&self, id: &str, query: &str) {
        self.say(&json!({ "id": id, "type": "subscribe", "payload": { "query": query } }));
    }

    async fn answer_ping(&mut self) {
        assert!(matches!(self.from.recv().await, Some(Message::Ping(_))));
        self.send(Message::Pong(bytes::Bytes::new()));
    }

    async fn hear(&mut self) -> Value {
        match self.from.recv().await {
            Some(Message::Text(text)) => serde_json::from_str(&text).unwrap(),
            other => panic!("{other:?} is no message"),
        }
    }

    /// Reads on until the socket is closed.
    async fn closed(&mut self) -> (u16, String) {
        loop {
            match self.from.recv().await {
                Some(Message::Close(Some(CloseFrame { code, reason }))) => return (code, reason.to_string()),
                Some(_) => {}
                None => panic!("closed without a code"),
            }
        }
    }

    /// Says something, and is closed for it.
    async fn code_for(mut self, message: Message) -> u16 {
        self.send(message);
        self.closed().await.0
    }
}

fn text(message: &Value) -> Message {
    Message::Text(message.to_string().into())
}

fn plain() -> Door {
    door(Limits::default())
}

#[tokio::test]
async fn operations_of_every_kind_run_and_complete() {
    let mut client = Client::acknowledged(&plain()).await;
    client.subscribe("s", "subscription { count(to: 2) }");
    for n in 1..=2 {
        assert_eq!(client.hear().await, json!({ "id": "s", "type": "next", "payload": { "data": { "count": n } } }));
    }
    assert_eq!(client.hear().await, json!({ "id": "s", "type": "complete" }));
    for (query, data) in [("{ hello }", json!({ "hello": "hello " })), ("mutation { key }", json!({ "key": null }))] {
        client.subscribe("q", query);
        let heard = client.hear().await;
        assert_eq!((&heard["type"], &heard["payload"]["data"]), (&json!("next"), &data));
        let told = &heard["payload"]["extensions"]["cost"];
        assert_eq!(
            (&told["requestedQueryCost"], &told["throttleStatus"]["restoreRate"]),
            (&told["actualQueryCost"], &json!(100))
        );
        assert_eq!(client.hear().await, json!({ "id": "q", "type": "complete" }));
    }
}

#[tokio::test]
async fn an_empty_budget_is_an_error_for_queries_and_for_subscriptions() {
    let door = door(Limits { anonymous_budget: 2, anonymous_budget_restore: 0, ..Limits::default() });
    let mut client = Client::acknowledged(&door).await;
    client.subscribe("s", "subscription { forever }");
    client.subscribe("a", "{ hello }");
    assert_eq!(client.hear().await["type"], "next");
    assert_eq!(client.hear().await, json!({ "id": "a", "type": "complete" }));
    for (id, query) in [("b", "{ hello }"), ("c", "subscription { forever }")] {
        client.subscribe(id, query);
        let heard = client.hear().await;
        assert_eq!((&heard["type"], &heard["id"]), (&json!("error"), &json!(id)), "{heard}");
        assert_eq!(heard["payload"][0]["extensions"]["code"], "THROTTLED", "{heard}");
    }
}

#[tokio::test]
async fn an_event_that_cannot_be_paid_for_waits_and_none_is_lost() {
    let limits = Limits { anonymous_budget: 3, anonymous_budget_restore: 200, ..Limits::default() };
    let mut client = Client::acknowledged(&door(limits)).await;
    client.subscribe("s", "subscription { count(to: 50) }");
    for n in 1..=50 {
        assert_eq!(client.hear().await["payload"]["data"]["count"], n);
    }
    assert_eq!(client.hear().await, json!({ "id": "s", "type": "complete" }));
}

#[tokio::test]
async fn what_never_runs_is_an_error_and_ends_the_operation() {
    let mut client = Client::acknowledged(&plain()).await;
    for (query, code) in [
        ("{", "VALIDATION_FAILED"),
        ("{ nothing }", "VALIDATION_FAILED"),
        ("subscription { nothing }", "VALIDATION_FAILED"),
        ("subscription { forever count(to: 1) }", "VALIDATION_FAILED"),
        ("{ __schema { types { name } } }", "UNAUTHENTICATED"),
    ] {
        client.subscribe("a", query);
        let heard = client.hear().await;
        assert_eq!((&heard["type"], &heard["id"]), (&json!("error"), &json!("a")), "{heard}");
        assert_eq!(heard["payload"][0]["extensions"]["code"], code, "{heard}");
        assert!(heard["payload"][0]["extensions"]["requestId"].as_str().unwrap().starts_with("socket-"));
    }
    client.subscribe("a", "{ hello }");
    assert_eq!(client.hear().await["type"], "next");
}

#[tokio::test]
async fn what_fails_while_it_runs_is_next_and_what_panics_is_masked() {
    let mut client = Client::acknowledged(&plain()).await;
    client.subscribe("a", "subscription { refuses }");
    let heard = client.hear().await;
    assert_eq!(
        (&heard["type"], &heard["payload"]["errors"][0]["extensions"]["code"]),
        (&json!("next"), &json!("FORBIDDEN"))
    );
    assert_eq!(client.hear().await, json!({ "id": "a", "type": "complete" }));
    for query in ["subscription { panics }", "{ panics }"] {
        client.subscribe("b", query);
        let heard = client.hear().await;
        assert_eq!((&heard["type"], &heard["payload"][0]["extensions"]["code"]), (&json!("error"), &json!("INTERNAL")));
        assert!(!heard.to_string().contains("secret"));
    }
    let mut client = Client::acknowledged(&door(hasty())).await;
    client.subscribe("c", "{ endless }");
    assert_eq!(client.hear().await["payload"][0]["extensions"]["code"], "TIMEOUT");
}

#[tokio::test]
async fn what_is_no_message_closes_with_4400() {
    let door = plain();
    let deep = format!(
        "{{\"id\":\"a\",\"type\":\"subscribe\",\"payload\":{{\"query\":\"{{a}}\",\"variables\":{{\"a\":{}",
        "[".repeat(10_000)
    );
    for message in [
        Message::Text("no JSON".into()),
        Message::Text("[]".into()),
        Message::Text(deep.into()),
        Message::Binary(bytes::Bytes::from_static(b"{\"type\":\"ping\"}")),
        text(&json!({ "type": "start" })),
        text(&json!({ "no": "type" })),
        text(&json!({ "type": "connection_init", "payload": 1 })),
        text(&json!({ "type": "ping", "payload": "x" })),
        text(&json!({ "type": "subscribe", "payload": { "query": "{ hello }" } })),
        text(&json!({ "type": "subscribe", "id": "", "payload": { "query": "{ hello }" } })),
        text(&json!({ "type": "subscribe", "id": 1, "payload": { "query": "{ hello }" } })),
        text(&json!({ "type": "subscribe", "id": "x".repeat(257), "payload": { "query": "{ hello }" } })),
        text(&json!({ "type": "subscribe", "id": "a", "payload": {} })),
        text(&json!({ "type": "subscribe", "id": "a" })),
        text(&json!({ "type": "subscribe", "id": "a", "payload": { "query": 1 } })),
        text(&json!({ "type": "subscribe", "id": "a", "payload": { "query": "{ hello }", "variables": [] } })),
        text(&json!({ "type": "subscribe", "id": "a", "payload": { "query": "{ hello }", "operationName": {} } })),
        text(&json!({ "type": "complete" })),
    ] {
        let client = Client::acknowledged(&door).await;
        let told = format!("{message:?}");
        assert_eq!(client.code_for(message).await, 4400, "{told}");
    }
    let mut client = Client::acknowledged(&door).await;
    client.to.send(Err(())).unwrap();
    assert_eq!(client.closed().await.0, 4400);
}

#[tokio::test]
async fn a_socket_is_acknowledged_first_once_and_in_time() {
    let plain = plain();
    let subscribe = json!({ "id": "a", "type": "subscribe", "payload": { "query": "{ hello }" } });
    assert_eq!(Client::open(&plain).code_for(text(&subscribe)).await, 4401);
    let again = json!({ "type": "connection_init" });
    assert_eq!(Client::acknowledged(&plain).await.code_for(text(&again)).await, 4429);

    let hasty = door(Limits { socket_init_ms: 300, socket_ping_ms: 200, ..Limits::default() });
    let opened = Instant::now();
    assert_eq!(Client::open(&hasty).closed().await.0, 4408);
    assert!(opened.elapsed().as_millis() >= 300);
    let (opened, mut idle) = (Instant::now(), Client::acknowledged(&hasty).await);
    while opened.elapsed().as_millis() < 600 {
        idle.answer_ping().await;
    }
    assert!(!idle.from.is_closed());
}

#[tokio::test]
async fn credentials_come_in_any_case_or_by_header_and_bad_ones_are_4403() {
    let door = plain();
    for payload in
        [json!({ "Authorization": "Bearer x" }), json!({ "authorization": "nonsense" }), json!({ "AUTHORIZATION": 1 })]
    {
        let init = json!({ "type": "connection_init", "payload": payload });
        assert_eq!(Client::open(&door).code_for(text(&init)).await, 4403, "{init}");
    }
    let init = text(&json!({ "type": "connection_init" }));
    assert_eq!(Client::with_header(&door, Some("Bearer x")).code_for(init.clone()).await, 4403);
    // The one in the message goes before the header's; a database that is gone is no reason to sign in again.
    let (token, _) = crate::auth::token::new_sign_in();
    assert_eq!(Client::with_header(&door, Some(&format!("Bearer {token}"))).code_for(init).await, 1013);
}

#[tokio::test]
async fn an_id_serves_one_operation_at_a_time() {
    let door = plain();
    let mut client = Client::acknowledged(&door).await;
    client.subscribe("a", "subscription { forever }");
    client.say(&json!({ "id": "a", "type": "complete" }));
    client.subscribe("a", "{ hello }");
    assert_eq!(client.hear().await["type"], "next");
    assert_eq!(client.hear().await["type"], "complete");
    client.say(&json!({ "id": "unknown", "type": "complete" }));

    let long = "я".repeat(128);
    client.subscribe(&long, "subscription { forever }");
    client.subscribe(&long, "{ hello }");
    let (code, reason) = client.closed().await;
    assert_eq!(code, 4409);
    assert!(reason.starts_with("Subscriber for я") && (122..=123).contains(&reason.len()), "{}", reason.len());
}

#[tokio::test]
async fn nothing_follows_a_clients_complete() {
    let mut client = Client::acknowledged(&plain()).await;
    client.subscribe("a", "subscription { flood(bytes: 1000) }");
    for _ in 0..10 {
        assert_eq!(client.hear().await["id"], "a");
    }
    client.say(&json!({ "id": "a", "type": "complete" }));
    client.say(&json!({ "type": "ping" }));
    // What was queued before may still come; after the pong nothing does.
    while client.hear().await != json!({ "type": "pong" }) {}
    client.say(&json!({ "type": "ping" }));
    assert_eq!(client.hear().await, json!({ "type": "pong" }));
}

#[tokio::test]
async fn operations_are_few_and_one_too_many_is_an_error_of_its_own() {
    let mut client = Client::acknowledged(&plain()).await;
    for n in 0..100 {
        client.subscribe(&n.to_string(), "subscription { forever }");
    }
    client.subscribe("100", "{ hello }");
    let heard = client.hear().await;
    assert_eq!((&heard["type"], &heard["id"]), (&json!("error"), &json!("100")));
    assert_eq!(heard["payload"][0]["extensions"]["code"], "THROTTLED");
    client.say(&json!({ "id": "7", "type": "complete" }));
    client.subscribe("100", "{ hello }");
    assert_eq!(client.hear().await["type"], "next");
}

#[tokio::test]
async fn a_ping_is_answered_with_its_payload() {
    let mut client = Client::open(&plain());
    client.say(&json!({ "type": "ping", "payload": { "n": 1 } }));
    assert_eq!(client.hear().await, json!({ "type": "pong", "payload": { "n": 1 } }));
    client.say(&json!({ "type": "pong", "payload": { "n": 1 } }));
    client.say(&json!({ "type": "ping" }));
    assert_eq!(client.hear().await, json!({ "type": "pong" }));
}

#[tokio::test]
async fn a_peer_that_gives_no_sign_of_life_is_closed() {
    let mut client = Client::acknowledged(&door(Limits { socket_ping_ms: 100, ..Limits::default() })).await;
    for _ in 0..5 {
        client.answer_ping().await;
    }
    let last_sign = Instant::now();
    assert_eq!(client.closed().await.0, 1001);
    assert!(last_sign.elapsed().as_millis() >= 200, "two pings were waited for");
}

/// A door that waits for nobody.
#[tokio::test]
async fn a_server_that_stops_says_so() {
    let door = plain();
    let mut client = Client::acknowledged(&door).await;
    client.subscribe("a", "subscription { forever }");
    door.stopping.cancel();
    assert_eq!(client.closed().await.0, 1001);
}

#[test]
fn a_page_of_another_server_may_not_open_a_socket() {
    let door = plain();
    let check = |config: &Config, origin: &str| {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, "localhost:4000".parse().unwrap());
        headers.insert(ORIGIN, origin.parse().unwrap());
        check_origin(&headers, config).is_ok()
    };
    let config = &door.app.config;
    assert!(check_origin(&HeaderMap::new(), config).is_ok());
    for origin in ["http://localhost:4000", "https://ar.example.com", "HTTPS://AR.example.com"] {
        assert!(check(config, origin), "{origin}");
    }
    for origin in [
        "null",
        "",
        "http://localhost:4001",
        "https://ar.example.com.evil.org",
        "https://ar",
        "http://ar.example.com",
        "https://evil.org",
        "localhost:4000",
    ] {
        assert!(!check(config, origin), "{origin}");
    }
    let named = [("ARVLITE_CORS_ORIGINS".to_owned(), "https://app.example".to_owned())];
    let open = Config::read(named.into(), None).unwrap();
    assert!(check(&open, "https://app.example") && !check(&open, "https://evil.org"));
}
