//! Writes that meet in one order: of windows that overlap one stays, and nobody waits for good.

use arvlite_api::global_id::{self, Tagged};
use arvlite_db::models::{ArContent, Role, Video, VideoSchedule};
use chrono::TimeDelta;
use futures_util::future::{BoxFuture, FutureExt, join_all};
use serde_json::{Value, json};

use crate::support::{Client, TestApp, noon};

const CREATE: &str = "mutation ($input: VideoScheduleCreateInput!) { answer: videoScheduleCreate(input: $input) {
    videoSchedule { id } userErrors { code field ... on ScheduleOverlapError { conflicts { id } } } } }";
const UPDATE: &str = "mutation ($input: VideoScheduleUpdateInput!) { answer: videoScheduleUpdate(input: $input) {
    videoSchedule { id } userErrors { code field ... on ScheduleOverlapError { conflicts { id } } } } }";

struct Setting {
    app: TestApp,
    editor: Client,
    content: ArContent,
    videos: Vec<Video>,
}

async fn setting() -> Setting {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let editor = app.member(studio.company.id, Role::Editor).await;
    let (content, videos) = app.playing(&studio.project, "1", &["first.mp4", "second.mp4"]).await;
    Setting { app, editor, content, videos }
}

fn id<E: Tagged>(number: i64) -> Value {
    json!(global_id::encode::<E>(number))
}

fn hours(from: i64, to: i64) -> (String, String) {
    let hours = |hours| (noon() + TimeDelta::hours(hours)).to_rfc3339();
    (hours(from), hours(to))
}

impl Setting {
    fn new_window(&self, video: &Video, from: i64, to: i64) -> Value {
        let (start, end) = hours(from, to);
        json!({ "videoId": id::<Video>(video.id), "startTime": start, "endTime": end })
    }

    async fn ask(&self, document: &str, input: Value) -> Value {
        self.editor.ask(document, json!({ "input": input })).await["answer"].clone()
    }

    fn write(&self, mutation: &str, input: Value) -> BoxFuture<'_, Value> {
        let of = mutation[..1].to_uppercase() + &mutation[1..] + "Input";
        let document =
            format!("mutation ($input: {of}!) {{ answer: {mutation}(input: $input) {{ userErrors {{ code }} }} }}");
        async move { self.ask(&document, input).await }.boxed()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_fifty_creations_and_moves_at_once_exactly_one_stays() {
    let setting = setting().await;
    // Windows that lie apart, and are all to be moved to where the new ones are to be.
    let mut apart = Vec::new();
    for place in 0..25 {
        apart.push(setting.app.window(&setting.videos[0], 10 + place, 11 + place).await);
    }
    let (start, end) = hours(1, 3);
    let tries = (0..50).map(|number| {
        if number % 2 == 0 {
            setting.ask(CREATE, setting.new_window(&setting.videos[number / 2 % 2], 1, 3)).boxed()
        } else {
            let window = id::<VideoSchedule>(apart[number / 2].id);
            setting.ask(UPDATE, json!({ "id": window, "startTime": start, "endTime": end })).boxed()
        }
    });
    let answers = join_all(tries).await;
    let stayed: Vec<&Value> = answers.iter().filter(|answer| answer["userErrors"] == json!([])).collect();
    assert_eq!(stayed.len(), 1);
    for refused in answers.iter().filter(|answer| answer["videoSchedule"].is_null()) {
        let expected = json!([{ "code": "OVERLAP", "field": ["input", "startTime"],
            "conflicts": [{ "id": stayed[0]["videoSchedule"]["id"] }] }]);
        assert_eq!(refused["userErrors"], expected);
    }
    let there = "SELECT count(*) FROM video_schedules WHERE start_time < '2026-11-21T15:00:00Z'";
    assert_eq!(setting.app.column::<i64>(there).await, [1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_has_the_last_word_and_it_is_told_as_any_other() {
    let setting = setting().await;
    let moved = setting.app.window(&setting.videos[0], 10, 11).await;
    let (start, end) = hours(1, 3);
    let video = &setting.videos[1];
    let waits = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    for (document, input) in [
        (CREATE, setting.new_window(&setting.videos[0], 1, 3)),
        (UPDATE, json!({ "id": id::<VideoSchedule>(moved.id), "startTime": start, "endTime": end })),
    ] {
        // Somebody who asks nobody, and is seen by nobody before the end.
        let stranger = setting.app.connect().await;
        let window = format!(
            "BEGIN; INSERT INTO video_schedules (company_id, ar_content_id, video_id, start_time, end_time, created_at, updated_at)
             VALUES ({}, {}, {}, '{start}', '{end}', '{start}', '{start}')",
            video.company_id, video.ar_content_id, video.id
        );
        stranger.batch_execute(&window).await.unwrap();
        let ends = async {
            while setting.app.column::<i64>(waits).await != [1] {
                tokio::task::yield_now().await;
            }
            stranger.batch_execute("COMMIT").await.unwrap();
        };
        let (refused, ()) = tokio::join!(setting.ask(document, input), ends);
        let newest: i64 = setting.app.column("SELECT max(id) FROM video_schedules WHERE priority = 0").await[0];
        let conflicts = refused["userErrors"][0]["conflicts"].as_array().unwrap();
        assert_eq!(refused["userErrors"][0]["code"], "OVERLAP", "{refused:#}");
        assert_eq!(conflicts.as_slice(), [json!({ "id": id::<VideoSchedule>(newest) })]);
        setting.app.change(&format!("DELETE FROM video_schedules WHERE id = {newest}")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_that_meet_in_one_order_never_wait_for_good() {
    let setting = setting().await;
    let (content, video) = (id::<ArContent>(setting.content.id), &setting.videos[1]);
    let window = setting.app.window(video, 100, 101).await;
    let (window, named) = (id::<VideoSchedule>(window.id), id::<Video>(video.id));
    let write = |noun: &str, input: Value| setting.write(noun, input);
    let tries = (0..60).map(|number: i64| match number % 6 {
        0 => write("arContentPinVideo", json!({ "id": content, "videoId": named })),
        1 => write("videoScheduleCreate", setting.new_window(video, 2 * number, 2 * number + 1)),
        2 => write("videoUpdate", json!({ "id": named, "rotationOrder": number })),
        3 => write("videoScheduleUpdate", json!({ "id": window, "description": number.to_string() })),
        4 => write("arContentUpdate", json!({ "id": content, "customerName": number.to_string() })),
        _ if number % 4 == 1 => write("videoDelete", json!({ "id": named })),
        _ => write("videoRestore", json!({ "id": named })),
    });
    for answer in join_all(tries).await {
        // What is deleted meanwhile is not found; nothing else goes wrong.
        for error in answer["userErrors"].as_array().unwrap() {
            assert_eq!(error["code"], "NOT_FOUND", "{answer:#}");
        }
    }
}
