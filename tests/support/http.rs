//! The program served on a port, and what is said to it over the wire.

use std::net::SocketAddr;
use std::sync::Arc;

use arvlite_api::app::App;
use arvlite_api::auth::{Who, token};
use arvlite_api::http::serve;
use arvlite_db::{Scope, models};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::Client;
use super::client::without_cost;

/// The program on a port of its own.
pub struct Served {
    pub address: SocketAddr,
    pub stop: CancellationToken,
    pub ended: JoinHandle<()>,
}

/// What came back over the wire.
#[derive(Debug)]
pub struct Raw {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Served {
    pub async fn start(app: &Arc<App>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, stop) = (listener.local_addr().unwrap(), CancellationToken::new());
        let (app, stopped) = (Arc::clone(app), stop.clone().cancelled_owned());
        let ended = tokio::spawn(async move { serve(app, listener, stopped).await.unwrap() });
        Self { address, stop, ended }
    }

    /// Sends a request by lines of its head, and reads the answer to its end.
    pub async fn send(&self, head: &str, body: &str) -> Raw {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let length = body.len();
        let request = format!("{head}\r\nHost: a\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut read = Vec::new();
        stream.read_to_end(&mut read).await.unwrap();
        let text = String::from_utf8_lossy(&read);
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Raw { status, head: head.to_lowercase(), body: body.to_owned() }
    }

    pub async fn get(&self, path: &str, headers: &str) -> Raw {
        self.send(&format!("GET {path} HTTP/1.1{headers}"), "").await
    }

    /// Asks by POST, with a token or without. What it cost is left out of the answer.
    pub async fn ask(&self, token: Option<&str>, query: &str, variables: Value) -> Value {
        let shown = token.map(|token| format!("\r\nAuthorization: Bearer {token}")).unwrap_or_default();
        let head = format!("POST /graphql HTTP/1.1\r\nContent-Type: application/json{shown}");
        let answer = self.send(&head, &json!({ "query": query, "variables": variables }).to_string()).await;
        without_cost(serde_json::from_str(&answer.body).unwrap())
    }
}

impl Raw {
    pub fn code(&self) -> String {
        let body: Value = serde_json::from_str(&self.body).unwrap_or_default();
        body["errors"][0]["extensions"]["code"].as_str().unwrap_or("no error").to_owned()
    }
}

/// A token of a new sign-in of somebody.
pub async fn token_of(app: &Arc<App>, client: &Client) -> String {
    let Who::User(signed_in) = &client.viewer.who else { panic!("a person signs in") };
    let (token, digest) = token::new_sign_in();
    let tx = app.db.begin(Scope::Everything).await.unwrap();
    models::SignIn::insert(&tx, signed_in.user.id, digest, app.clock.now()).await.unwrap();
    tx.commit().await.unwrap();
    token
}
