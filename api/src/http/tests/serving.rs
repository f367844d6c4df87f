//! Over real connections.

use std::net::SocketAddr;

use axum::http::HeaderValue;
use futures_util::SinkExt;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::super::serve::serve_door;
use super::*;

/// A client's end of a socket.
pub(super) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

pub(super) struct Server {
    address: SocketAddr,
    pub(super) door: Door,
    pub(super) stop: CancellationToken,
    ended: JoinHandle<()>,
}

impl Server {
    pub(super) async fn start(limits: Limits) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, door, stop) = (listener.local_addr().unwrap(), door(limits), CancellationToken::new());
        let ended = tokio::spawn(serve_door(door.clone(), listener, stop.clone().cancelled_owned()));
        Self { address, door, stop, ended }
    }

    /// Waits until it has stopped.
    pub(super) async fn ended(self) {
        self.ended.await.unwrap();
    }

    pub(super) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    pub(super) async fn socket(&self) -> Socket {
        self.shake_hands("graphql-transport-ws", None).await.unwrap()
    }

    async fn shake_hands(&self, protocol: &'static str, origin: Option<&'static str>) -> Result<Socket, Error> {
        let mut request = format!("ws://{}/graphql", self.address).into_client_request().unwrap();
        request.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_static(protocol));
        if let Some(origin) = origin {
            request.headers_mut().insert("origin", HeaderValue::from_static(origin));
        }
        connect_async(request).await.map(|(socket, _)| socket)
    }
}

pub(super) async fn rest_of(mut stream: TcpStream) -> String {
    let mut read = Vec::new();
    let _ = stream.read_to_end(&mut read).await;
    String::from_utf8_lossy(&read).into_owned()
}

async fn code_of(socket: &mut Socket) -> u16 {
    loop {
        match socket.next().await {
            Some(Ok(Message::Close(Some(close)))) => return close.code.into(),
            Some(Ok(_)) => {}
            other => panic!("{other:?} instead of a close"),
        }
    }
}

pub(super) fn request(query: &str, more: &str) -> Vec<u8> {
    let body = json!({ "query": query }).to_string();
    let length = body.len();
    format!("POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n{more}\r\n{body}")
        .into_bytes()
}

#[tokio::test]
async fn a_head_that_drips_is_cut_and_so_is_one_that_never_ends() {
    let server = Server::start(Limits { header_ms: 50, ..Limits::default() }).await;
    let mut stream = server.connect().await;
    stream.write_all(b"POST /graphql HTTP/1.1\r\nHost: a\r\n").await.unwrap();
    assert!(!rest_of(stream).await.contains(" 200 "));
    let mut stream = server.connect().await;
    let _ = stream.write_all(format!("GET / HTTP/1.1\r\nX: {}", "x".repeat(100_000)).as_bytes()).await;
    assert!(!rest_of(stream).await.contains(" 200 "));
}

#[tokio::test]
async fn connections_beyond_the_cap_wait_for_a_place() {
    let server = Server::start(Limits { connections: 1, ..Limits::default() }).await;
    let (mut first, mut second) = (server.connect().await, server.connect().await);
    second.write_all(&request("{ hello }", "Connection: close\r\n")).await.unwrap();
    first.write_all(&request("{ hello }", "")).await.unwrap();
    let mut start = [0; 15];
    first.read_exact(&mut start).await.unwrap();
    assert_eq!(&start, b"HTTP/1.1 200 OK");
    assert_eq!(server.door.open.len(), 1, "the second is not accepted while the first is open");
    drop(first);
    assert!(rest_of(second).await.starts_with("HTTP/1.1 200 OK"));
}

#[tokio::test]
async fn sockets_are_capped() {
    let server = Server::start(Limits { sockets: 1, ..Limits::default() }).await;
    let first = server.socket().await;
    match server.shake_hands("graphql-transport-ws", None).await {
        Err(Error::Http(response)) => assert_eq!(response.status(), 503),
        other => panic!("{other:?}"),
    }
    drop(first);
    // The place is free once the server has seen that the first is gone.
    while server.door.sockets.available_permits() == 0 {
        tokio::task::yield_now().await;
    }
    assert!(server.shake_hands("graphql-transport-ws", None).await.is_ok());
}

#[tokio::test]
async fn a_handshake_needs_the_protocol_and_a_page_of_ours() {
    let server = Server::start(Limits::default()).await;
    for (protocol, origin, status) in [
        ("graphql-ws", None, 400),
        ("graphql-transport-ws", Some("https://evil.org"), 403),
        ("graphql-transport-ws", Some("null"), 403),
    ] {
        match server.shake_hands(protocol, origin).await {
            Err(Error::Http(response)) => {
                assert_eq!(response.status(), status);
                assert!(response.headers().contains_key("x-request-id"));
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(server.shake_hands("graphql-transport-ws", Some("https://ar.example.com")).await.is_ok());
}

#[tokio::test]
async fn a_message_that_is_too_long_closes_with_4400() {
    let server = Server::start(Limits::default()).await;
    let mut socket = server.socket().await;
    socket.send(Message::text(json!({ "type": "connection_init" }).to_string())).await.unwrap();
    // The server may hang up before all of it is written.
    let _ = socket.send(Message::text("x".repeat(2 * 1024 * 1024))).await;
    let mut codes = Vec::new();
    while let Some(Ok(message)) = socket.next().await {
        if let Message::Close(Some(close)) = message {
            codes.push(u16::from(close.code));
        }
    }
    assert!(codes.is_empty() || codes == [4400], "{codes:?}");
    // Others are served on.
    assert!(server.shake_hands("graphql-transport-ws", None).await.is_ok());
}

#[tokio::test]
async fn a_server_that_stops_answers_what_runs_and_says_goodbye() {
    let server = Server::start(Limits { request_ms: 300, ..Limits::default() }).await;
    let mut socket = server.socket().await;
    let mut running = server.connect().await;
    running.write_all(&request("{ endless }", "")).await.unwrap();
    let mut idle = server.connect().await;
    idle.write_all(&request("{ hello }", "")).await.unwrap();
    let mut start = [0; 15];
    idle.read_exact(&mut start).await.unwrap();
    while server.door.open.len() < 3 {
        tokio::task::yield_now().await;
    }
    server.stop.cancel();
    assert_eq!(code_of(&mut socket).await, 1001);
    drop(socket);
    let answer = rest_of(running).await;
    assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("TIMEOUT"), "{answer}");
    assert!(answer.contains("connection: close"), "{answer}");
    rest_of(idle).await;
    server.ended.await.unwrap();
    assert!(TcpStream::connect(server.address).await.is_err());
}

/// The whole answer to a request that leaves the connection open.
async fn answer_on(stream: &mut TcpStream) -> String {
    let (mut read, mut piece) = (Vec::new(), [0; 1024]);
    while !read.ends_with(b"}") {
        let length = stream.read(&mut piece).await.unwrap();
        assert!(length > 0, "it ended after {}", String::from_utf8_lossy(&read));
        read.extend_from_slice(&piece[..length]);
    }
    String::from_utf8(read).unwrap()
}

async fn until(what: impl Fn() -> bool) {
    while !what() {
        tokio::task::yield_now().await;
    }
}

fn counted(server: &Server, series: &str) -> bool {
    server.door.app.metrics.text(&metrics::moment(&server.door)).unwrap().lines().any(|line| line == series)
}

#[tokio::test]
async fn a_connection_that_asks_nothing_more_is_closed() {
    let server = Server::start(Limits { header_ms: 50, ..Limits::default() }).await;
    let mut idle = server.connect().await;
    idle.write_all(&request("{ hello }", "")).await.unwrap();
    assert!(answer_on(&mut idle).await.starts_with("HTTP/1.1 200 OK"));
    assert_eq!(rest_of(idle).await, "");
    until(|| counted(&server, "arvlite_connections_cut_total{reason=\"no_request\"} 1")).await;
}

#[tokio::test]
async fn a_body_that_drips_is_cut_when_the_requests_time_is_up() {
    let server = Server::start(hasty()).await;
    let mut stream = server.connect().await;
    let whole = request("{ hello }", "");
    stream.write_all(&whole[..whole.len() - 1]).await.unwrap();
    let answer = rest_of(stream).await;
    assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("TIMEOUT"), "{answer}");
}

#[tokio::test]
async fn a_reader_that_stops_is_cut_and_holds_nothing() {
    let server = Server::start(Limits { stall_ms: 100, ..Limits::default() }).await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut stalled = socket.connect(server.address).await.unwrap();
    let variables = json!({ "name": "x".repeat(900_000) });
    let body = json!({ "query": "query ($name: String!) { hello(name: $name) }", "variables": variables }).to_string();
    let head = format!(
        "POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stalled.write_all(head.as_bytes()).await.unwrap();
    stalled.write_all(body.as_bytes()).await.unwrap();
    until(|| counted(&server, "arvlite_connections_cut_total{reason=\"stalled\"} 1")).await;
    until(|| server.door.open.is_empty()).await;
}

#[tokio::test]
async fn one_address_takes_no_more_than_its_share() {
    let server = Server::start(Limits { connections_per_address: 1, ..Limits::default() }).await;
    let socket = server.socket().await;
    assert_eq!(rest_of(server.connect().await).await, "", "a socket is a connection too");
    assert!(counted(&server, "arvlite_connections_cut_total{reason=\"crowded\"} 1"));
    drop(socket);
    until(|| server.door.open.is_empty()).await;
    let mut again = server.connect().await;
    again.write_all(&request("{ hello }", "")).await.unwrap();
    assert!(answer_on(&mut again).await.starts_with("HTTP/1.1 200 OK"));
}

#[tokio::test]
async fn what_came_before_the_door_was_shut_is_answered() {
    let server = Server::start(Limits::default()).await;
    let mut streams = Vec::new();
    for _ in 0..50 {
        let mut stream = std::net::TcpStream::connect(server.address).unwrap();
        std::io::Write::write_all(&mut stream, &request("{ hello }", "")).unwrap();
        stream.set_nonblocking(true).unwrap();
        streams.push(stream);
    }
    // Nobody had the time to accept them.
    assert_eq!(server.door.open.len(), 0);
    server.stop.cancel();
    for stream in streams {
        let answer = rest_of(TcpStream::from_std(stream).unwrap()).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.contains("hello"), "{answer}");
    }
    server.ended.await.unwrap();
}
