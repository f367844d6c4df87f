//! What a phone is told may be kept up to the instant at which it changes, and no longer than some minutes.

use arvlite_api::http;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use chrono::TimeDelta;
use serde_json::{Value, json};
use tower::ServiceExt;
use uuid::Uuid;

use crate::support::TestApp;
use crate::video_rotation_schedule::Setting;

/// An answer as a browser sees it.
struct Got {
    status: StatusCode,
    cache_control: String,
    tag: String,
    body: String,
}

impl TestApp {
    async fn get(&self, path: &str, known: &str) -> Got {
        let request = Request::get(path).header(header::IF_NONE_MATCH, known).body(Body::empty()).unwrap();
        let response = http::router(self.app.clone()).oneshot(request).await.unwrap();
        let text = |name| response.headers().get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
        let (cache_control, tag, status) = (text(header::CACHE_CONTROL), text(header::ETAG), response.status());
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        Got { status, cache_control, tag, body: String::from_utf8(body.to_vec()).unwrap() }
    }
}

fn query(document: &str) -> String {
    let encoded: String = document.bytes().map(|byte| format!("%{byte:02X}")).collect();
    format!("/graphql?query={encoded}")
}

/// What is asked by a code: the API and the page.
fn paths_of(id: Uuid) -> [String; 2] {
    let ask =
        format!("{{ arPlayback(uniqueId: \"{id}\") {{ at available reason video {{ url source }} validUntil }} }}");
    [query(&ask), format!("/ar/{id}")]
}

impl Setting {
    fn paths(&self) -> [String; 2] {
        paths_of(self.content.unique_id)
    }

    /// The name of a video's bytes.
    async fn bytes_of(&self, place: usize) -> String {
        let name = format!(
            "SELECT name FROM media JOIN videos v ON v.media_id = media.id WHERE v.id = {}",
            self.videos[place].id
        );
        self.app.column::<String>(&name).await.remove(0)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_kept_until_the_video_changes_and_known_again_by_its_tag() {
    let setting = Setting::start().await;
    setting.app.window(&setting.videos[1], 1, 2).await;
    let (first, second) = (setting.bytes_of(0).await, setting.bytes_of(1).await);
    for (path, audience) in setting.paths().iter().zip(["public", "private"]) {
        let app = &TestApp::on(setting.app.app.config.database_url.as_deref().unwrap()).await;
        let got = app.get(path, "").await;
        assert_eq!((got.status, got.cache_control), (StatusCode::OK, format!("{audience}, max-age=300")), "{path}");
        assert!(got.body.contains(&first) && !got.tag.is_empty());
        app.app.clock.advance(TimeDelta::seconds(3_500));
        let again = app.get(path, &format!("\"other\", {}", got.tag)).await;
        assert_eq!((again.status, again.body.as_str()), (StatusCode::NOT_MODIFIED, ""));
        assert_eq!((again.cache_control, &again.tag), (format!("{audience}, max-age=100"), &got.tag));
        app.app.clock.advance(TimeDelta::milliseconds(99_500));
        assert_eq!(
            app.get(path, "").await.cache_control,
            format!("{audience}, max-age=0"),
            "half a second is no second"
        );
        app.app.clock.advance(TimeDelta::milliseconds(500));
        let changed = app.get(path, &got.tag).await;
        assert_eq!(changed.status, StatusCode::OK, "nothing shows the old video after the switch");
        assert!(changed.body.contains(&second) && !changed.body.contains(&first) && changed.tag != got.tag);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn defect_12_no_answer_is_taken_for_another_orders() {
    let setting = Setting::start().await;
    let (other, _) = setting.app.playing(&setting.studio.project, "2", &["a.mp4"]).await;
    for (path, other) in setting.paths().iter().zip(paths_of(other.unique_id)) {
        let got = setting.app.get(path, "").await;
        let answer = setting.app.get(&other, &got.tag).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_ne!(answer.tag, got.tag);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_is_another_answer_at_once() {
    let setting = Setting::start().await;
    let before: Vec<Got> =
        futures_util::future::join_all(setting.paths().iter().map(|path| setting.app.get(path, ""))).await;
    setting.rule(json!({ "rotationType": "FIXED", "defaultVideoId": setting.video(2) })).await;
    for (path, before) in setting.paths().iter().zip(before) {
        assert_eq!(setting.app.get(path, &before.tag).await.status, StatusCode::OK, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_change_at_any_time_is_not_kept() {
    let setting = Setting::start().await;
    let id = setting.content.unique_id;
    let playing = format!("arPlayback(uniqueId: \"{id}\") {{ available }}");
    for document in [
        format!("{{ {playing} viewer {{ id }} }}"),
        format!("{{ {playing} __typename }}"),
        format!("{{ {playing} serviceLimits {{ maxDepth }} }}"),
        "{ serviceLimits { maxDepth } }".to_owned(),
        "{ arPlayback(uniqueId: \"00000000-0000-0000-0000-000000000000\") { available } }".to_owned(),
    ] {
        let got = setting.app.get(&query(&document), "*").await;
        assert_eq!(
            (got.status, got.cache_control.as_str(), got.tag.as_str()),
            (StatusCode::OK, "no-store", ""),
            "{document}"
        );
    }
    let two = setting.app.get(&query(&format!("{{ one: {playing} other: {playing} }}")), "").await;
    assert_eq!(two.cache_control, "public, max-age=300");
    setting.app.change("UPDATE companies SET status = 'SUSPENDED'").await;
    for path in setting.paths() {
        assert_eq!(setting.app.get(&path, "*").await.cache_control, "no-store");
    }
    let posted: Value = setting.app.anonymous().ask(&format!("{{ {playing} }}"), json!({})).await;
    assert_eq!(posted["arPlayback"]["available"], false);
}
