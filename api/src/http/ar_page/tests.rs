use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, StatusCode},
};
use chrono::TimeDelta;
use tower::ServiceExt as _;

use super::*;

fn playing() -> Value {
    json!({
        "uniqueId": "0b1f6b1e-7d0a-4c53-9a53-2f1c9b8f6d11",
        "at": "2026-11-21T10:00:00Z",
        "available": true,
        "reason": null,
        "photo": { "url": "https://media.example.com/media/a?b=1&c=\"2\"", "width": 1200, "height": 1600 },
        "video": { "url": "https://media.example.com:8443/media/d", "width": 720, "height": 960 },
        "validUntil": "2026-11-21T12:00:00Z",
    })
}

fn silent(reason: &str) -> Value {
    json!({ "uniqueId": "0b1f6b1e-7d0a-4c53-9a53-2f1c9b8f6d11", "available": false, "reason": reason })
}

#[test]
fn the_page_shows_the_photo_before_any_script_runs() {
    let page = render(&playing(), Language::English);
    let photo = "https://media.example.com/media/a?b=1&amp;c=&quot;2&quot;";
    assert!(page.contains(&format!("src=\"{photo}\" width=\"1200\" height=\"1600\"")));
    assert!(page.contains(&format!("<meta property=\"og:image\" content=\"{photo}\">")));
    assert!(page.contains("<title>A photo that comes alive</title>"));
    assert!(page.contains("data-state=\"ready\""));
    assert!(!page.contains("{{"), "a place of the template was not filled");
}

#[test]
fn every_reason_has_its_own_words_in_both_languages() {
    let reasons = ["NOT_FOUND", "EXPIRED", "NOT_PUBLISHED", "SUSPENDED", "PHOTO_MISSING", "NO_PLAYABLE_VIDEO"];
    let mut seen = Vec::new();
    for language in [Language::English, Language::Russian] {
        for reason in reasons {
            let page = render(&silent(reason), language);
            let message = language.texts().reason(Some(reason));
            assert!(page.contains(&format!("<title>{}</title>", message.headline)));
            assert!(page.contains(message.detail));
            assert!(page.contains("data-state=\"unavailable\""));
            assert!(!seen.contains(&message.headline), "{reason}");
            seen.push(message.headline);
        }
    }
}

#[test]
fn data_cannot_leave_its_script_element_nor_be_read_as_template() {
    let mut playback = playing();
    playback["video"]["url"] = json!("</script><script>alert(1)</script>{{data}}");
    let page = render(&playback, Language::English);
    assert!(!page.contains("<script>alert"));
    assert!(page.contains("\\u003c/script>\\u003cscript>alert(1)\\u003c/script>{{data}}"));
}

#[test]
fn the_visitors_language_is_the_best_liked_one_that_we_speak() {
    let preferred = |header| Language::preferred(Some(header));
    assert_eq!(preferred("ru-RU,ru;q=0.9,en;q=0.8"), Language::Russian);
    assert_eq!(preferred("de, ru;q=0.4, en;q=0.6"), Language::English);
    assert_eq!(preferred("de;q=0.9, RU;q=0.1"), Language::Russian);
    assert_eq!(preferred("ru;q=0, fr"), Language::English);
    assert_eq!(preferred("rue"), Language::English);
    assert_eq!(Language::preferred(None), Language::English);
}

#[test]
fn headers_keep_the_page_until_the_video_changes_and_guard_it() {
    let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
    let header_of = |playback: &Value, until: Option<i64>, name: header::HeaderName| {
        let until = until.map(|milliseconds| now + TimeDelta::milliseconds(milliseconds));
        let response = page_response(playback, &HeaderMap::new(), until, now);
        assert_eq!(response.status(), StatusCode::OK);
        response.headers()[name].to_str().unwrap().to_owned()
    };
    let cache = |until| header_of(&playing(), until, header::CACHE_CONTROL);
    assert_eq!(cache(Some(42_900)), "private, max-age=42");
    assert_eq!(cache(Some(-1_000)), "private, max-age=0");
    assert_eq!(cache(Some(86_400_000)), "private, max-age=300");
    assert_eq!(cache(None), "private, max-age=300");
    assert_eq!(header_of(&silent("NOT_FOUND"), Some(42_000), header::CACHE_CONTROL), "no-store");
    let policy = header_of(&playing(), None, header::CONTENT_SECURITY_POLICY);
    assert!(policy.contains("script-src 'self';"));
    assert!(policy.contains("img-src 'self' https://media.example.com;"));
    assert!(policy.contains("media-src 'self' https://media.example.com:8443;"));
}

#[test]
fn an_address_that_could_widen_the_policy_is_left_out() {
    assert_eq!(origin("http://[::1]:4000/media/a"), Some("http://[::1]:4000"));
    for url in ["/media/a", "data:x", "https://a; script-src *", "https://*", "ftp://a/b", "https:///a"] {
        assert_eq!(origin(url), None, "{url}");
    }
}

#[tokio::test]
async fn assets_are_kept_for_good_under_their_version_and_revalidated_by_etag() {
    let routes: Router = assets();
    let ask = |path: String, etag: &str| {
        let request = Request::get(path).header(header::IF_NONE_MATCH, etag).body(Body::empty()).unwrap();
        routes.clone().oneshot(request)
    };
    let page = render(&playing(), Language::English);
    let folder = format!("/ar/assets/{}", *assets::VERSION);
    for name in ["ar.css", "ar.js", "view_session.js", "reports.js", "graphql.js", "icon.svg"] {
        let path = format!("{folder}/{name}");
        assert!(page.contains(&path), "{name} is named by the page");
        let answer = ask(path.clone(), "").await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        assert!(answer.headers()[header::CACHE_CONTROL].to_str().unwrap().contains("immutable"));
        let etag = answer.headers()[header::ETAG].to_str().unwrap().to_owned();
        let again = ask(path, &format!("\"other\", {etag}")).await.unwrap();
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        assert!(to_bytes(again.into_body(), 1).await.unwrap().is_empty());
    }
    let older = ask("/ar/assets/older/ar.js".to_owned(), "").await.unwrap();
    assert_eq!(older.headers()[header::CACHE_CONTROL], "no-cache");
    let absent = ask(format!("{folder}/ar.exe"), "").await.unwrap();
    assert_eq!(absent.status(), StatusCode::NOT_FOUND);
}
