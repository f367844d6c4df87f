//! The page that a scanned code opens: the photo, which comes alive on a tap, or a kind word why it does not.
//!
//! Here: the page as HTML ([`render`]), the response around it ([`page_response`]), its words and its files. Not here:
//! what plays (`domain::playback`), and views: the page's script starts them when the video starts to load, so that a
//! preview or a prefetch, which runs no script, counts nothing (`view_beacon.rs` takes what it reports). Start at
//! [`page_response`].

use axum::{
    http::{HeaderMap, header},
    response::{Html, IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::caching::{Audience, Kept};

mod assets;
mod texts;

#[cfg(test)]
mod tests;

pub use assets::assets;
pub use texts::Language;

const TEMPLATE: &str = include_str!("../../../assets/ar/index.html");

/// The page as a response, kept by the visitor's browser up to `max_age_until` and never when nothing plays.
///
/// `playback` is the API's `ArPlayback` with its contract's field names; of it the page needs `uniqueId`, `at`,
/// `available`, `reason`, `photo { url width height }`, `video { url width height }` and `validUntil`.
pub fn page_response(
    playback: &Value,
    headers: &HeaderMap,
    max_age_until: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Response {
    let language = Language::preferred(headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()));
    let kept = (playback["available"] == true).then(|| {
        // Two pages that differ in nothing but the instant are the same: the script takes no clock from a page.
        let mut timeless = playback.clone();
        timeless["at"] = Value::Null;
        Kept::until(Audience::Visitor, "Accept-Language", max_age_until, now, &render(&timeless, language), headers)
    });
    if let Some(kept) = kept.as_ref().filter(|kept| kept.is_known) {
        return kept.not_modified();
    }
    let policies = [
        (header::CACHE_CONTROL, "no-store".to_owned()),
        (header::CONTENT_SECURITY_POLICY, content_security_policy(playback)),
        (header::VARY, "Accept-Language".to_owned()),
        // The address of the page is the key to the photo. (`no-referrer` would blank the Origin of the beacons.)
        (header::REFERRER_POLICY, "same-origin".to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    let mut response = (policies, Html(render(playback, language))).into_response();
    if let Some(kept) = kept {
        kept.tell(response.headers_mut());
    }
    response
}

/// The page as HTML.
pub fn render(playback: &Value, language: Language) -> String {
    let texts = language.texts();
    let available = playback["available"] == true;
    let message = if available { &texts.ready } else { texts.reason(playback["reason"].as_str()) };
    let title = if available { texts.title } else { message.headline };
    fill(TEMPLATE, |name| match name {
        "language" => language.tag().to_owned(),
        "assets" => format!("/ar/assets/{}", *assets::VERSION),
        "title" => escape(title),
        "headline" => escape(message.headline),
        "detail" => escape(message.detail),
        "state" => if available { "ready" } else { "unavailable" }.to_owned(),
        "preview" => preview(&playback["photo"]),
        "shape" => shape(&playback["photo"]).to_owned(),
        "photo" => photo(&playback["photo"]),
        "plain_video" => plain_video(&playback["video"]),
        "data" => data(playback),
        _ => String::new(),
    })
}

/// Replaces each `{{name}}` in one pass, so that no value is ever read as a template.
fn fill(template: &str, value: impl Fn(&str) -> String) -> String {
    let mut pieces = template.split("{{");
    let mut page = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        if let Some((name, rest)) = piece.split_once("}}") {
            page.push_str(&value(name));
            page.push_str(rest);
        }
    }
    page
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            _ => escaped.push(character),
        }
    }
    escaped
}

/// What a messenger shows of the link.
fn preview(photo: &Value) -> String {
    photo["url"]
        .as_str()
        .map_or_else(String::new, |url| format!(r#"<meta property="og:image" content="{}">"#, escape(url)))
}

/// About the photo's shape, so that the page hardly moves when the script sets the exact one.
fn shape(photo: &Value) -> &'static str {
    match (photo["width"].as_u64(), photo["height"].as_u64()) {
        (Some(width), Some(height)) if width < height => "upright",
        (Some(width), Some(height)) if width == height => "square",
        _ => "wide",
    }
}

fn photo(photo: &Value) -> String {
    let Some(url) = photo["url"].as_str() else {
        return r#"<img id="photo" class="photo" alt="" hidden>"#.to_owned();
    };
    let size = match (photo["width"].as_u64(), photo["height"].as_u64()) {
        (Some(width), Some(height)) => format!(r#" width="{width}" height="{height}""#),
        _ => String::new(),
    };
    format!(r#"<img id="photo" class="photo" alt="" src="{}"{size}>"#, escape(url))
}

/// For browsers without scripts: the video still plays, only nobody counts it.
fn plain_video(video: &Value) -> String {
    video["url"].as_str().map_or_else(String::new, |url| {
        format!(r#"<video class="plain" controls playsinline preload="none" src="{}"></video>"#, escape(url))
    })
}

/// What the script starts from. Inside a script element only `<` could end it.
fn data(playback: &Value) -> String {
    json!({ "playback": playback, "texts": texts::DICTIONARY }).to_string().replace('<', "\\u003c")
}

/// Nothing but this server, and the place where photo and video are kept if that is another.
fn content_security_policy(playback: &Value) -> String {
    let kept_at = |name| playback[name]["url"].as_str().and_then(origin).unwrap_or_default();
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' {}; media-src 'self' {}; \
         connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        kept_at("photo"),
        kept_at("video"),
    )
}

/// Scheme, host and port of an absolute address, if they are plain enough for a header.
fn origin(url: &str) -> Option<&str> {
    let (scheme, rest) = url.split_once("://")?;
    let host = rest.split(['/', '?', '#']).next()?;
    let plain = |character: char| character.is_ascii_alphanumeric() || ".-:[]".contains(character);
    let known = matches!(scheme, "http" | "https") && !host.is_empty() && host.chars().all(plain);
    known.then(|| &url[..scheme.len() + "://".len() + host.len()])
}
