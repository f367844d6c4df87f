//! Several operations in one request, where the configuration takes that: a list of what would be one body each.
//!
//! They run one after another and share what one request may take: its time, and the fields of one document. Each has
//! an answer of its own, in the same order; the status is 200 under either media type, because no other one would be
//! true of all of them. A batch of one is still a list.

use std::fmt;

use async_graphql::parser::types::OperationType;
use axum::http::StatusCode;
use serde::de::{Deserializer as _, Error as _, SeqAccess, Visitor};
use tokio::time::Instant;

use super::Door;
use super::admit::{Admitted, admit};
use super::answer::Answer;
use super::graphql::{no_stream_here, run};
use super::parameters::{Parameters, checked, unreadable};
use super::refusal::{Code, Refusal};
use super::watch::Watch;
use crate::auth::Viewer;
use crate::config::Limits;
use crate::monitoring::Transport;

/// What a body asks for.
pub(super) enum Sent {
    One(Parameters),
    Several(Vec<Parameters>),
}

impl Sent {
    pub(super) fn read(body: &[u8], limits: &Limits) -> Result<Self, Refusal> {
        let text = checked(body, limits.json_depth)?;
        match text.trim_ascii_start().as_bytes().first() {
            Some(b'[') if limits.batch == 0 => {
                Err(Refusal::malformed("batches are not taken here: send one operation a request"))
            }
            Some(b'[') => Self::read_several(text, limits.batch),
            _ => Parameters::from_json(body, limits.json_depth).map(Self::One),
        }
    }

    fn read_several(text: &str, most: usize) -> Result<Self, Refusal> {
        let mut json = serde_json::Deserializer::from_str(text);
        let mut is_too_long = false;
        let list = UpTo { most, is_too_long: &mut is_too_long };
        let read = json.deserialize_seq(list).and_then(|several| json.end().map(|()| several));
        match read {
            Err(_) if is_too_long => Err(Refusal::malformed(format!("a batch has at most {most} operations"))),
            Err(error) => Err(unreadable(&error)),
            Ok(several) if several.is_empty() => Err(Refusal::malformed("the batch has no operation")),
            Ok(several) => Ok(Self::Several(several)),
        }
    }
}

/// Reads a list, unless it is longer than this: then its end is not worth reading.
struct UpTo<'l> {
    most: usize,
    is_too_long: &'l mut bool,
}

impl<'de> Visitor<'de> for UpTo<'_> {
    type Value = Vec<Parameters>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list of operations")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut read = Vec::new();
        while let Some(one) = list.next_element()? {
            if read.len() == self.most {
                *self.is_too_long = true;
                return Err(A::Error::custom("the list is too long"));
            }
            read.push(one);
        }
        Ok(read)
    }
}

/// What is let in of a batch, and why the rest is not.
pub(super) type Batch = Vec<Result<Admitted, Refusal>>;

pub(super) fn admit_all(door: &Door, several: Vec<Parameters>, viewer: &Viewer) -> Result<Batch, Refusal> {
    let let_in = |parameters: Parameters| {
        let incoming = parameters.into_incoming(None)?;
        let admitted = admit(door, incoming, viewer)?;
        match admitted.operation {
            OperationType::Subscription => Err(no_stream_here()),
            // Each would be a guess.
            OperationType::Mutation if admitted.signs_in => Err(Refusal::invalid("login does not come in a batch")),
            _ => Ok(admitted),
        }
    };
    let batch: Batch = several.into_iter().map(let_in).collect();
    let limits = &door.app.config.limits;
    let fields = batch.iter().flatten().fold(0_usize, |sum, admitted| sum.saturating_add(admitted.fields));
    if fields > limits.fields {
        let message =
            format!("the batch has more than {} fields after its fragments are expanded: {fields}", limits.fields);
        return Err(Refusal::of_request(StatusCode::BAD_REQUEST, Code::ValidationFailed, message).for_limit("fields"));
    }
    Ok(batch)
}

/// Runs a batch. What was done before it was let in is counted with its first operation.
pub(super) async fn run_all(
    door: &Door,
    batch: Batch,
    viewer: &Viewer,
    deadline: Instant,
    watch: Watch,
) -> Vec<Answer> {
    let mut answers = Vec::with_capacity(batch.len());
    let mut watch = Some(watch);
    for admitted in batch {
        let watch = watch.take().unwrap_or_else(|| Watch::start(&door.app, Transport::Http));
        watch.asked_by(viewer);
        let running = async {
            let admitted = admitted?;
            watch.admitted(admitted.operation);
            if Instant::now() >= deadline {
                return Err(Refusal::timeout());
            }
            run(door, admitted, viewer, deadline, &watch).await
        };
        let answered = watch.over(running).await;
        answers.push(answered.unwrap_or_else(|refusal| Answer::of_refusal(refusal, &viewer.caller.request_id)));
    }
    answers
}
