//! What is done to the server by those who want to hurt it.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::future::join_all;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{WebSocketStream, client_async};
use uuid::Uuid;

use crate::process::Socket;
use crate::server::Server;

/// Clients that storm at once.
pub const MANY: usize = 1_000;
pub const STALLED: usize = 20;
pub const SUBSCRIPTIONS: usize = 50;
/// Views that start while sockets stall. Each is an event for every subscription.
pub const EVENTS: usize = 4_000;
const PHONES: usize = 16;

const START: &str =
    "mutation ($input: ViewSessionStartInput!) { viewSessionStart(input: $input) { userErrors { code } } }";
const FOLLOW: &str = "subscription ($scope: AnalyticsScope!) { viewEvents(scope: $scope) { __typename \
    ... on ViewSessionStarted { viewSession { sessionId version status browser os startedAt updatedAt } } } }";

type Raw = WebSocketStream<TcpStream>;

/// Opens a socket, with as little room for what comes as there can be.
async fn shake_hands(address: &str) -> Raw {
    let mut request = format!("ws://{address}/graphql").into_client_request().unwrap();
    request.headers_mut().insert("Sec-WebSocket-Protocol", "graphql-transport-ws".parse().unwrap());
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4 * 1024).unwrap();
    let stream = socket.connect(address.parse::<SocketAddr>().unwrap()).await.unwrap();
    client_async(request, stream).await.unwrap().0
}

/// Sockets that never say who they are.
pub async fn silent_sockets(server: &Server) -> Vec<Raw> {
    let mut sockets = Vec::new();
    for _ in 0..MANY / 50 {
        sockets.extend(join_all((0..50).map(|_| shake_hands(&server.manager.address))).await);
    }
    sockets
}

/// Connections on which a head comes byte by byte.
pub async fn dripping_connections(server: &Server) -> JoinSet<()> {
    let mut dripping = JoinSet::new();
    for _ in 0..MANY {
        let mut stream = TcpStream::connect(&server.manager.address).await.unwrap();
        dripping.spawn(async move {
            let head =
                b"POST /graphql HTTP/1.1\r\nHost: a\r\nX-Filler: ".iter().copied().chain(std::iter::repeat(b'x'));
            for byte in head {
                if stream.write_all(&[byte]).await.is_err() {
                    return;
                }
                sleep(Duration::from_millis(500)).await;
            }
        });
    }
    dripping
}

/// Sockets that follow a studio many times over and read nothing of what they are told.
pub async fn stalled_sockets(server: &Server) -> Vec<Raw> {
    let shown = format!("Bearer {}", server.manager.token.as_deref().unwrap());
    join_all((0..STALLED).map(|_| async {
        let mut socket = shake_hands(&server.manager.address).await;
        let init = json!({ "type": "connection_init", "payload": { "authorization": shown } });
        socket.send(Message::text(init.to_string())).await.unwrap();
        socket.next().await.unwrap().unwrap();
        for number in 0..SUBSCRIPTIONS {
            let payload = json!({ "query": FOLLOW, "variables": scope(server) });
            let subscribe = json!({ "id": number.to_string(), "type": "subscribe", "payload": payload });
            socket.send(Message::text(subscribe.to_string())).await.unwrap();
        }
        socket
    }))
    .await
}

/// Lets phones start views, and counts what one who does read is told of them.
pub async fn events(server: &Server) -> usize {
    let mut follower = Socket::subscribed(&server.manager, FOLLOW, scope(server)).await;
    assert_eq!(follower.next().await["viewEvents"]["__typename"], "StreamCaughtUp");
    let nobody = server.nobody();
    let phones = join_all((0..PHONES).map(|_| async {
        for _ in 0..EVENTS / PHONES {
            let input = json!({ "input": { "uniqueId": server.code, "sessionId": Uuid::new_v4() } });
            nobody.ask(START, input).await;
        }
    }));
    let reading = async {
        let mut told = 0;
        while told < EVENTS {
            told += usize::from(follower.next().await["viewEvents"]["__typename"] == "ViewSessionStarted");
        }
        told
    };
    tokio::join!(phones, reading).1
}

fn scope(server: &Server) -> Value {
    json!({ "scope": { "companyId": server.company } })
}
