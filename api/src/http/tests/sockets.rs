//! Sockets over real connections: what they are closed with, and what comes instead of a close.

use futures_util::SinkExt;
use serde_json::{Value, json};
use tokio::io::AsyncReadExt;
use tokio_tungstenite::MaybeTlsStream;
use tokio_tungstenite::tungstenite::Message;

use super::serving::{Server, Socket};
use super::*;

async fn say(socket: &mut Socket, message: &Value) {
    socket.send(Message::text(message.to_string())).await.unwrap();
}

/// The next message, or code and reason of a close.
async fn hear(socket: &mut Socket) -> Result<Value, (u16, String)> {
    loop {
        match socket.next().await.unwrap().unwrap() {
            Message::Text(text) => return Ok(serde_json::from_str(&text).unwrap()),
            Message::Close(Some(close)) => return Err((close.code.into(), close.reason.to_string())),
            _ => {}
        }
    }
}

async fn acknowledged(server: &Server) -> Socket {
    let mut socket = server.socket().await;
    say(&mut socket, &json!({ "type": "connection_init" })).await;
    assert_eq!(hear(&mut socket).await, Ok(json!({ "type": "connection_ack" })));
    socket
}

fn subscribe(id: &str, query: &str) -> Value {
    json!({ "id": id, "type": "subscribe", "payload": { "query": query } })
}

#[tokio::test]
async fn each_breach_of_the_protocol_has_a_code_and_a_reason_that_fits() {
    let server = Server::start(Limits { socket_init_ms: 300, ..Limits::default() }).await;
    let (init, long) = (json!({ "type": "connection_init" }), "я".repeat(128));
    let wrong = json!({ "type": "connection_init", "payload": { "authorization": "Bearer x" } });
    let forever = subscribe(&long, "subscription { forever }");
    for (messages, code) in [
        (vec![json!("no message")], 4400),
        (vec![json!({ "type": "x".repeat(1_000) })], 4400),
        (vec![forever.clone()], 4401),
        (vec![wrong], 4403),
        (vec![], 4408),
        (vec![init.clone(), forever.clone(), forever], 4409),
        (vec![init.clone(), init], 4429),
    ] {
        let mut socket = server.socket().await;
        for message in &messages {
            say(&mut socket, message).await;
        }
        let (closed, reason) = loop {
            if let Err(closed) = hear(&mut socket).await {
                break closed;
            }
        };
        assert_eq!(closed, code, "{messages:?}");
        assert!((1..=123).contains(&reason.len()), "{reason}");
    }
}

#[tokio::test]
async fn a_refused_document_is_an_error_and_the_socket_goes_on() {
    let server = Server::start(Limits::default()).await;
    let mut socket = acknowledged(&server).await;
    say(&mut socket, &subscribe("a", "{ nothing }")).await;
    let heard = hear(&mut socket).await.unwrap();
    assert_eq!((&heard["type"], &heard["id"]), (&json!("error"), &json!("a")));
    assert_eq!(heard["payload"][0]["extensions"]["code"], "VALIDATION_FAILED");
    say(&mut socket, &json!({ "type": "ping", "payload": { "n": 1 } })).await;
    assert_eq!(hear(&mut socket).await, Ok(json!({ "type": "pong", "payload": { "n": 1 } })));
}

#[tokio::test]
async fn a_peer_that_answers_no_pings_is_closed_and_one_that_does_is_not() {
    let server = Server::start(Limits { socket_ping_ms: 50, ..Limits::default() }).await;
    let mut silent = acknowledged(&server).await;
    // Read past the library, which would answer.
    let MaybeTlsStream::Plain(stream) = silent.get_mut() else { panic!("there is no TLS here") };
    let mut told = Vec::new();
    stream.read_to_end(&mut told).await.unwrap();
    let code = told.windows(4).find(|four| four[0] == 0x88).map(|close| u16::from_be_bytes([close[2], close[3]]));
    assert_eq!(code, Some(1001), "{told:?}");

    let mut answering = acknowledged(&server).await;
    let mut pings = 0;
    while pings < 5 {
        pings += usize::from(matches!(answering.next().await.unwrap().unwrap(), Message::Ping(_)));
    }
}
