//! Sockets over the wire, with the real schema and real credentials.

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::support::{Served, TestApp, token_of};

struct Socket(WebSocketStream<TcpStream>);

impl Socket {
    async fn open(served: &Served) -> Self {
        let mut request = format!("ws://{}/graphql", served.address).into_client_request().unwrap();
        request.headers_mut().insert("sec-websocket-protocol", "graphql-transport-ws".parse().unwrap());
        let stream = TcpStream::connect(served.address).await.unwrap();
        Self(client_async(request, stream).await.unwrap().0)
    }

    async fn say(&mut self, message: Value) {
        self.0.send(Message::text(message.to_string())).await.unwrap();
    }

    async fn hear(&mut self) -> Value {
        match self.0.next().await {
            Some(Ok(Message::Text(text))) => serde_json::from_str(&text).unwrap(),
            other => panic!("{other:?} is no message"),
        }
    }

    async fn closed(&mut self) -> u16 {
        match self.0.next().await {
            Some(Ok(Message::Close(Some(close)))) => close.code.into(),
            other => panic!("{other:?} is no close"),
        }
    }

    async fn sign_in(&mut self, token: &str) {
        let shown = format!("Bearer {token}");
        self.say(json!({ "type": "connection_init", "payload": { "Authorization": shown } })).await;
        assert_eq!(self.hear().await, json!({ "type": "connection_ack" }));
    }
}

#[tokio::test]
async fn operations_run_as_whoever_opened_the_socket() {
    let test = TestApp::start().await;
    let (admin, served) = (test.admin().await, Served::start(&test.app).await);
    let mut socket = Socket::open(&served).await;
    socket.sign_in(&token_of(&test.app, &admin).await).await;
    let query = "{ companies { totalCount } }";
    socket.say(json!({ "id": "a", "type": "subscribe", "payload": { "query": query } })).await;
    let heard = socket.hear().await;
    assert_eq!((&heard["type"], &heard["id"]), (&json!("next"), &json!("a")));
    assert_eq!(heard["payload"]["data"], json!({ "companies": { "totalCount": 0 } }));
    assert_eq!(heard["payload"]["extensions"]["cost"]["actualQueryCost"], 11);
    assert_eq!(socket.hear().await, json!({ "id": "a", "type": "complete" }));
}

#[tokio::test]
async fn a_socket_ends_with_the_sign_in_that_opened_it() {
    let test = TestApp::start().await;
    let (admin, served) = (test.admin().await, Served::start(&test.app).await);
    let app = test.app.clone();
    tokio::spawn(async move { app.credentials.listen(&app.db, &app.metrics).await });
    let (token, other) = (token_of(&test.app, &admin).await, token_of(&test.app, &admin).await);
    let (mut socket, mut stays) = (Socket::open(&served).await, Socket::open(&served).await);
    socket.sign_in(&token).await;
    stays.sign_in(&other).await;
    let out = served.ask(Some(&token), "mutation { logout { userErrors { code } } }", json!({})).await;
    assert!(out.get("errors").is_none(), "{out}");
    assert_eq!(socket.closed().await, 4403);
    stays.say(json!({ "type": "ping" })).await;
    assert_eq!(stays.hear().await, json!({ "type": "pong" }));

    let mut late = Socket::open(&served).await;
    late.say(json!({ "type": "connection_init", "payload": { "authorization": format!("Bearer {token}") } })).await;
    assert_eq!(late.closed().await, 4403);
}

#[tokio::test]
async fn a_server_that_stops_closes_its_sockets_and_ends() {
    let test = TestApp::start().await;
    let served = Served::start(&test.app).await;
    let mut socket = Socket::open(&served).await;
    served.stop.cancel();
    assert_eq!(socket.closed().await, 1001);
    drop(socket);
    served.ended.await.unwrap();
}
