//! Media types of requests and answers, as the GraphQL-over-HTTP draft has them.

use async_graphql::parser::types::OperationType;
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};

use super::refusal::{Code, Refusal};

/// The two media types of one answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answering {
    /// `application/graphql-response+json`: the status tells whether the operation ran.
    GraphqlResponse,
    /// `application/json`: 200 for every well-formed request.
    Json,
}

impl Answering {
    pub(super) fn header(self) -> &'static str {
        match self {
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
        }
    }

    /// The better of both, with how much it is liked. The newer one only to those who name it.
    fn better(ranges: &[Range<'_>]) -> Option<(Self, f32)> {
        let newer = liking(ranges, "application/graphql-response+json");
        let json = liking(ranges, "application/json");
        match (newer, json) {
            ((quality, Named::Exactly), (other, _)) if quality > 0.0 && quality >= other => {
                Some((Self::GraphqlResponse, quality))
            }
            (_, (quality, _)) if quality > 0.0 => Some((Self::Json, quality)),
            ((quality, _), _) if quality > 0.0 => Some((Self::GraphqlResponse, quality)),
            _ => None,
        }
    }
}

/// What whoever asks can read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wanted {
    /// How one answer is written, and every refusal of a request.
    pub(super) answering: Answering,
    streaming: Streaming,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Streaming {
    Never,
    /// Whoever reads both gets events only where one answer is not enough.
    Subscriptions,
    Always,
}

impl Wanted {
    pub(super) fn by(headers: &HeaderMap) -> Result<Self, Refusal> {
        let accepted: Vec<&str> = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).collect();
        let ranges: Vec<Range<'_>> = accepted.iter().flat_map(|list| list.split(',')).filter_map(Range::read).collect();
        if ranges.is_empty() {
            return Ok(Self { answering: Answering::Json, streaming: Streaming::Never });
        }
        let events = liking(&ranges, "text/event-stream");
        let events = Some(events).filter(|(quality, named)| *quality > 0.0 && *named == Named::Exactly);
        let (answering, streaming) = match (Answering::better(&ranges), events) {
            (Some((answering, quality)), Some((events, _))) if quality >= events => {
                (answering, Streaming::Subscriptions)
            }
            (better, Some(_)) => (better.map_or(Answering::Json, |(answering, _)| answering), Streaming::Always),
            (Some((answering, _)), None) => (answering, Streaming::Never),
            (None, None) => {
                let message = "answers are application/graphql-response+json, application/json or text/event-stream";
                return Err(Refusal::not_acceptable(message));
            }
        };
        Ok(Self { answering, streaming })
    }

    /// Whether an operation of this kind is answered by events; none if it is not known.
    pub(super) fn streams(self, operation: Option<OperationType>) -> bool {
        match self.streaming {
            Streaming::Never => false,
            Streaming::Subscriptions => operation == Some(OperationType::Subscription),
            Streaming::Always => true,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Named {
    Not,
    ByAnything,
    ByType,
    Exactly,
}

struct Range<'h> {
    name: &'h str,
    quality: f32,
}

impl<'h> Range<'h> {
    fn read(text: &'h str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let name = parts.next().filter(|name| !name.is_empty())?;
        let quality = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        Some(Self { name, quality: quality.map_or(1.0, |quality| quality.parse().unwrap_or(0.0)) })
    }

    fn names(&self, media_type: &str) -> Named {
        match self.name {
            name if name.eq_ignore_ascii_case(media_type) => Named::Exactly,
            name if name.eq_ignore_ascii_case("application/*") => Named::ByType,
            "*/*" => Named::ByAnything,
            _ => Named::Not,
        }
    }
}

/// The quality of the range that names a media type most closely.
fn liking(ranges: &[Range<'_>], media_type: &str) -> (f32, Named) {
    let closest = ranges.iter().map(|range| (range.quality, range.names(media_type))).max_by_key(|(_, named)| *named);
    closest.filter(|(_, named)| *named != Named::Not).unwrap_or((0.0, Named::Not))
}

/// The two media types of a request's body.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Sent {
    Json,
    /// With the boundary between its parts.
    Multipart(String),
}

impl Sent {
    pub(super) fn by(headers: &HeaderMap) -> Result<Self, Refusal> {
        let told = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let mut parts = told.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        if name.eq_ignore_ascii_case("multipart/form-data") {
            return multer::parse_boundary(told)
                .map(Self::Multipart)
                .map_err(|_| Refusal::malformed("the content type names no boundary"));
        }
        let in_utf8 = parts.filter_map(|part| part.split_once('=')).all(|(name, value)| {
            !name.trim().eq_ignore_ascii_case("charset") || value.trim_matches('"').eq_ignore_ascii_case("utf-8")
        });
        if name.eq_ignore_ascii_case("application/json") && in_utf8 {
            return Ok(Self::Json);
        }
        let message = "send application/json in UTF-8, or multipart/form-data for a file";
        Err(Refusal::of_request(StatusCode::UNSUPPORTED_MEDIA_TYPE, Code::BadRequest, message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by(accept: &str) -> Option<Wanted> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, accept.parse().unwrap());
        Wanted::by(&headers).ok()
    }

    fn wanted(accept: &str) -> Option<Answering> {
        by(accept).map(|wanted| wanted.answering)
    }

    #[test]
    fn the_newer_type_goes_to_those_who_name_it() {
        let (newer, json) = (Some(Answering::GraphqlResponse), Some(Answering::Json));
        let unsaid = Wanted::by(&HeaderMap::new()).ok().unwrap();
        assert_eq!((unsaid.answering, unsaid.streaming), (Answering::Json, Streaming::Never));
        assert_eq!(wanted("*/*"), json);
        assert_eq!(wanted("application/*"), json);
        assert_eq!(wanted("application/json, */*"), json);
        assert_eq!(wanted("text/html, application/xhtml+xml, */*;q=0.8"), json);
        assert_eq!(wanted("application/graphql-response+json"), newer);
        assert_eq!(wanted("application/json, application/graphql-response+json"), newer);
        assert_eq!(wanted("application/graphql-response+json; charset=utf-8, application/json; charset=utf-8"), newer);
        assert_eq!(wanted("application/graphql-response+json;q=0.5, application/json"), json);
        assert_eq!(wanted("application/graphql-response+json, application/json;q=0"), newer);
        assert_eq!(wanted("*/*, application/json;q=0"), newer);
        assert_eq!(wanted("text/html"), None);
        assert_eq!(wanted("application/json;q=0"), None);
    }

    #[test]
    fn events_are_for_those_who_name_them() {
        for (accept, answering, streaming) in [
            ("text/event-stream", Answering::Json, Streaming::Always),
            ("text/event-stream, */*;q=0.1", Answering::Json, Streaming::Always),
            ("Text/Event-Stream, application/json;q=0.9", Answering::Json, Streaming::Always),
            (
                "application/graphql-response+json, application/json, text/event-stream",
                Answering::GraphqlResponse,
                Streaming::Subscriptions,
            ),
            ("text/event-stream;q=0.5, application/json", Answering::Json, Streaming::Subscriptions),
            ("text/event-stream;q=0, application/json", Answering::Json, Streaming::Never),
            ("text/*, */*", Answering::Json, Streaming::Never),
        ] {
            assert_eq!(by(accept), Some(Wanted { answering, streaming }), "{accept}");
        }
        assert_eq!(by("text/*"), None);
        let both = by("application/json, text/event-stream").unwrap();
        assert!(both.streams(Some(OperationType::Subscription)));
        assert!(!both.streams(Some(OperationType::Query)) && !both.streams(None));
    }

    #[test]
    fn bodies_are_json_in_utf_8_or_multipart() {
        let sent = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, value.parse().unwrap());
            Sent::by(&headers).ok()
        };
        assert_eq!(sent("application/json"), Some(Sent::Json));
        assert_eq!(sent("Application/JSON; charset=\"UTF-8\""), Some(Sent::Json));
        assert_eq!(sent("application/json; charset=utf-16"), None);
        assert_eq!(sent("text/plain"), None);
        assert_eq!(sent("multipart/form-data; boundary=x"), Some(Sent::Multipart("x".to_owned())));
        assert_eq!(sent("multipart/form-data"), None);
    }
}
