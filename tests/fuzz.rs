//! Whatever somebody types, it is answered: in JSON, with a code and the request's id, never with a mistake of ours and
//! never with a word from inside. Ten thousand documents and as many other requests, always the same ones.

use std::time::Duration;

use arvlite_db::models::Role;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderName, HeaderValue, Method, Request, Uri, header};
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::support::contract::Contract;
use crate::support::monkey::Monkey;
use crate::support::{Everything, TestApp, token_of};

/// Words that only our own parts say.
const INSIDE: &[&str] = &[
    "SELECT ",
    "INSERT ",
    "relation ",
    "pg_",
    "diesel",
    "deadpool",
    "tokio",
    "hyper",
    "axum",
    "serde",
    "async_graphql",
    "async-graphql",
    "multer",
    "postgres",
    ".rs",
    "panicked",
    "src/",
    "/tmp",
    "/root",
    "internal:",
    "constraint",
];
const BOUNDARY: &str = "b";
const PATIENCE: Duration = Duration::from_secs(30);

struct Door {
    app: TestApp,
    contract: Contract,
    studio: Everything,
    /// An administrator, a manager, a key and nobody.
    tokens: [Option<String>; 4],
}

/// What was answered.
struct Heard {
    status: u16,
    body: Vec<u8>,
}

impl Door {
    async fn open() -> Self {
        let app = TestApp::start().await;
        let studio = app.everything("lemon").await;
        let (admin, manager) = (app.admin().await, app.member(studio.company_id, Role::Manager).await);
        let tokens = [Some(token_of(&app.app, &admin).await), Some(token_of(&app.app, &manager).await), None, None];
        Self { contract: Contract::read().await, app, studio, tokens }
    }

    fn monkey(&self, seed: usize) -> Monkey<'_> {
        Monkey::new(seed as u64, &self.contract, &self.studio.values)
    }

    /// Sends a request, and looks at the answer for what may never be in one.
    async fn send(&self, request: Request<Body>, told: &dyn Fn() -> String) -> Heard {
        let response = self.app.router.clone().oneshot(request).await.unwrap();
        let (status, has_id) = (response.status().as_u16(), response.headers().contains_key("x-request-id"));
        let is_json = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| {
            kind.to_str().is_ok_and(|kind| kind.starts_with("application/") && kind.contains("json"))
        });
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap().to_vec();
        let text = String::from_utf8_lossy(&body);
        assert!(status < 500 && has_id, "{status} {text}\nfor {}", told());
        if is_json && !body.is_empty() {
            let answer: Value = serde_json::from_slice(&body).unwrap();
            let errors = answer["errors"].as_array();
            assert!(status == 200 || errors.is_some(), "{status} {text}\nfor {}", told());
            for error in errors.into_iter().flatten() {
                let (code, id) = (&error["extensions"]["code"], &error["extensions"]["requestId"]);
                assert!(code.is_string() && code != "INTERNAL" && id.is_string(), "{text}\nfor {}", told());
                let message = error["message"].as_str().unwrap();
                let inside = INSIDE.iter().find(|word| message.contains(*word));
                assert_eq!(inside, None, "{text}\nfor {}", told());
            }
        } else {
            assert!(status < 400 || body.is_empty(), "{status} {text}\nfor {}", told());
        }
        Heard { status, body }
    }

    fn post(&self, monkey: &mut Monkey<'_>) -> axum::http::request::Builder {
        let request = Request::post("/graphql").header(header::ACCEPT, "application/graphql-response+json");
        match &self.tokens[monkey.below(self.tokens.len())] {
            Some(token) => request.header(header::AUTHORIZATION, format!("Bearer {token}")),
            None => request,
        }
    }

    /// Does so for many seeds, some at the same time.
    async fn many(&self, seeds: usize, one: impl AsyncFn(Monkey<'_>)) {
        stream::iter(0..seeds).map(|seed| one(self.monkey(seed))).buffer_unordered(8).collect::<Vec<()>>().await;
        assert_eq!(self.app.app.metrics.panics.get(), 0);
        // Whoever comes after all that is served.
        let request = Request::get("/graphql?query=%7B__typename%7D").body(Body::empty()).unwrap();
        assert_eq!(self.send(request, &|| "the last one".to_owned()).await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_documents() {
    let door = Door::open().await;
    let ran = std::sync::atomic::AtomicUsize::new(0);
    door.many(10_000, async |mut monkey| {
        let typed = monkey.document();
        let body = json!({ "query": typed.document, "variables": typed.variables }).to_string();
        let request = door.post(&mut monkey).header(header::CONTENT_TYPE, "application/json");
        let heard = door.send(request.body(Body::from(body)).unwrap(), &|| format!("{typed:?}")).await;
        let has_data = heard.body.starts_with(b"{\"data\"") || heard.body.windows(7).any(|at| at == b"\"data\":");
        ran.fetch_add(usize::from(has_data), std::sync::atomic::Ordering::Relaxed);
    })
    .await;
    let ran = ran.into_inner();
    println!("{ran} of 10000 documents were run");
    assert!(ran > 1_000, "what is typed at random should be good enough to be run now and then: {ran}");
}

#[tokio::test(flavor = "multi_thread")]
async fn five_thousand_bodies() {
    let door = Door::open().await;
    door.many(5_000, async |mut monkey| {
        let typed = monkey.document();
        let whole = json!({ "query": typed.document, "variables": typed.variables, "operationName": null }).to_string();
        let body = if monkey.happens(60) { monkey.damaged(whole.as_bytes()) } else { monkey.noise() };
        let kinds =
            ["application/json", "application/json; charset=utf-8", "application/json;charset=latin1", "text/plain"];
        let kind = if monkey.happens(90) { kinds[0] } else { monkey.one_of(&kinds) };
        let request = door.post(&mut monkey).header(header::CONTENT_TYPE, kind);
        let told = || String::from_utf8_lossy(&body).into_owned();
        door.send(request.body(Body::from(body.clone())).unwrap(), &told).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_thousand_multipart_bodies() {
    let door = Door::open().await;
    let company = &door.studio.values.ids["Company"].0;
    let document = "mutation ($file: Upload!) { uploadFile(input: { companyId: $id, kind: PHOTO, file: $file }) \
        { upload { id } userErrors { code } } }";
    let operations =
        json!({ "query": document.replace("$id", &json!(company).to_string()), "variables": { "file": null } });
    let part = |name: &str, more: &str, content: &str| {
        format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"{more}\r\n\r\n{content}\r\n")
    };
    let whole = [
        part("operations", "", &operations.to_string()),
        part("map", "", "{\"0\":[\"variables.file\"]}"),
        part("0", "; filename=\"../../photo.jpg\"\r\nContent-Type: image/jpeg", "no photo at all"),
        format!("--{BOUNDARY}--\r\n"),
    ]
    .concat();
    door.many(2_000, async |mut monkey| {
        let body = monkey.damaged(whole.as_bytes());
        let pieces: Vec<_> =
            body.chunks(1 + monkey.below(200)).map(|piece| Ok::<_, std::io::Error>(piece.to_vec())).collect();
        let request = door
            .post(&mut monkey)
            .header(header::CONTENT_TYPE, format!("multipart/form-data; boundary={BOUNDARY}"))
            .header("GraphQL-Require-Preflight", "1");
        let told = || String::from_utf8_lossy(&body).into_owned();
        door.send(request.body(Body::from_stream(stream::iter(pieces))).unwrap(), &told).await;
    })
    .await;
    // What came of a file that was refused is thrown away by a task of its own.
    let thrown_away = async {
        while !door.app.stored_files().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, thrown_away).await.expect("nothing of a refused file is kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_thousand_five_hundred_addresses_methods_and_headers() {
    let door = Door::open().await;
    let code = &door.studio.values.unique_id;
    let paths = [
        "/",
        "/graphql",
        "/schema.graphql",
        "/healthz",
        "/readyz",
        "/metrics",
        "/media/",
        "/media/00ff",
        "/ar/",
        "/nothing",
        &format!("/ar/{code}"),
        &format!("/ar/{code}/qr.svg"),
        &format!("/ar/{code}/qr.png"),
        "/assets/x",
        "//",
        "/%2e%2e/",
    ];
    let queries = [
        "",
        "query=%7B__typename%7D",
        "query=%7B__typename%7D&variables=%7B%7D",
        "query=mutation%7Blogout%7B__typename%7D%7D",
        "variables=%5B%5D",
        "query=%00",
        "query=%ff%fe",
        "query=%",
        "size=99999999999999999999",
        "size=-1&margin=x",
        "&&&==",
    ];
    let headers = [
        "accept",
        "content-type",
        "authorization",
        "range",
        "if-none-match",
        "if-range",
        "if-modified-since",
        "host",
        "origin",
        "accept-language",
        "x-forwarded-for",
        "x-request-id",
        "idempotency-key",
        "upgrade",
        "connection",
        "content-length",
        "transfer-encoding",
        "sec-websocket-key",
        "sec-websocket-version",
        "sec-websocket-protocol",
        "last-event-id",
        "accept-encoding",
        "cookie",
        "graphql-require-preflight",
    ];
    let contents: [&[u8]; 21] = [
        b"",
        b"*/*",
        b"application/json",
        b"text/html;q=0.1",
        b"application/json;q=nonsense",
        b"text/event-stream",
        b"Bearer ",
        b"Bearer arv_s_x",
        b"Bearer \xff\xfe",
        b"bytes=0-",
        b"bytes=18446744073709551615-",
        b"bytes=-0",
        b"\"x\"",
        b"websocket",
        b"13",
        b"graphql-transport-ws",
        b"ru-RU,ru;q=0.9,\xd1\x8f",
        b"-1",
        b"multipart/form-data; boundary=",
        b"1, 2, 3",
        b"\xf0\x28",
    ];
    let methods = ["GET", "POST", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "BREW", "get"];
    door.many(2_500, async |mut monkey| {
        let (path, query) = (*monkey.one_of(&paths), *monkey.one_of(&queries));
        let address = if monkey.happens(15) {
            let damaged = monkey.damaged(format!("{path}?{query}").as_bytes());
            format!("/{}", String::from_utf8_lossy(&damaged))
        } else {
            format!("{path}?{query}")
        };
        // What is no address or header at all does not come as far as here.
        let Ok(uri) = address.parse::<Uri>() else { return };
        let method = if monkey.happens(60) {
            Method::GET
        } else {
            Method::from_bytes(monkey.one_of(&methods).as_bytes()).unwrap()
        };
        let mut request = Request::builder().method(method).uri(uri);
        for _ in 0..monkey.below(5) {
            let (name, content) = (*monkey.one_of(&headers), *monkey.one_of(&contents));
            if let Ok(content) = HeaderValue::from_bytes(content) {
                request = request.header(HeaderName::from_static(name), content);
            }
        }
        let request = request.body(Body::from(monkey.noise())).unwrap();
        let told = format!("{} {} {:?}", request.method(), request.uri(), request.headers());
        door.send(request, &|| told.clone()).await;
    })
    .await;
}
