//! What is measured, one kind of work each.

use std::fmt;

use futures_util::future::join_all;
use serde_json::json;
use uuid::Uuid;

use crate::house::{FOLLOWERS, House, SEEN};

/// A kind of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// The least that can be asked: what the door itself takes.
    Smallest,
    /// A document of nearly a thousand fields, none of which is run: what it takes to let it in.
    Admission,
    /// Four levels, at most five rows of each parent.
    NestedRead,
    /// A hundred rows with three relations.
    WideList,
    /// What a phone is told to play.
    Playback,
    /// Sixty-four phones at once on one photo.
    StartsOnOne,
    /// Sixty-four phones at once, each on another photo.
    StartsOnMany,
    /// A view that starts, told to five hundred dashboards.
    FanOut,
}

const NESTED_READ: &str = "{ companies(first: 5) { nodes { id name projects(first: 5) { nodes { id name status
    arContents(first: 5) { nodes { id orderNumber customerName expiresAt
        videos(first: 5) { nodes { id filename status isActive } } } } } } } } }";

const WIDE_LIST: &str = "{ arContents(first: 100) { nodes { id orderNumber customerName status expiresAt
    company { id name } project { id name } videos(first: 1) { nodes { id filename } } } } }";

const PLAYBACK: &str =
    "query ($code: UUID!) { arPlayback(uniqueId: $code) { reason validUntil photo { url } video { url } } }";

const START: &str = "mutation ($code: UUID!, $session: UUID!) {
    viewSessionStart(input: { uniqueId: $code, sessionId: $session }) { viewToken userErrors { message } } }";

impl Work {
    pub const ALL: &[Self] = &[
        Self::Smallest,
        Self::Admission,
        Self::NestedRead,
        Self::WideList,
        Self::Playback,
        Self::StartsOnOne,
        Self::StartsOnMany,
        Self::FanOut,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Smallest => "smallest request",
            Self::Admission => "admission of 959 fields",
            Self::NestedRead => "nested read, at most 5^4",
            Self::WideList => "100 rows, three relations",
            Self::Playback => "public playback",
            Self::StartsOnOne => "64 starts on one photo",
            Self::StartsOnMany => "64 starts on 64 photos",
            Self::FanOut => "1 event to 500 followers",
        }
    }

    /// How many requests, or followers who are told something, one run is.
    pub fn requests(self) -> usize {
        match self {
            Self::StartsOnOne | Self::StartsOnMany => SEEN,
            Self::FanOut => FOLLOWERS,
            _ => 1,
        }
    }

    /// Does it once, and gives the number of bytes that were answered.
    pub fn run(self, house: &House) -> usize {
        house.wait(async {
            match self {
                Self::Smallest => house.ask("{ __typename }", json!({})).await.len(),
                Self::Admission => house.ask(&admission(), json!({})).await.len(),
                Self::NestedRead => house.ask(NESTED_READ, json!({})).await.len(),
                Self::WideList => house.ask(WIDE_LIST, json!({})).await.len(),
                Self::Playback => house.ask(PLAYBACK, json!({ "code": house.codes[0] })).await.len(),
                Self::StartsOnOne => starts(house, |_| 0).await,
                Self::StartsOnMany => starts(house, |phone| phone).await,
                Self::FanOut => {
                    let (answered, told) = tokio::join!(start(house, 0), house.told_to_all());
                    answered + told
                }
            }
        })
    }
}

impl fmt::Display for Work {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// Nearly as many fields as a document may have, all left out when it is run.
fn admission() -> String {
    let row = "id orderNumber customerName customerPhone customerEmail status expiresAt createdAt updatedAt viewsCount";
    let rows = format!("nodes {{ {row} }} ").repeat(87);
    format!("{{ __typename ... @skip(if: true) {{ arContents {{ {rows} }} }} }}")
}

async fn starts(house: &House, code_of: impl Fn(usize) -> usize) -> usize {
    let answered = join_all((0..SEEN).map(|phone| start(house, code_of(phone))));
    answered.await.into_iter().sum()
}

async fn start(house: &House, code: usize) -> usize {
    let variables = json!({ "code": house.codes[code], "session": Uuid::new_v4() });
    house.ask(START, variables).await.len()
}
