//! Phones that all start a view at once.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use uuid::Uuid;

/// Connections at once.
pub const CONNECTIONS: usize = 64;

const START: &str = "mutation ($input: ViewSessionStartInput!) { viewSessionStart(input: $input) {
    viewToken heartbeatSeconds playback { available video { url } } userErrors { code } } }";

/// What became of a burst.
pub struct Burst {
    took: Duration,
    /// How long each start took, the fastest first.
    each: Vec<Duration>,
    /// Starts without a token.
    pub errors: usize,
}

impl Burst {
    pub fn starts(&self) -> usize {
        self.each.len()
    }

    pub fn per_second(&self) -> f64 {
        self.starts() as f64 / self.took.as_secs_f64()
    }

    pub fn quantile(&self, share: f64) -> Duration {
        let place = (self.each.len() as f64 * share) as usize;
        self.each[place.min(self.each.len() - 1)]
    }
}

/// So many starts, each on the next of these orders.
pub async fn burst(address: SocketAddr, codes: &[String], starts: usize) -> Burst {
    let (codes, next): (Arc<[String]>, _) = (codes.into(), Arc::new(AtomicUsize::new(0)));
    let mut connections = Vec::new();
    for _ in 0..CONNECTIONS {
        connections.push(BufReader::new(TcpStream::connect(address).await.unwrap()));
    }
    let (began, mut phones) = (Instant::now(), JoinSet::new());
    for mut connection in connections {
        let (codes, next) = (Arc::clone(&codes), Arc::clone(&next));
        phones.spawn(async move {
            let (mut each, mut errors) = (Vec::new(), 0);
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= starts {
                    return (each, errors);
                }
                let since = Instant::now();
                let answer = start(&mut connection, &codes[number % codes.len()], number).await;
                each.push(since.elapsed());
                errors += usize::from(!answer.contains(r#""viewToken":""#));
            }
        });
    }
    let (mut each, mut errors) = (Vec::with_capacity(starts), 0);
    for (times, failed) in phones.join_all().await {
        each.extend(times);
        errors += failed;
    }
    let took = began.elapsed();
    each.sort_unstable();
    Burst { took, each, errors }
}

/// Each phone has a name of its own, so that each is a viewer.
async fn start(connection: &mut BufReader<TcpStream>, code: &str, number: usize) -> String {
    let input = json!({ "uniqueId": code, "sessionId": Uuid::new_v4() });
    let body = json!({ "query": START, "variables": { "input": input } }).to_string();
    let head = format!(
        "POST /graphql HTTP/1.1\r\nHost: phones\r\nContent-Type: application/json\r\nUser-Agent: Mozilla/5.0 (Linux; \
         Android 15; Phone {number}) AppleWebKit/537.36 Chrome/140.0.0.0 Mobile Safari/537.36\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    connection.get_mut().write_all(format!("{head}{body}").as_bytes()).await.unwrap();
    let mut length = 0;
    loop {
        let mut line = String::new();
        connection.read_line(&mut line).await.unwrap();
        match line.trim_end().to_ascii_lowercase().split_once(": ") {
            Some(("content-length", told)) => length = told.parse().unwrap(),
            Some(_) => {}
            None if line.trim_end().is_empty() => break,
            None => {}
        }
    }
    let mut answer = vec![0; length];
    connection.read_exact(&mut answer).await.unwrap();
    String::from_utf8(answer).unwrap()
}
