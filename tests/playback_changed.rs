//! What plays, followed: told at once, then at the instant at which it changes, by itself or by a write at any server.

use std::pin::Pin;
use std::time::Duration;

use arvlite_api::auth::Viewer;
use arvlite_api::graphql;
use arvlite_db::models::Role;
use async_graphql::{Request, Variables};
use chrono::TimeDelta;
use futures_util::{FutureExt, Stream, StreamExt};
use serde_json::{Value, json};

use crate::support::{Client, TestApp};
use crate::video_rotation_schedule::Setting;

const DOCUMENT: &str = "subscription ($id: ID!) { playbackChanged(arContentId: $id) {
    at video { filename } source reason validUntil } }";
const PATIENCE: Duration = Duration::from_secs(30);

struct Followed(Pin<Box<dyn Stream<Item = async_graphql::Response> + Send>>);

impl Followed {
    fn start(app: &TestApp, viewer: &Viewer, id: &Value) -> Self {
        let request = Request::new(DOCUMENT).variables(Variables::from_json(json!({ "id": id })));
        let request = graphql::with_data(request, &app.app, viewer);
        Self(Box::pin(graphql::build().execute_stream(request)))
    }

    async fn response(&mut self) -> Value {
        let next = tokio::time::timeout(PATIENCE, self.0.next()).await.expect("nothing was told in time");
        serde_json::to_value(next.expect("the stream ended")).unwrap()
    }

    /// The next state, in words.
    async fn next(&mut self) -> String {
        let response = self.response().await;
        assert_eq!(response.get("errors"), None, "{response:#}");
        let told = &response["data"]["playbackChanged"];
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let what = text(&told["video"]["filename"]).or(text(&told["reason"])).unwrap();
        format!("{} {what} by {}", &told["at"].as_str().unwrap()[11..19], told["source"].as_str().unwrap())
    }
}

impl Setting {
    fn follow(&self) -> Followed {
        self.follow_at(&self.app)
    }

    fn follow_at(&self, app: &TestApp) -> Followed {
        Followed::start(app, &self.editor.viewer, &self.content_id())
    }

    async fn pin(&self, place: usize) {
        let pin =
            "mutation ($input: ArContentPinVideoInput!) { arContentPinVideo(input: $input) { userErrors { code } } }";
        let input = json!({ "input": { "id": self.content_id(), "videoId": self.video(place) } });
        let done = self.editor.ask(pin, input).await;
        assert_eq!(done["arContentPinVideo"]["userErrors"], json!([]));
    }
}

fn advance(apps: &[&TestApp], by: TimeDelta) {
    for app in apps {
        app.app.clock.advance(by);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_told_at_once_and_then_at_the_instant() {
    let setting = Setting::start().await;
    setting.app.window(&setting.videos[1], 1, 2).await;
    setting.app.window(&setting.videos[1], 2, 3).await;
    let mut followed = setting.follow();
    assert_eq!(followed.next().await, "12:00:00 a.mp4 by DEFAULT");
    advance(&[&setting.app], TimeDelta::hours(1));
    assert_eq!(followed.next().await, "13:00:00 b.mp4 by SCHEDULE");
    // The next window plays the same video, which is no change.
    advance(&[&setting.app], TimeDelta::hours(1));
    advance(&[&setting.app], TimeDelta::hours(1));
    assert_eq!(followed.next().await, "15:00:00 a.mp4 by DEFAULT");
    advance(&[&setting.app], TimeDelta::days(400));
    assert!(followed.next().await.ends_with("EXPIRED by NONE"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_write_that_changes_what_plays_is_told_at_every_server() {
    let setting = Setting::start().await;
    let twin = TestApp::on(setting.app.app.config.database_url.as_deref().unwrap()).await;
    let mut followed = [setting.follow(), setting.follow_at(&twin)];
    let mut expect = async |told: &str| {
        for followed in &mut followed {
            assert_eq!(followed.next().await, format!("12:00:00 {told}"));
        }
    };
    expect("a.mp4 by DEFAULT").await;
    setting.pin(2).await;
    expect("c.mp4 by PIN").await;
    let rule = setting.rule(json!({ "rotationType": "FIXED", "defaultVideoId": setting.video(1) })).await;
    expect("b.mp4 by ROTATION").await;
    let update =
        "mutation ($input: VideoRotationScheduleUpdateInput!) { answer: videoRotationScheduleUpdate(input: $input) {
        videoRotationSchedule { ...Rule } userErrors { code } } }";
    setting.write(update, json!({ "id": rule["id"], "defaultVideoId": setting.video(0) })).await;
    expect("a.mp4 by ROTATION").await;
    let window =
        "mutation ($input: VideoScheduleCreateInput!) { videoScheduleCreate(input: $input) { videoSchedule { id } } }";
    let times =
        json!({ "videoId": setting.video(1), "startTime": "2026-11-21T11:00:00Z", "endTime": "2026-11-21T18:00:00Z" });
    let window =
        setting.editor.ask(window, json!({ "input": times })).await["videoScheduleCreate"]["videoSchedule"]["id"]
            .clone();
    expect("b.mp4 by SCHEDULE").await;
    let video = "mutation ($input: VideoUpdateInput!) { videoUpdate(input: $input) { userErrors { code } } }";
    setting.editor.ask(video, json!({ "input": { "id": setting.video(1), "isActive": false } })).await;
    expect("a.mp4 by ROTATION").await;
    setting.editor.ask(video, json!({ "input": { "id": setting.video(1), "isActive": true } })).await;
    expect("b.mp4 by SCHEDULE").await;
    let remove = "mutation ($id: ID!) { videoScheduleDelete(input: { id: $id }) { userErrors { code } } }";
    setting.editor.ask(remove, json!({ "id": window })).await;
    expect("a.mp4 by ROTATION").await;
    let archive = "mutation ($id: ID!, $archived: Boolean) { arContentUpdate(input: { id: $id, archived: $archived }) { userErrors { code } } }";
    setting.editor.ask(archive, json!({ "id": setting.content_id(), "archived": true })).await;
    expect("NOT_PUBLISHED by NONE").await;
    setting.editor.ask(archive, json!({ "id": setting.content_id(), "archived": false })).await;
    expect("a.mp4 by ROTATION").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_notification_is_made_up_for_within_half_a_minute() {
    let setting = Setting::start().await;
    let mut followed = setting.follow();
    followed.next().await;
    // Nobody announces this.
    setting
        .app
        .change(&format!("UPDATE companies SET status = 'SUSPENDED' WHERE id = {}", setting.studio.company.id))
        .await;
    advance(&[&setting.app], TimeDelta::seconds(30));
    // What was read for the first answer may have come a moment after the change.
    assert!(followed.next().await.ends_with("SUSPENDED by NONE"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_could_not_read_at_the_instant_tells_what_plays_when_it_can() {
    let setting = Setting::start().await;
    setting.app.window(&setting.videos[1], 1, 2).await;
    let mut followed = setting.follow();
    followed.next().await;
    let away = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
    setting.app.change(&format!("ALTER TABLE ar_content RENAME TO ar_content_away; {away}")).await;
    advance(&[&setting.app], TimeDelta::minutes(61));
    setting.app.change("ALTER TABLE ar_content_away RENAME TO ar_content").await;
    assert_eq!(followed.next().await, "13:01:00 b.mp4 by SCHEDULE");
    setting.pin(2).await;
    advance(&[&setting.app], TimeDelta::minutes(60));
    assert_eq!(followed.next().await, "14:01:00 c.mp4 by PIN");
}

#[tokio::test(flavor = "multi_thread")]
async fn however_many_follow_one_reading_is_enough() {
    let setting = Setting::start().await;
    let app = &setting.app;
    let (other, _) = app.playing(&setting.studio.project, "2", &["other.mp4"]).await;
    let other = json!(arvlite_api::global_id::encode::<arvlite_db::models::ArContent>(other.id));
    let mut followed: Vec<Followed> = (0..20).map(|_| setting.follow()).collect();
    followed.extend((0..20).map(|_| Followed::start(app, &setting.editor.viewer, &other)));
    for followed in &mut followed {
        followed.next().await;
    }
    setting.app.window(&setting.videos[1], 1, 2).await;
    // What was read at the write is read by now, since this one begins later.
    let mut late = setting.follow();
    late.next().await;
    let before = app.app.db.statements_sent();
    advance(&[app], TimeDelta::hours(1));
    let told: Vec<String> = futures_util::future::join_all(followed[..20].iter_mut().map(Followed::next)).await;
    assert!(told.iter().all(|told| told == "13:00:00 b.mp4 by SCHEDULE"), "{told:?}");
    // Three for the orders, and one each for the video that a follower asks for.
    let sent = app.app.db.statements_sent() - before;
    assert!(sent <= 3 + 20, "{sent}");
    assert!(followed[20].next().now_or_never().is_none(), "the other order plays on");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_who_may_see_an_order_follows_it() {
    let setting = Setting::start().await;
    let stranger = setting.app.studio("Other").await;
    let stranger = setting.app.member(stranger.company.id, Role::Manager).await;
    let code = async |who: &Client, id: &Value| {
        let response = Followed::start(&setting.app, &who.viewer, id).response().await;
        response["errors"][0]["extensions"]["code"].as_str().unwrap_or("no error").to_owned()
    };
    let absent = json!(arvlite_api::global_id::encode::<arvlite_db::models::ArContent>(1_000_000));
    assert_eq!(code(&stranger, &setting.content_id()).await, "NOT_FOUND");
    assert_eq!(code(&stranger, &absent).await, "NOT_FOUND");
    assert_eq!(code(&setting.app.anonymous(), &setting.content_id()).await, "UNAUTHENTICATED");
    let blind = setting.app.key(setting.studio.company.id, Role::Manager, &[]).await;
    assert_eq!(code(&blind, &setting.content_id()).await, "FORBIDDEN");
    assert_eq!(code(&setting.editor, &setting.content_id()).await, "no error");
}
