//! Documents and requests that are meant to hurt, and the ways by which they come.

use serde_json::{Value, json};

use super::process::{Http, Socket};

/// The ways to say something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    Post,
    Get,
    EventStream,
    WebSocket,
    Multipart,
}

/// All of them.
pub const TRANSPORTS: [Transport; 5] =
    [Transport::Post, Transport::Get, Transport::EventStream, Transport::WebSocket, Transport::Multipart];

/// What is said: a document and its variables, as they stand in the JSON.
pub struct Bomb {
    pub name: &'static str,
    query: String,
    variables: String,
    /// The whole of what is sent, for those that are no request.
    raw: Option<String>,
}

impl Bomb {
    fn document(name: &'static str, query: impl Into<String>) -> Self {
        Self { name, query: query.into(), variables: "{}".to_owned(), raw: None }
    }

    fn variables(name: &'static str, variables: String) -> Self {
        let query = "query ($a: ID!) { node(id: $a) { id } }".to_owned();
        Self { name, query, variables, raw: None }
    }

    fn raw(name: &'static str, raw: String) -> Self {
        Self { name, query: String::new(), variables: String::new(), raw: Some(raw) }
    }

    /// The same with a place for a file among the variables.
    fn with_a_file(&self) -> Self {
        let others = self.variables.strip_prefix('{').unwrap_or_default();
        let comma = if others == "}" { "" } else { "," };
        let raw = self.raw.clone();
        Self { variables: format!("{{\"file\":null{comma}{others}"), query: self.query.clone(), raw, ..*self }
    }

    fn json(&self) -> String {
        let whole = || format!("{{\"query\":{},\"variables\":{}}}", json!(self.query), self.variables);
        self.raw.clone().unwrap_or_else(whole)
    }
}

/// All of them; some are about this company.
pub fn bombs(company: &Value) -> Vec<Bomb> {
    let aliases: String = (0..1_000).map(|number| format!("a{number}: __typename ")).collect();
    let doubling: String =
        (0..30).map(|number| format!("fragment F{number} on Query {{ ...F{0} ...F{0} }} ", number + 1)).collect();
    let batch = vec![r#"{"query":"{ __typename }"}"#; 500].join(",");
    vec![
        Bomb::document("1,000 aliases", format!("{{ {aliases} }}")),
        Bomb::document("depth of 1,000", format!("{{ {} __typename {} }}", "node { ".repeat(1_000), "}".repeat(1_000))),
        Bomb::document("depth of 100,000", "{a".repeat(100_000)),
        Bomb::document(
            "30 doubling fragments",
            format!("{{ ...F0 }} {doubling} fragment F30 on Query {{ __typename }}"),
        ),
        Bomb::document("a fragment of itself", "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }"),
        Bomb::document("10,000 directives", format!("{{ __typename {} }}", "@skip(if: true) ".repeat(10_000))),
        Bomb::document("1 MB of tokens", "a ".repeat(500_000)),
        Bomb::document("1 MB of comment", format!("#{}\n{{ nothing }}", "x".repeat(1_000_000))),
        Bomb::raw("a body of 10 MB", format!("{{\"query\":\"{{ __typename }}\"{}}}", " ".repeat(10_000_000))),
        Bomb::raw("500 operations in a batch", format!("[{batch}]")),
        Bomb::variables("variables 10,000 deep", format!("{{\"a\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000))),
        Bomb::variables("a lone surrogate", r#"{"a":"\ud800"}"#.to_owned()),
        Bomb::variables("a huge number", format!("{{\"a\":{}}}", "9".repeat(10_000))),
        Bomb::variables("a number beyond all floats", r#"{"a":1e999999999}"#.to_owned()),
        Bomb {
            query: "query ($a: ID!) { node(id: $a) { ... on Company { projects(first: 1000) { nodes { id } } } } }"
                .to_owned(),
            ..Bomb::variables("a page of 1,000 behind an interface", json!({ "a": company }).to_string())
        },
        Bomb::document(
            "conditions inside each other",
            format!(
                "{{ companies(where: {}{{}}{}) {{ nodes {{ id }} }} }}",
                "{ and: [".repeat(64_000),
                "] }".repeat(64_000)
            ),
        ),
        Bomb::document("a huge page", "{ companies(first: 99999999999999999999) { nodes { id } } }"),
        Bomb::document("a text with NUL", "{ companies(search: \"a\\u0000b\") { nodes { id } } }"),
        Bomb::document("a lone surrogate in the document", "{ companies(search: \"\\uD800\") { nodes { id } } }"),
        Bomb::document(
            "a text of 900,000 letters",
            format!("{{ companies(search: \"{}\") {{ nodes {{ id }} }} }}", "x".repeat(900_000)),
        ),
    ]
}

/// What came back: a status where the way has one, a code, and how long it was.
#[derive(Debug)]
pub struct Refused {
    pub status: u16,
    pub code: String,
    pub length: usize,
}

impl Transport {
    /// Whether a bomb can come by this way at all.
    pub fn takes(self, bomb: &Bomb) -> bool {
        self != Self::Get || bomb.raw.is_none()
    }

    /// Sends it, and gives what came back.
    pub async fn send(self, who: &Http, bomb: &Bomb) -> Refused {
        let newer = [("Accept", "application/graphql-response+json")];
        let reply = match self {
            Self::Post => who.post(bomb.json().as_bytes(), &[]).await.unwrap(),
            Self::Get => {
                let mut query = form_urlencoded::Serializer::new(String::new());
                query.append_pair("query", &bomb.query).append_pair("variables", &bomb.variables);
                who.send("GET", &format!("/graphql?{}", query.finish()), &newer, b"").await.unwrap()
            }
            Self::EventStream => {
                let headers = [("Accept", "text/event-stream"), ("Content-Type", "application/json")];
                who.send("POST", "/graphql", &headers, bomb.json().as_bytes()).await.unwrap()
            }
            Self::Multipart => {
                let part = |name: &str, content: &str| {
                    format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{content}\r\n")
                };
                let body = [
                    part("operations", &bomb.with_a_file().json()),
                    part("map", "{\"0\":[\"variables.file\"]}"),
                    part("0\"; filename=\"../../../../etc/passwd", "x"),
                    "--b--\r\n".to_owned(),
                ];
                let kind = ("Content-Type", "multipart/form-data; boundary=b");
                let headers = [newer[0], kind, ("GraphQL-Require-Preflight", "1")];
                who.send("POST", "/graphql", &headers, body.concat().as_bytes()).await.unwrap()
            }
            Self::WebSocket => return self.over_a_socket(who, bomb).await,
        };
        // A head that is too long is hyper's to refuse, which says nothing beside the status.
        let text = reply.text();
        let told = text.lines().find_map(|line| line.strip_prefix("data: ")).unwrap_or(text);
        let answer: Value = serde_json::from_str(told).unwrap_or_default();
        let code = answer["errors"][0]["extensions"]["code"].as_str().map(str::to_owned);
        let code = code.or_else(|| (reply.status == 431).then(|| "HEAD_TOO_LONG".to_owned()));
        Refused { status: reply.status, code: code.unwrap_or_default(), length: reply.body.len() }
    }

    async fn over_a_socket(self, who: &Http, bomb: &Bomb) -> Refused {
        let mut socket = Socket::open(who).await;
        socket.say_text(format!("{{\"id\":\"1\",\"type\":\"subscribe\",\"payload\":{}}}", bomb.json())).await;
        match socket.hear().await {
            Ok(answer) => {
                let error = answer["payload"][0]["extensions"]["code"].as_str();
                let code = error.or(answer["payload"]["errors"][0]["extensions"]["code"].as_str());
                Refused { status: 200, code: code.unwrap_or_default().to_owned(), length: answer.to_string().len() }
            }
            Err(code) => Refused { status: code, code: format!("closed with {code}"), length: 0 },
        }
    }
}
