//! The timeline is what `activeVideo` answers at every instant, by the rules that there are or by those of a proposal.

use arvlite_api::global_id;
use arvlite_db::models::{Video, VideoRotationSchedule, VideoSchedule};
use serde_json::{Value, json};

use crate::support::Answer;
use crate::video_rotation_schedule::Setting;

const TIMELINE: &str = "query ($id: ID!, $from: DateTime!, $to: DateTime!, $proposed: PlaybackProposal) {
    arContent(id: $id) { playbackTimeline(from: $from, to: $to, proposed: $proposed) {
        from to truncatedAt segments { from to video { filename } source reason schedule { id } rotationSchedule { id } proposedIndex }
        conflicts { from to schedules { id } proposedIndexes winner { id } winnerProposedIndex } } } }";
const ACTIVE: &str = "query ($id: ID!, $at: DateTime!) { arContent(id: $id) { activeVideo(at: $at) {
    video { filename } source reason schedule { id } rotationSchedule { id } validUntil } } }";

impl Setting {
    async fn try_timeline(&self, from: &str, to: &str, proposed: Value) -> Answer {
        let variables = json!({ "id": self.content_id(), "from": from, "to": to, "proposed": proposed });
        self.editor.try_ask(TIMELINE, variables).await
    }

    async fn timeline(&self, from: &str, to: &str, proposed: Value) -> Value {
        let answer = self.try_timeline(from, to, proposed).await.0;
        assert_eq!(answer.get("errors"), None, "{answer:#}");
        answer["data"]["arContent"]["playbackTimeline"].clone()
    }

    async fn active(&self, at: &Value) -> Value {
        self.editor.ask(ACTIVE, json!({ "id": self.content_id(), "at": at })).await["arContent"]["activeVideo"].clone()
    }
}

/// File, kind of rule and end of each segment.
fn told(timeline: &Value) -> Vec<(String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or("nothing").to_owned();
    let told = |segment: &Value| (text(&segment["video"]["filename"]), text(&segment["source"]), text(&segment["to"]));
    timeline["segments"].as_array().unwrap().iter().map(told).collect()
}

fn segment(file: &str, source: &str, to: &str) -> (String, String, String) {
    (file.to_owned(), source.to_owned(), format!("2026-{to}:00+00:00"))
}

#[tokio::test(flavor = "multi_thread")]
async fn defect_5_the_calendar_and_the_phone_have_one_formula() {
    let setting = Setting::of_zone("America/St_Johns").await;
    setting.rule(json!({ "rotationType": "DAILY", "timeOfDay": "12:30", "items": setting.items(&[0, 1, 2]) })).await;
    let dates = json!([{ "date": "2026-11-25", "videoId": setting.video(2) }, { "date": "2024-02-29", "yearly": true, "videoId": setting.video(1) }]);
    setting.rule(json!({ "rotationType": "DATE_RULES", "dateRules": dates })).await;
    setting.app.window(&setting.videos[0], 30, 80).await;
    setting
        .app
        .change(&format!(
            "UPDATE videos SET subscription_end = '2026-12-10T03:00:00Z' WHERE id = {}",
            setting.videos[1].id
        ))
        .await;
    let (from, to) = ("2026-11-20T00:00:00Z", "2027-11-25T00:00:00Z");
    let timeline = setting.timeline(from, to, Value::Null).await;
    let segments = timeline["segments"].as_array().unwrap();
    assert!(segments.len() > 200, "{}", segments.len());
    assert_eq!(segments.last().unwrap()["reason"], "EXPIRED");
    let mut end = json!("2026-11-20T00:00:00+00:00");
    let told = |of: &Value| {
        let fields = ["video", "source", "reason", "schedule", "rotationSchedule"];
        fields.map(|field| of[field].clone())
    };
    for (place, segment) in segments.iter().enumerate() {
        assert_eq!(segment["from"], end, "there is no gap");
        end = segment["to"].clone();
        // Asking for each of a year's days would take a while, and the changes are at both ends.
        if place > 40 && place + 5 < segments.len() && segments.len() - place > 40 && place % 25 > 0 {
            continue;
        }
        let active = setting.active(&segment["from"]).await;
        assert_eq!(told(segment), told(&active), "{segment:#}");
        let until = if place + 1 < segments.len() { &end } else { &Value::Null };
        assert_eq!(active["validUntil"], *until, "{segment:#}");
        let last: chrono::DateTime<chrono::Utc> = serde_json::from_value(segment["to"].clone()).unwrap();
        let last = setting.active(&json!(last - chrono::TimeDelta::microseconds(1))).await;
        assert_eq!(told(segment), told(&last), "{segment:#}");
    }
    assert_eq!((&end, &timeline["truncatedAt"]), (&json!("2027-11-25T00:00:00+00:00"), &Value::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proposal_is_played_as_if_it_were_saved_and_stores_nothing() {
    let setting = Setting::start().await;
    let window = setting.app.window(&setting.videos[1], 2, 4).await;
    let window = json!(global_id::encode::<VideoSchedule>(window.id));
    let before = setting.app.contents().await;
    let (from, to) = ("2026-11-21T12:00:00Z", "2026-11-21T20:00:00Z");
    let plain = setting.timeline(from, to, Value::Null).await;
    let expected = [
        segment("a.mp4", "DEFAULT", "11-21T14:00"),
        segment("b.mp4", "SCHEDULE", "11-21T16:00"),
        segment("a.mp4", "DEFAULT", "11-21T20:00"),
    ];
    assert_eq!(told(&plain), expected);

    let overlapping = json!({ "schedules": [{ "videoId": setting.video(2), "startTime": "2026-11-21T15:00:00Z",
        "endTime": "2026-11-21T16:30:00Z" }], "pinnedVideoId": setting.video(1) });
    let proposed = setting.timeline(from, to, overlapping).await;
    let expected = [
        segment("b.mp4", "PIN", "11-21T14:00"),
        segment("b.mp4", "SCHEDULE", "11-21T15:00"),
        segment("c.mp4", "SCHEDULE", "11-21T16:30"),
        segment("b.mp4", "PIN", "11-21T20:00"),
    ];
    assert_eq!(told(&proposed), expected);
    let of_proposal = &proposed["segments"][2];
    assert_eq!((&of_proposal["schedule"], &of_proposal["proposedIndex"]), (&Value::Null, &json!(0)));
    assert_eq!(proposed["segments"][1]["schedule"]["id"], window);
    let conflict = json!([{ "from": "2026-11-21T15:00:00+00:00", "to": "2026-11-21T16:00:00+00:00", "schedules": [{ "id": window }],
        "proposedIndexes": [0], "winner": null, "winnerProposedIndex": 0 }]);
    assert_eq!(proposed["conflicts"], conflict);

    let moved = json!({ "schedules": [{ "id": window, "videoId": setting.video(2), "startTime": "2026-11-21T18:00:00Z",
        "endTime": "2026-11-21T19:00:00Z" }], "rotationSchedules": [{ "rotationType": "FIXED", "defaultVideoId": setting.video(1) }] });
    let moved = setting.timeline(from, to, moved).await;
    let expected = [
        segment("b.mp4", "ROTATION", "11-21T18:00"),
        segment("c.mp4", "SCHEDULE", "11-21T19:00"),
        segment("b.mp4", "ROTATION", "11-21T20:00"),
    ];
    assert_eq!(told(&moved), expected);
    assert_eq!((&moved["segments"][0]["proposedIndex"], &moved["segments"][1]["schedule"]["id"]), (&json!(0), &window));

    let removed = setting.timeline(from, to, json!({ "removeScheduleIds": [window] })).await;
    assert_eq!(told(&removed), [segment("a.mp4", "DEFAULT", "11-21T20:00")]);
    assert_eq!(setting.app.contents().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_in_place_of_a_saved_one_keeps_what_is_not_said() {
    let setting = Setting::start().await;
    let rule =
        setting.rule(json!({ "rotationType": "DAILY", "timeOfDay": "14:00", "items": setting.items(&[0, 1]) })).await;
    let (from, to) = ("2026-11-21T12:00:00Z", "2026-11-21T20:00:00Z");
    let later = json!({ "rotationSchedules": [{ "id": rule["id"], "timeOfDay": "17:00" }] });
    let later = setting.timeline(from, to, later).await;
    let expected = [segment("a.mp4", "ROTATION", "11-21T17:00"), segment("b.mp4", "ROTATION", "11-21T20:00")];
    assert_eq!(told(&later), expected);
    assert_eq!(later["segments"][0]["rotationSchedule"]["id"], rule["id"]);
    let paused = json!({ "rotationSchedules": [{ "id": rule["id"], "isActive": false }] });
    assert_eq!(told(&setting.timeline(from, to, paused).await), [segment("a.mp4", "DEFAULT", "11-21T20:00")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_proposal_names_must_be_of_the_order() {
    let setting = Setting::start().await;
    let other = setting.app.content(&setting.studio.project, "2").await;
    let theirs = setting.app.video(&other, "foreign.mp4").await;
    let window = setting.app.window(&theirs, 1, 2).await;
    let rule = setting.app.rotation(std::slice::from_ref(&theirs), arvlite_api::enums::RotationType::Daily).await;
    let times = json!({ "startTime": "2026-11-21T15:00:00Z", "endTime": "2026-11-21T16:00:00Z" });
    let with_times = |mut window: Value| {
        window.as_object_mut().unwrap().extend(times.as_object().unwrap().clone());
        window
    };
    type Proposing = fn(&Value, &Value) -> Value;
    let kinds: [(Proposing, i64, &[&str]); 6] = [
        (|_, id| json!({ "pinnedVideoId": id }), theirs.id, &["pinnedVideoId"]),
        (|_, id| json!({ "schedules": [{ "videoId": id }] }), theirs.id, &["schedules", "0", "videoId"]),
        (|video, id| json!({ "schedules": [{ "id": id, "videoId": video }] }), window.id, &["schedules", "0", "id"]),
        (|_, id| json!({ "removeScheduleIds": [id] }), window.id, &["removeScheduleIds", "0"]),
        (
            |_, id| json!({ "rotationSchedules": [{ "id": id, "timeOfDay": "10:00" }] }),
            rule.id,
            &["rotationSchedules", "0", "id"],
        ),
        (
            |_, id| json!({ "rotationSchedules": [{ "rotationType": "FIXED", "defaultVideoId": id }] }),
            theirs.id,
            &["rotationSchedules", "0", "defaultVideoId"],
        ),
    ];
    for (proposed, foreign, field) in kinds {
        let mut answers = Vec::new();
        for number in [foreign, 1_000_000] {
            let id = match field {
                ["schedules", _, "id"] | ["removeScheduleIds", _] => global_id::encode::<VideoSchedule>(number),
                ["rotationSchedules", _, "id"] => global_id::encode::<VideoRotationSchedule>(number),
                _ => global_id::encode::<Video>(number),
            };
            let mut proposed = proposed(&setting.video(0), &json!(id));
            if let Some(windows) = proposed["schedules"].as_array_mut() {
                windows[0] = with_times(windows[0].clone());
            }
            let answer = setting.try_timeline("2026-11-21T12:00:00Z", "2026-11-22T12:00:00Z", proposed).await;
            assert_eq!(answer.code(), "NOT_FOUND", "{:#}", answer.0);
            let path: Vec<&str> = std::iter::once("proposed").chain(field.iter().copied()).collect();
            assert_eq!(answer.0["errors"][0]["extensions"]["field"], json!(path));
            answers.push(answer.0);
        }
        assert_eq!(answers[0], answers[1]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_span_that_makes_no_sense_is_refused_by_its_field() {
    let setting = Setting::start().await;
    let far = json!({ "schedules": [{ "videoId": setting.video(0), "startTime": "2026-11-21T15:00:00Z", "endTime": "2026-11-21T15:00:00Z" }] });
    let twice = json!({ "rotationType": "FIXED", "defaultVideoId": setting.video(0) });
    for (from, to, proposed, field) in [
        ("2026-11-21T12:00:00Z", "2026-11-21T12:00:00Z", Value::Null, json!(["to"])),
        ("2026-11-21T12:00:00Z", "2020-11-21T12:00:00Z", Value::Null, json!(["to"])),
        ("2026-11-21T12:00:00Z", "2036-11-21T12:00:00.000001Z", Value::Null, json!(["to"])),
        ("2026-11-21T12:00:00Z", "2027-11-21T12:00:00Z", far, json!(["proposed", "schedules", "0", "endTime"])),
        (
            "2026-11-21T12:00:00Z",
            "2027-11-21T12:00:00Z",
            json!({ "rotationSchedules": [{ "timeOfDay": "10:00" }] }),
            json!(["proposed", "rotationSchedules", "0", "rotationType"]),
        ),
        (
            "2026-11-21T12:00:00Z",
            "2027-11-21T12:00:00Z",
            json!({ "rotationSchedules": [twice, twice] }),
            json!(["proposed", "rotationSchedules", "0", "rotationType"]),
        ),
    ] {
        let answer = setting.try_timeline(from, to, proposed).await;
        assert_eq!(answer.code(), "BAD_REQUEST", "{from} {to}: {:#}", answer.0);
        assert_eq!(answer.0["errors"][0]["extensions"]["field"], field, "{:#}", answer.0);
    }
    let ten_years = setting.timeline("2026-11-21T12:00:00Z", "2036-11-21T12:00:00Z", Value::Null).await;
    assert_eq!(ten_years["segments"].as_array().unwrap().len(), 2, "until the paid term ends, and after it");
    // Every minute is too much for one answer: it says where to go on.
    let minutely = json!({ "rotationSchedules": [{ "rotationType": "CRON", "cronExpression": "* * * * *", "items": setting.items(&[0, 1]) }] });
    let cut = setting.timeline("2026-11-21T12:00:00Z", "2026-11-30T12:00:00Z", minutely.clone()).await;
    assert_eq!(cut["segments"].as_array().unwrap().len(), 5_000);
    assert_eq!(cut["truncatedAt"], "2026-11-24T23:20:00+00:00");
    let on = setting.timeline(cut["truncatedAt"].as_str().unwrap(), "2026-11-25T00:00:00Z", minutely).await;
    assert_eq!((on["segments"].as_array().unwrap().len(), &on["truncatedAt"]), (40, &Value::Null));
}
