//! A mutation with a file beside it, by the GraphQL multipart request specification: `operations`, `map`, then the file.
//!
//! The file is not kept here: the resolver reads it piece by piece as it comes. A browser would send such a request from
//! any page without asking, so that it needs a header which no page may send unasked.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use async_graphql::{Name, Value, Variables};
use axum::body::{Body, Bytes};
use axum::http::HeaderMap;
use axum::http::header::HeaderName;
use futures_util::stream::unfold;
use futures_util::{Stream, StreamExt};
use multer::{Field, Multipart};
use tokio::time::{Instant, timeout_at};

use super::Door;
use super::graphql::too_long;
use super::parameters::{Parameters, checked};
use super::refusal::Refusal;
use crate::graphql::{Upload, UploadedFile};

const PREFLIGHT: HeaderName = HeaderName::from_static("graphql-require-preflight");
/// Whoever sends more slowly than this holds a connection for the sake of holding it.
const BYTES_A_SECOND: u64 = 4 * 1024;
/// One file has one path.
const MAP_BYTES: usize = 4 * 1024;

pub(super) fn check_preflight(headers: &HeaderMap) -> Result<(), Refusal> {
    match headers.get(PREFLIGHT) {
        Some(value) if !value.is_empty() => Ok(()),
        _ => Err(Refusal::malformed("multipart/form-data needs the header GraphQL-Require-Preflight: 1")),
    }
}

/// Reads up to where the file's bytes begin.
pub(super) async fn read(body: Body, boundary: String, door: &Door) -> Result<(Parameters, UploadedFile), Refusal> {
    let limits = &door.app.config.limits;
    let patience = Duration::from_millis(limits.header_ms);
    let mut parts = Multipart::new(pieces(body, patience), boundary);

    let operations = part(&mut parts, "operations", limits.body_bytes).await?;
    let mut parameters = Parameters::from_json(&operations, limits.json_depth)?;
    let map = part(&mut parts, "map", MAP_BYTES).await?;
    let (file_part, path) = only_file(&map)?;
    *target(parameters.variables_mut(), &path).ok_or_else(bad_map)? = Upload::marker();

    let file = next(&mut parts).await?.filter(|file| file.name() == Some(file_part.as_str()));
    let file =
        file.ok_or_else(|| Refusal::malformed("the file that map names is missing, or is not the third part"))?;
    let (name, content_type) = (file.file_name().map(str::to_owned), file.content_type().map(ToString::to_string));
    let bytes = file.map(|piece| piece.map_err(io::Error::other)).boxed();
    Ok((parameters, UploadedFile { name, content_type, bytes }))
}

/// The body's pieces, as long as each next one comes in time and all of them together come fast enough.
fn pieces(body: Body, patience: Duration) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
    let begun = Instant::now();
    unfold((body.into_data_stream(), 0), move |(mut body, received)| async move {
        let deadline = time_for_the_next(Instant::now(), begun, received, patience);
        match timeout_at(deadline, body.next()).await {
            Ok(piece) => {
                let piece = piece?.map_err(io::Error::other);
                let received = received + piece.as_ref().map_or(0, |piece| piece.len() as u64);
                Some((piece, (body, received)))
            }
            Err(_) => Some((Err(io::ErrorKind::TimedOut.into()), (Body::empty().into_data_stream(), received))),
        }
    })
}

fn time_for_the_next(now: Instant, begun: Instant, received: u64, patience: Duration) -> Instant {
    let soon = now + patience;
    let earned = begun.checked_add(patience + Duration::from_secs(received / BYTES_A_SECOND));
    earned.map_or(soon, |earned| earned.min(soon))
}

async fn next(parts: &mut Multipart<'static>) -> Result<Option<Field<'static>>, Refusal> {
    parts.next_field().await.map_err(|_| broken())
}

/// A whole part, which must have this name and be no longer than this.
async fn part(parts: &mut Multipart<'static>, name: &str, most: usize) -> Result<Vec<u8>, Refusal> {
    let field = next(parts).await?.filter(|field| field.name() == Some(name));
    let mut field =
        field.ok_or_else(|| Refusal::malformed("the parts are operations, map and the file, in this order"))?;
    let mut read = Vec::new();
    while let Some(piece) = field.chunk().await.map_err(|_| broken())? {
        if read.len() + piece.len() > most {
            return Err(too_long(most));
        }
        read.extend_from_slice(&piece);
    }
    Ok(read)
}

/// The part's name and the path of the variable that it fills.
fn only_file(map: &[u8]) -> Result<(String, String), Refusal> {
    let map: BTreeMap<String, Vec<String>> = serde_json::from_str(checked(map, 2)?).map_err(|_| bad_map())?;
    let mut files = map.into_iter().flat_map(|(part, paths)| paths.into_iter().map(move |path| (part.clone(), path)));
    match (files.next(), files.next()) {
        (Some(file), None) => Ok(file),
        _ => Err(bad_map()),
    }
}

/// The null that a path such as `variables.input.file` leads to.
fn target<'v>(variables: &'v mut Variables, path: &str) -> Option<&'v mut Value> {
    let mut steps = path.strip_prefix("variables.")?.split('.');
    let first = variables.get_mut(&Name::new(steps.next()?))?;
    let found = steps.try_fold(first, |value, step| match value {
        Value::Object(fields) => fields.get_mut(&Name::new(step)),
        Value::List(items) => items.get_mut(step.parse::<usize>().ok()?),
        _ => None,
    })?;
    matches!(found, Value::Null).then_some(found)
}

fn bad_map() -> Refusal {
    Refusal::malformed("map names one part with one path, which leads to a null in variables")
}

fn broken() -> Refusal {
    Refusal::malformed("the parts of the body cannot be told apart, or stopped coming")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_may_take_long_but_not_drip() {
        let (begun, patience) = (Instant::now(), Duration::from_secs(10));
        let left = |seconds: u64, received: u64| {
            let now = begun + Duration::from_secs(seconds);
            time_for_the_next(now, begun, received, patience).saturating_duration_since(now).as_secs()
        };
        assert_eq!(left(0, 0), 10);
        assert_eq!(left(600, 600 * BYTES_A_SECOND), 10);
        assert_eq!(left(600, 598 * BYTES_A_SECOND), 8);
        assert_eq!(left(600, 600), 0);
        assert_eq!(left(0, u64::MAX), 10);
    }
}
