//! Windows: what is refused, what is odd, and what plays in them.

use arvlite_api::global_id;
use arvlite_db::models::{ArContent, Role, Video};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::support::{Client, Studio, TestApp, noon};

const CREATE: &str = "mutation ($input: VideoScheduleCreateInput!) { videoScheduleCreate(input: $input) {
    videoSchedule { id startTime endTime priority description video { filename } arContent { id } }
    userErrors { __typename code field ... on ScheduleOverlapError { conflicts { id } } } warnings { code field } } }";

const UPDATE: &str = "mutation ($input: VideoScheduleUpdateInput!) { answer: videoScheduleUpdate(input: $input) {
    videoSchedule { id startTime endTime priority status description version }
    userErrors { code field ... on ScheduleOverlapError { conflicts { id } } } warnings { code field } } }";
const DELETE: &str = "mutation ($input: VideoScheduleDeleteInput!) { answer: videoScheduleDelete(input: $input) {
    videoSchedule { id version video { filename } } userErrors { code field } warnings { code } } }";

const PLAYING: &str = "query ($id: ID!, $at: DateTime) { arContent(id: $id) {
    activeVideo(at: $at) { video { filename } source reason validUntil schedule { id } } } }";

struct Setting {
    app: TestApp,
    editor: Client,
    studio: Studio,
    content: ArContent,
    videos: Vec<Video>,
}

async fn setting() -> Setting {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let editor = app.member(studio.company.id, Role::Editor).await;
    let (content, videos) = app.playing(&studio.project, "1", &["first.mp4", "second.mp4"]).await;
    Setting { app, editor, studio, content, videos }
}

fn hours(hours: i64) -> DateTime<Utc> {
    noon() + TimeDelta::hours(hours)
}

impl Setting {
    async fn create(&self, video: usize, from: i64, to: i64, more: Value) -> Value {
        let mut input = json!({
            "videoId": global_id::encode::<Video>(self.videos[video].id).0,
            "startTime": hours(from).to_rfc3339(),
            "endTime": hours(to).to_rfc3339(),
        });
        for (key, value) in more.as_object().into_iter().flatten() {
            input[key] = value.clone();
        }
        self.editor.ask(CREATE, json!({ "input": input })).await["videoScheduleCreate"].clone()
    }

    async fn update(&self, window: &Value, more: Value) -> Value {
        let mut input = json!({ "id": window });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.editor.ask(UPDATE, json!({ "input": input })).await["answer"].clone()
    }

    async fn delete(&self, window: &Value) -> Value {
        self.editor.ask(DELETE, json!({ "input": { "id": window } })).await["answer"].clone()
    }

    async fn playing(&self, at: Option<DateTime<Utc>>) -> Value {
        let variables = json!({
            "id": global_id::encode::<ArContent>(self.content.id).0,
            "at": at.map(|at| at.to_rfc3339()),
        });
        self.editor.ask(PLAYING, variables).await["arContent"]["activeVideo"].clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_plays_from_its_start_up_to_not_including_its_end() {
    let setting = setting().await;
    let made = setting.create(1, 1, 3, json!({ "description": "  a feast  " })).await;
    assert_eq!(made["userErrors"], json!([]));
    assert_eq!(made["videoSchedule"]["description"], "a feast");
    for (at, filename, source, until) in [
        (hours(0), "first.mp4", "DEFAULT", Some(hours(1))),
        (hours(1), "second.mp4", "SCHEDULE", Some(hours(3))),
        (hours(3) - TimeDelta::microseconds(1), "second.mp4", "SCHEDULE", Some(hours(3))),
        (hours(3), "first.mp4", "DEFAULT", Some(setting.content.expires_at)),
    ] {
        let playing = setting.playing(Some(at)).await;
        assert_eq!((&playing["video"]["filename"], &playing["source"]), (&json!(filename), &json!(source)), "{at}");
        let told: Option<DateTime<Utc>> = serde_json::from_value(playing["validUntil"].clone()).unwrap();
        assert_eq!(told, until, "{at}");
    }
    assert_eq!(setting.playing(Some(hours(2))).await["schedule"]["id"], made["videoSchedule"]["id"]);
    setting.app.app.clock.advance(TimeDelta::hours(2));
    assert_eq!(setting.playing(None).await["video"]["filename"], "second.mp4");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_overlap_of_equal_priority_is_refused_with_what_is_in_the_way() {
    let setting = setting().await;
    let first = setting.create(0, 1, 3, json!({})).await["videoSchedule"]["id"].clone();
    let refused = setting.create(1, 2, 4, json!({})).await;
    assert_eq!(refused["videoSchedule"], Value::Null);
    let expected = json!([{ "__typename": "ScheduleOverlapError", "code": "OVERLAP", "field": ["input", "startTime"],
        "conflicts": [{ "id": first }] }]);
    assert_eq!(refused["userErrors"], expected);
    for (from, to, more) in [(3, 4, json!({})), (0, 1, json!({})), (2, 3, json!({ "priority": 1 }))] {
        assert_eq!(setting.create(1, from, to, more).await["userErrors"], json!([]), "{from} to {to}");
    }
    assert_eq!(setting.playing(Some(hours(2))).await["video"]["filename"], "second.mp4");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_makes_no_sense_is_told_all_at_once() {
    let setting = setting().await;
    let more = json!({ "priority": 1001, "description": "x".repeat(501) });
    let told = setting.create(0, 3, 3, more).await["userErrors"].clone();
    let told: Vec<(String, String)> = told
        .as_array()
        .unwrap()
        .iter()
        .map(|error| (error["code"].to_string(), error["field"][1].to_string()))
        .collect();
    let expected = [("INVALID", "endTime"), ("TOO_LARGE", "priority"), ("TOO_LONG", "description")];
    assert_eq!(told, expected.map(|(code, field)| (format!("\"{code}\""), format!("\"{field}\""))));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_odd_is_done_and_told() {
    let setting = setting().await;
    let past = setting.create(0, -3, -2, json!({})).await;
    assert_eq!(past["warnings"], json!([{ "code": "IN_THE_PAST", "field": ["input", "endTime"] }]));
    let ends = format!("UPDATE videos SET subscription_end = '{}' WHERE id = {}", hours(2), setting.videos[1].id);
    setting.app.change(&ends).await;
    let short = setting.create(1, 1, 3, json!({})).await;
    assert_eq!(short["warnings"], json!([{ "code": "SUBSCRIPTION_ENDS_FIRST", "field": ["input", "endTime"] }]));
    let tried = setting.create(1, 1, 4, json!({ "priority": 1, "validateOnly": true })).await;
    assert_eq!((&tried["videoSchedule"], &tried["warnings"]), (&Value::Null, &short["warnings"]));
    let late = setting.create(1, 24 * 400, 24 * 401, json!({})).await;
    assert_eq!(late["warnings"], json!([{ "code": "NEVER_PLAYS", "field": ["input", "startTime"] }]));
    let never = setting.create(1, 4, 5, json!({})).await;
    assert_eq!(never["warnings"], json!([{ "code": "NEVER_PLAYS", "field": ["input", "videoId"] }]));
    assert!(never["videoSchedule"]["id"].is_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_has_at_most_a_thousand_windows() {
    let setting = setting().await;
    setting
        .app
        .change(&format!(
            "INSERT INTO video_schedules (company_id, ar_content_id, video_id, start_time, end_time, created_at, updated_at)
             SELECT {}, {}, {}, day, day + interval '1 hour', day, day
             FROM generate_series(timestamptz '2030-01-01 00:00:00Z', timestamptz '2032-09-26 00:00:00Z', '1 day') day",
            setting.studio.company.id, setting.content.id, setting.videos[0].id
        ))
        .await;
    let refused = setting.create(0, 1, 2, json!({})).await;
    assert_eq!(refused["userErrors"][0]["code"], "TOO_LARGE", "{refused:#}");
}

fn refused(code: &str, field: &str) -> Value {
    json!([{ "code": code, "field": ["input", field] }])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_is_moved_and_plays_where_it_is() {
    let setting = setting().await;
    let window = &setting.create(1, 1, 3, json!({ "description": "a feast" })).await["videoSchedule"]["id"];
    // Over where it was itself.
    let moved = setting.update(window, json!({ "startTime": hours(2), "endTime": hours(5), "priority": 7 })).await;
    let expected = json!({ "id": window, "startTime": "2026-11-21T14:00:00+00:00", "endTime": "2026-11-21T17:00:00+00:00",
        "priority": 7, "status": "ACTIVE", "description": "a feast", "version": 2 });
    assert_eq!(moved, json!({ "videoSchedule": expected, "userErrors": [], "warnings": [] }));
    for (at, filename) in [(1, "first.mp4"), (2, "second.mp4"), (4, "second.mp4"), (5, "first.mp4")] {
        assert_eq!(setting.playing(Some(hours(at))).await["video"]["filename"], filename, "{at}");
    }
    setting.update(window, json!({ "status": "DISABLED", "description": " " })).await;
    assert_eq!(setting.playing(Some(hours(2))).await["source"], "DEFAULT");
    let same = setting.update(window, json!({ "status": "DISABLED", "endTime": hours(5) })).await;
    assert_eq!((&same["videoSchedule"]["version"], &same["videoSchedule"]["description"]), (&json!(3), &Value::Null));
    // The database keeps microseconds.
    let finer = json!({ "endTime": "2026-11-21T17:00:00.000000123Z" });
    assert_eq!(setting.update(window, finer).await["videoSchedule"]["version"], 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_held_to_the_rules_of_a_new_window() {
    let setting = setting().await;
    let first = setting.create(0, 1, 3, json!({})).await["videoSchedule"]["id"].clone();
    let second = &setting.create(1, 2, 4, json!({ "priority": 1 })).await["videoSchedule"]["id"];
    let before = setting.app.contents().await;
    let overlap =
        |field: &str| json!([{ "code": "OVERLAP", "field": ["input", field], "conflicts": [{ "id": first }] }]);
    assert_eq!(setting.update(second, json!({ "priority": 0 })).await["userErrors"], overlap("priority"));
    let both = json!({ "priority": 0, "startTime": hours(0) });
    assert_eq!(setting.update(second, both).await["userErrors"], overlap("startTime"));
    for (more, expected) in [
        (json!({ "startTime": hours(4) }), refused("INVALID", "startTime")),
        (json!({ "endTime": hours(2) }), refused("INVALID", "endTime")),
        (json!({ "startTime": hours(6), "endTime": hours(6) }), refused("INVALID", "endTime")),
        (json!({ "startTime": "+12026-01-01T00:00:00Z" }), refused("INVALID", "startTime")),
        (json!({ "priority": -1001 }), refused("TOO_SMALL", "priority")),
        (json!({ "description": "x".repeat(501) }), refused("TOO_LONG", "description")),
    ] {
        assert_eq!(setting.update(second, more.clone()).await["userErrors"], expected, "{more}");
    }
    assert_eq!(setting.app.contents().await, before);

    let disabled = json!({ "priority": 0, "status": "DISABLED" });
    assert_eq!(setting.update(second, disabled).await["userErrors"], json!([]));
    assert_eq!(setting.update(second, json!({ "status": "ACTIVE" })).await["userErrors"], overlap("status"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_as_odd_as_a_new_window() {
    let setting = setting().await;
    let window = &setting.create(1, 1, 3, json!({})).await["videoSchedule"]["id"];
    let past = json!({ "startTime": hours(-3), "endTime": hours(-1) });
    let in_the_past = json!([{ "code": "IN_THE_PAST", "field": ["input", "endTime"] }]);
    assert_eq!(setting.update(window, past).await["warnings"], in_the_past);
    let later = json!({ "startTime": hours(24 * 400), "endTime": hours(24 * 401), "validateOnly": true });
    let tried = setting.update(window, later).await;
    assert_eq!(tried["warnings"], json!([{ "code": "NEVER_PLAYS", "field": ["input", "startTime"] }]));
    let again = json!({ "startTime": hours(1), "endTime": hours(3) });
    assert_eq!(setting.update(window, again.clone()).await["warnings"], json!([]));
    let deleted = "deleted_at = '2026-11-21Z', deletion_id = gen_random_uuid()";
    setting.app.change(&format!("UPDATE videos SET {deleted} WHERE id = {}", setting.videos[1].id)).await;
    let never = setting.update(window, json!({ "priority": 1 })).await;
    assert_eq!(never["warnings"], json!([{ "code": "NEVER_PLAYS", "field": ["input", "id"] }]));
    assert_eq!(setting.update(window, json!({ "status": "DISABLED" })).await["warnings"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_is_removed_for_good() {
    let setting = setting().await;
    let window = &setting.create(1, -1, 3, json!({})).await["videoSchedule"]["id"];
    let lasting = &setting.create(1, 5, 6, json!({})).await["videoSchedule"]["id"];
    assert_eq!(setting.playing(None).await["source"], "SCHEDULE");
    let removed = setting.delete(window).await;
    let expected = json!({ "id": window, "version": 1, "video": { "filename": "second.mp4" } });
    assert_eq!(removed, json!({ "videoSchedule": expected, "userErrors": [], "warnings": [] }));
    assert_eq!(setting.playing(None).await["source"], "DEFAULT");
    let node = "query ($id: ID!) { node(id: $id) { id } videoSchedules { totalCount } }";
    let left = setting.editor.ask(node, json!({ "id": window })).await;
    assert_eq!(left, json!({ "node": null, "videoSchedules": { "totalCount": 1 } }));
    assert_eq!(setting.delete(window).await["userErrors"], refused("NOT_FOUND", "id"));
    assert_eq!(setting.update(window, json!({})).await["userErrors"], refused("NOT_FOUND", "id"));
    // What it was stays known.
    let told = "SELECT changes->'end_time'->>'from' FROM audit_log WHERE action = 'videoScheduleDelete'";
    assert_eq!(setting.app.column::<String>(told).await, ["2026-11-21T15:00:00Z"]);
    assert_eq!(setting.create(0, 0, 2, json!({})).await["userErrors"], json!([]));

    let deleted = "deleted_at = '2026-11-21Z', deletion_id = gen_random_uuid()";
    setting.app.change(&format!("UPDATE ar_content SET {deleted}")).await;
    assert_eq!(setting.update(lasting, json!({})).await["userErrors"], refused("NOT_FOUND", "id"));
    assert_eq!(setting.delete(lasting).await["userErrors"], refused("NOT_FOUND", "id"));
}
