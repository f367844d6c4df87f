//! An operation followed by server-sent events.

use std::time::Duration;

use axum::Router;
use axum::body::{Body, BodyDataStream};
use futures_util::StreamExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::Client;

const PATIENCE: Duration = Duration::from_secs(30);

/// An open event stream.
pub struct Events {
    pieces: BodyDataStream,
    read: String,
}

/// One event of it.
#[derive(Debug)]
pub struct Event {
    pub name: String,
    pub id: Option<String>,
    pub data: Value,
}

impl Events {
    /// Asks as somebody, who broke off after an event or did not.
    pub async fn open(router: &Router, who: &Client, document: &str, variables: Value, after: Option<&str>) -> Self {
        let mut request =
            who.request().header("accept", "text/event-stream").header("content-type", "application/json");
        if let Some(after) = after {
            request = request.header("last-event-id", after);
        }
        let body = json!({ "query": document, "variables": variables }).to_string();
        let response = router.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
        assert_eq!(response.headers()["content-type"], "text/event-stream", "{:?}", response.status());
        Self { pieces: response.into_body().into_data_stream(), read: String::new() }
    }

    /// The next event; none if the stream has ended.
    pub async fn next(&mut self) -> Option<Event> {
        tokio::time::timeout(PATIENCE, self.read_on()).await.expect("an event in time")
    }

    async fn read_on(&mut self) -> Option<Event> {
        loop {
            while let Some((block, rest)) = self.read.split_once("\n\n") {
                let field = |name: &str| {
                    let mut lines = block.lines().filter_map(|line| line.split_once(':'));
                    lines.find(|(field, _)| *field == name).map(|(_, value)| value.trim_start().to_owned())
                };
                let (name, id, data) = (field("event"), field("id"), field("data").unwrap_or_default());
                self.read = rest.to_owned();
                if let Some(name) = name {
                    return Some(Event { name, id, data: serde_json::from_str(&data).unwrap_or_default() });
                }
            }
            let piece = self.pieces.next().await?;
            self.read.push_str(std::str::from_utf8(&piece.unwrap()).unwrap());
        }
    }
}
