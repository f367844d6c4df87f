//! A WebSocket that speaks `graphql-transport-ws`, as dashboards do.

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{WebSocketStream, client_async};

use super::PATIENCE;
use super::http::Http;

/// An open, acknowledged socket.
pub struct Socket(WebSocketStream<TcpStream>);

impl Socket {
    /// Opens a socket as somebody.
    pub async fn open(who: &Http) -> Self {
        let mut request = format!("ws://{}/graphql", who.address).into_client_request().unwrap();
        request.headers_mut().insert("Sec-WebSocket-Protocol", "graphql-transport-ws".parse().unwrap());
        let stream = TcpStream::connect(&who.address).await.unwrap();
        let (stream, _) = client_async(request, stream).await.unwrap();
        let mut socket = Self(stream);
        let payload = who.token.as_ref().map(|token| json!({ "Authorization": format!("Bearer {token}") }));
        socket.say(json!({ "type": "connection_init", "payload": payload })).await;
        assert_eq!(socket.hear().await, Ok(json!({ "type": "connection_ack" })));
        socket
    }

    /// Opens a socket as somebody and subscribes there.
    pub async fn subscribed(who: &Http, document: &str, variables: Value) -> Self {
        let mut socket = Self::open(who).await;
        let payload = json!({ "query": document, "variables": variables });
        socket.say(json!({ "id": "1", "type": "subscribe", "payload": payload })).await;
        socket
    }

    /// The same where the server may be gone, or go away meanwhile.
    pub async fn try_subscribed(who: &Http, document: &str, variables: &Value) -> Option<Self> {
        let mut request = format!("ws://{}/graphql", who.address).into_client_request().unwrap();
        request.headers_mut().insert("Sec-WebSocket-Protocol", "graphql-transport-ws".parse().unwrap());
        let stream = TcpStream::connect(&who.address).await.ok()?;
        let mut socket = Self(client_async(request, stream).await.ok()?.0);
        let authorization = who.token.as_ref().map(|token| format!("Bearer {token}"));
        socket.say(json!({ "type": "connection_init", "payload": { "authorization": authorization } })).await;
        let payload = json!({ "query": document, "variables": variables });
        socket.try_hear().await.filter(|heard| heard["type"] == "connection_ack")?;
        socket.say(json!({ "id": "1", "type": "subscribe", "payload": payload })).await;
        Some(socket)
    }

    /// The data of the next event; none if the server went away or has nothing more to tell.
    pub async fn try_next(&mut self) -> Option<Value> {
        let heard = self.try_hear().await?;
        (heard["type"] == "next" && heard["payload"].get("errors").is_none()).then(|| heard["payload"]["data"].clone())
    }

    async fn try_hear(&mut self) -> Option<Value> {
        loop {
            match self.0.next().await?.ok()? {
                Message::Text(text) => return serde_json::from_str(&text).ok(),
                Message::Close(_) => return None,
                _ => {}
            }
        }
    }

    /// The data of the next event.
    pub async fn next(&mut self) -> Value {
        let heard = self.hear().await.expect("an event rather than the end");
        let payload = &heard["payload"];
        assert!(heard["type"] == "next" && payload.get("errors").is_none(), "{heard:#}");
        payload["data"].clone()
    }

    /// Reads on until the server closes, and gives the code that it says.
    pub async fn closed(&mut self) -> u16 {
        loop {
            if let Err(code) = self.hear().await {
                return code;
            }
        }
    }

    async fn say(&mut self, message: Value) {
        self.say_text(message.to_string()).await;
    }

    /// Says what may be no message at all. The server may hang up before it has heard all of it.
    pub async fn say_text(&mut self, text: String) {
        let _ = self.0.send(Message::text(text)).await;
    }

    /// The next message, or the code that the socket was closed with.
    pub async fn hear(&mut self) -> Result<Value, u16> {
        loop {
            match timeout(PATIENCE, self.0.next()).await.expect("a message in time").expect("a close frame").unwrap() {
                Message::Text(text) => return Ok(serde_json::from_str(&text).unwrap()),
                Message::Close(Some(frame)) => return Err(frame.code.into()),
                Message::Close(None) => panic!("closed without a code"),
                _ => {}
            }
        }
    }
}
