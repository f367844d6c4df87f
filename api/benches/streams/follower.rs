//! A dashboard that costs next to nothing itself: it reads frames as they lie on the wire, and of each only the mark that the
//! phone left in it.

use std::net::SocketAddr;
use std::ops::Range;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{Instant, sleep, timeout};
use uuid::Uuid;

use crate::server::Server;

const TEXT: u8 = 1;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;
const SESSION: &str = "\"sessionId\":\"";

/// An open socket.
pub struct Follower {
    stream: TcpStream,
    read: Vec<u8>,
    /// How much of that is done with.
    taken: usize,
    /// The cursor where it was caught up, if it asked for that.
    pub stands_at: String,
}

/// What a follower heard of the views of one phase.
pub struct Heard {
    pub events: usize,
    pub doubled: usize,
    pub waits: Vec<Duration>,
}

/// The id of a view that says when its phone began to send it.
pub fn marked(phase: u16, event: usize, at: Duration) -> Uuid {
    let (event, nanos) = (u128::try_from(event).unwrap(), at.as_nanos());
    Uuid::from_u128(u128::from(phase) << 112 | event << 64 | nanos)
}

impl Follower {
    /// Opens a socket and subscribes there, so many times; with so much room for what it does not read, and after where it
    /// broke off. If the server asks for that, it comes again a moment later.
    pub async fn open(
        server: &Server,
        selection: &str,
        subscriptions: usize,
        room: Option<u32>,
        broke_off: Option<&str>,
    ) -> Self {
        loop {
            if let Some(follower) = Self::try_open(server, selection, subscriptions, room, broke_off).await {
                return follower;
            }
            sleep(Duration::from_millis(rand::random_range(500..1_500))).await;
        }
    }

    async fn try_open(
        server: &Server,
        selection: &str,
        subscriptions: usize,
        room: Option<u32>,
        broke_off: Option<&str>,
    ) -> Option<Self> {
        let socket = TcpSocket::new_v4().unwrap();
        if let Some(room) = room {
            socket.set_recv_buffer_size(room).unwrap();
        }
        let address = &server.manager.address;
        let stream = socket.connect(address.parse::<SocketAddr>().unwrap()).await.unwrap();
        let mut follower = Self { stream, read: Vec::with_capacity(4 * 1024), taken: 0, stands_at: String::new() };
        let handshake = format!(
            "GET /graphql HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
        );
        follower.stream.write_all(handshake.as_bytes()).await.unwrap();
        follower.skip_head().await;
        let shown = format!("Bearer {}", server.manager.token.as_deref().unwrap());
        follower.say(&json!({ "type": "connection_init", "payload": { "authorization": shown } })).await;
        follower.hear("connection_ack").await?;
        let query = format!(
            "subscription ($scope: AnalyticsScope!, $after: String) {{
                viewEvents(scope: $scope, after: $after) {{ __typename {selection} }} }}"
        );
        for number in 0..subscriptions {
            let variables = json!({ "scope": { "companyId": server.company }, "after": broke_off });
            let payload = json!({ "query": query, "variables": variables });
            follower.say(&json!({ "id": number.to_string(), "type": "subscribe", "payload": payload })).await;
            if broke_off.is_none() {
                let told = follower.hear("StreamCaughtUp").await?;
                let cursor = told.split_once("\"cursor\":\"").and_then(|(_, rest)| rest.split_once('"'));
                follower.stands_at = cursor.map(|(cursor, _)| cursor.to_owned()).unwrap_or_default();
            }
        }
        Some(follower)
    }

    /// Reads until it was told all events of a phase, or they do not come.
    pub async fn read(mut self, phase: u16, events: usize, begun: Instant, patience: Duration) -> (Self, Heard) {
        let (mut told, mut doubled, mut waits) = (vec![false; events], 0, Vec::with_capacity(events));
        while waits.len() < events {
            let Some((kind, frame)) = self.next() else {
                match timeout(patience, self.more()).await {
                    Ok(()) => continue,
                    Err(_) => break,
                }
            };
            if kind == PING {
                self.send(PONG, &[]).await;
                continue;
            }
            let mark = mark_in(&self.read[frame]).filter(|mark| kind == TEXT && mark >> 112 == u128::from(phase));
            let Some(mark) = mark else { continue };
            let event = usize::try_from(mark >> 64 & 0xffff_ffff).unwrap();
            let sent = Duration::from_nanos(u64::try_from(mark & u128::from(u64::MAX)).unwrap());
            doubled += usize::from(std::mem::replace(&mut told[event], true));
            waits.push(begun.elapsed().saturating_sub(sent));
        }
        (self, Heard { events: waits.len() - doubled, doubled, waits })
    }

    async fn skip_head(&mut self) {
        loop {
            if let Some(end) = self.read.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                assert!(self.read.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&self.read));
                self.taken = end + 4;
                return;
            }
            self.more().await;
        }
    }

    /// The next message, which has this word in it; none if the server hangs up.
    async fn hear(&mut self, word: &str) -> Option<String> {
        let frame = loop {
            match self.next() {
                Some((TEXT, frame)) => break frame,
                Some((CLOSE, _)) => return None,
                Some(_) => self.send(PONG, &[]).await,
                None => self.more().await,
            }
        };
        let text = std::str::from_utf8(&self.read[frame]).unwrap();
        assert!(text.contains(word), "{text}");
        Some(text.to_owned())
    }

    /// The next frame that was read already: its kind, and where it lies. The server's are neither masked nor divided.
    fn next(&mut self) -> Option<(u8, Range<usize>)> {
        let read = &self.read[self.taken..];
        let (kind, short) = (read.first()? & 0xf, usize::from(read.get(1)? & 0x7f));
        let (start, length) = match short {
            126 => (4, usize::from(u16::from_be_bytes(read.get(2..4)?.try_into().unwrap()))),
            127 => (10, usize::try_from(u64::from_be_bytes(read.get(2..10)?.try_into().unwrap())).unwrap()),
            short => (2, short),
        };
        if read.len() < start + length {
            return None;
        }
        let frame = self.taken + start..self.taken + start + length;
        self.taken = frame.end;
        Some((kind, frame))
    }

    /// Reads on, and forgets what was taken.
    async fn more(&mut self) {
        self.read.drain(..self.taken);
        self.taken = 0;
        let read = self.stream.read_buf(&mut self.read).await.unwrap();
        assert!(read > 0, "the server hung up on a follower");
    }

    async fn say(&mut self, message: &Value) {
        self.send(TEXT, message.to_string().as_bytes()).await;
    }

    /// A client's frames are masked; with nothing, as good as with anything.
    async fn send(&mut self, kind: u8, bytes: &[u8]) {
        let length = u16::try_from(bytes.len()).unwrap();
        let mut frame = vec![0x80 | kind];
        match u8::try_from(length) {
            Ok(short) if short < 126 => frame.push(0x80 | short),
            _ => {
                frame.push(0x80 | 126);
                frame.extend(length.to_be_bytes());
            }
        }
        frame.extend([0; 4]);
        frame.extend(bytes);
        self.stream.write_all(&frame).await.unwrap();
    }
}

fn mark_in(frame: &[u8]) -> Option<u128> {
    let frame = std::str::from_utf8(frame).ok()?;
    let start = frame.find(SESSION)? + SESSION.len();
    Uuid::try_parse(frame.get(start..start + 36)?).ok().map(|id| id.as_u128())
}
