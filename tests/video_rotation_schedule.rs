//! Rules of turns: what is refused, what is odd, what is kept, and what they make an order play.

use arvlite_api::global_id;
use arvlite_db::models::{self, ArContent, Role, Video};
use serde_json::{Value, json};

use crate::support::{Client, Studio, TestApp};

const CREATE: &str =
    "mutation ($input: VideoRotationScheduleCreateInput!) { answer: videoRotationScheduleCreate(input: $input) {
    videoRotationSchedule { ...Rule } userErrors { __typename code field message } warnings { code field } } }";
const UPDATE: &str =
    "mutation ($input: VideoRotationScheduleUpdateInput!) { answer: videoRotationScheduleUpdate(input: $input) {
    videoRotationSchedule { ...Rule } userErrors { __typename code field message } warnings { code field } } }";
const DELETE: &str =
    "mutation ($input: VideoRotationScheduleDeleteInput!) { answer: videoRotationScheduleDelete(input: $input) {
    videoRotationSchedule { ...Rule } userErrors { __typename code field message } warnings { code field } } }";
const RULE: &str =
    " fragment Rule on VideoRotationSchedule { id rotationType timeOfDay dayOfWeek dayOfMonth cronExpression
    anchorAt isActive version defaultVideo { filename } items { weight video { filename } }
    dateRules { date yearly video { filename } } currentIndex lastRotationAt nextRotationAt }";

/// An order of three videos, and somebody who may write what it plays.
pub struct Setting {
    pub app: TestApp,
    pub studio: Studio,
    pub editor: Client,
    pub content: ArContent,
    pub videos: Vec<Video>,
}

impl Setting {
    pub async fn of_zone(zone: &str) -> Self {
        let app = TestApp::start().await;
        let studio = app.studio("Studio").await;
        app.change(&format!("UPDATE companies SET time_zone = '{zone}' WHERE id = {}", studio.company.id)).await;
        let editor = app.member(studio.company.id, Role::Editor).await;
        let (content, videos) = app.playing(&studio.project, "1", &["a.mp4", "b.mp4", "c.mp4"]).await;
        Self { app, studio, editor, content, videos }
    }

    pub async fn start() -> Self {
        Self::of_zone("UTC").await
    }

    pub fn video(&self, place: usize) -> Value {
        json!(global_id::encode::<Video>(self.videos[place].id))
    }

    pub fn items(&self, places: &[usize]) -> Value {
        places.iter().map(|place| json!({ "videoId": self.video(*place) })).collect()
    }

    pub fn content_id(&self) -> Value {
        json!(global_id::encode::<ArContent>(self.content.id))
    }

    /// Adds a rule that says this.
    pub async fn create(&self, mut said: Value) -> Value {
        said["arContentId"] = self.content_id();
        self.write(CREATE, said).await
    }

    pub async fn write(&self, document: &str, input: Value) -> Value {
        self.editor.ask(&format!("{document}{RULE}"), json!({ "input": input })).await["answer"].clone()
    }

    /// Adds a rule, which is not refused, and gives it.
    pub async fn rule(&self, said: Value) -> Value {
        let made = self.create(said).await;
        assert_eq!(made["userErrors"], json!([]), "{made:#}");
        made["videoRotationSchedule"].clone()
    }

    /// What plays at an instant: the file, the kind of rule, and until when.
    pub async fn plays(&self, at: &str) -> (String, String, String) {
        let document = "query ($id: ID!, $at: DateTime) { arContent(id: $id) { activeVideo(at: $at) {
            video { filename } source validUntil } } }";
        let answer = self.editor.ask(document, json!({ "id": self.content_id(), "at": at })).await;
        let playing = &answer["arContent"]["activeVideo"];
        let text = |value: &Value| value.as_str().unwrap_or("nothing").to_owned();
        (text(&playing["video"]["filename"]), text(&playing["source"]), text(&playing["validUntil"]))
    }
}

fn refusals(answer: &Value) -> Vec<(String, String)> {
    assert_eq!(answer["videoRotationSchedule"], Value::Null, "{answer:#}");
    let told = answer["userErrors"].as_array().unwrap().iter();
    let field = |error: &Value| {
        let parts = error["field"].as_array().unwrap().iter().skip(1);
        parts.map(|part| part.as_str().unwrap()).collect::<Vec<_>>().join(".")
    };
    told.map(|error| (error["code"].as_str().unwrap().to_owned(), field(error))).collect()
}

fn refused(code: &str, field: &str) -> Vec<(String, String)> {
    vec![(code.to_owned(), field.to_owned())]
}

#[tokio::test(flavor = "multi_thread")]
async fn items_take_turns_in_the_companys_zone() {
    let setting = Setting::of_zone("Europe/Moscow").await;
    let rule = setting
        .rule(json!({ "rotationType": "DAILY", "timeOfDay": "09:00", "items": setting.items(&[0, 2, 1]) }))
        .await;
    assert_eq!((&rule["timeOfDay"], &rule["anchorAt"]), (&json!("09:00:00"), &json!("2026-11-21T12:00:00+00:00")));
    assert_eq!((&rule["currentIndex"], &rule["lastRotationAt"]), (&json!(0), &Value::Null));
    assert_eq!(rule["nextRotationAt"], "2026-11-22T06:00:00+00:00");
    let rotation = |file: &str, until: &str| (file.to_owned(), "ROTATION".to_owned(), until.to_owned());
    assert_eq!(setting.plays("2026-11-21T12:00:00Z").await, rotation("a.mp4", "2026-11-22T06:00:00+00:00"));
    assert_eq!(setting.plays("2026-11-22T05:59:59.999999Z").await, rotation("a.mp4", "2026-11-22T06:00:00+00:00"));
    assert_eq!(setting.plays("2026-11-22T06:00:00Z").await, rotation("c.mp4", "2026-11-23T06:00:00+00:00"));
    assert_eq!(setting.plays("2026-11-23T06:00:00Z").await, rotation("b.mp4", "2026-11-24T06:00:00+00:00"));
    assert_eq!(setting.plays("2026-11-24T06:00:00Z").await, rotation("a.mp4", "2026-11-25T06:00:00+00:00"));

    setting.app.pass(chrono::TimeDelta::days(2), &setting.editor).await;
    let document =
        "query ($id: ID!) { arContent(id: $id) { rotationSchedules { currentIndex lastRotationAt nextRotationAt }
        activeVideo { rotationSchedule { id } schedule { id } } } }";
    let now = setting.editor.ask(document, json!({ "id": setting.content_id() })).await["arContent"].clone();
    let expected = json!([{ "currentIndex": 2, "lastRotationAt": "2026-11-23T06:00:00+00:00",
        "nextRotationAt": "2026-11-24T06:00:00+00:00" }]);
    assert_eq!(now["rotationSchedules"], expected);
    assert_eq!(now["activeVideo"], json!({ "rotationSchedule": { "id": rule["id"] }, "schedule": null }));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_type_plays_what_it_says() {
    let setting = Setting::start().await;
    let items = setting.items(&[0, 1]);
    for (said, at, file) in [
        (json!({ "rotationType": "FIXED", "defaultVideoId": setting.video(2) }), "2027-01-01T00:00:00Z", "c.mp4"),
        (json!({ "rotationType": "WEEKLY", "dayOfWeek": "SUNDAY", "items": items }), "2026-11-22T00:00:00Z", "b.mp4"),
        (json!({ "rotationType": "WEEKLY", "items": items }), "2026-11-22T23:59:59Z", "a.mp4"),
        (json!({ "rotationType": "MONTHLY", "dayOfMonth": 31, "items": items }), "2026-11-30T00:00:00Z", "b.mp4"),
        (
            json!({ "rotationType": "CRON", "cronExpression": " 30 18  * * SAT ", "items": items }),
            "2026-11-21T18:30:00Z",
            "b.mp4",
        ),
        (
            json!({ "rotationType": "DAILY", "anchorAt": "2026-11-20T12:00:00Z", "items": items }),
            "2026-11-21T12:00:00Z",
            "b.mp4",
        ),
    ] {
        let rule = setting.rule(said.clone()).await;
        let (played, source, _) = setting.plays(at).await;
        assert_eq!((played.as_str(), source.as_str()), (file, "ROTATION"), "{said}");
        let removed = setting.write(DELETE, json!({ "id": rule["id"] })).await;
        assert_eq!(removed["videoRotationSchedule"]["items"], rule["items"], "{removed:#}");
        assert_eq!(setting.plays(at).await.1, "DEFAULT", "{said}");
    }
    assert_eq!(setting.app.column::<i64>("SELECT count(*) FROM video_rotation_items").await, [0]);
    // Two videos at random, and never one twice in a row, come in turns.
    setting.rule(json!({ "rotationType": "RANDOM_DAILY", "items": items })).await;
    let mut played = Vec::new();
    for day in 22..28 {
        played.push(setting.plays(&format!("2026-11-{day}T00:00:00Z")).await.0);
    }
    assert!(played.windows(2).all(|days| days[0] != days[1]), "{played:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn dates_go_before_windows_and_windows_before_turns() {
    let setting = Setting::of_zone("Europe/Moscow").await;
    setting.rule(json!({ "rotationType": "FIXED", "defaultVideoId": setting.video(0) })).await;
    setting.app.window(&setting.videos[1], 0, 48).await;
    let dates = json!([{ "date": "2020-11-23", "yearly": true, "videoId": setting.video(2) },
        { "date": "2026-11-23", "videoId": setting.video(0) }]);
    let rule = setting.rule(json!({ "rotationType": "DATE_RULES", "dateRules": dates })).await;
    let told = json!([{ "date": "2020-11-23", "yearly": true, "video": { "filename": "c.mp4" } },
        { "date": "2026-11-23", "yearly": false, "video": { "filename": "a.mp4" } }]);
    assert_eq!((&rule["dateRules"], &rule["currentIndex"]), (&told, &Value::Null));
    let of = |file: &str, source: &str, until: &str| (file.to_owned(), source.to_owned(), until.to_owned());
    let midnight = "2026-11-22T21:00:00+00:00";
    assert_eq!(setting.plays("2026-11-22T20:59:59Z").await, of("b.mp4", "SCHEDULE", midnight));
    assert_eq!(setting.plays("2026-11-22T21:00:00Z").await, of("a.mp4", "DATE_RULE", "2026-11-23T21:00:00+00:00"));
    assert_eq!(setting.plays("2026-11-23T21:00:00Z").await.1, "ROTATION");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_type_has_no_use_for_is_refused_and_what_it_needs_is_required() {
    let setting = Setting::start().await;
    let (video, items) = (setting.video(0), setting.items(&[0]));
    let dates = json!([{ "date": "2027-01-01", "videoId": video }]);
    for (said, expected) in [
        (json!({ "rotationType": "FIXED" }), refused("REQUIRED", "defaultVideoId")),
        (json!({ "rotationType": "FIXED", "defaultVideoId": video, "items": items }), refused("INVALID", "items")),
        (
            json!({ "rotationType": "FIXED", "defaultVideoId": video, "anchorAt": "2026-01-01T00:00:00Z" }),
            refused("INVALID", "anchorAt"),
        ),
        (json!({ "rotationType": "DATE_RULES" }), refused("REQUIRED", "dateRules")),
        (
            json!({ "rotationType": "DATE_RULES", "dateRules": dates, "timeOfDay": "10:00" }),
            refused("INVALID", "timeOfDay"),
        ),
        (json!({ "rotationType": "DAILY" }), refused("REQUIRED", "items")),
        (json!({ "rotationType": "DAILY", "items": [] }), refused("REQUIRED", "items")),
        (json!({ "rotationType": "DAILY", "items": items, "dayOfWeek": "MONDAY" }), refused("INVALID", "dayOfWeek")),
        (
            json!({ "rotationType": "DAILY", "items": items, "defaultVideoId": video }),
            refused("INVALID", "defaultVideoId"),
        ),
        (json!({ "rotationType": "WEEKLY", "items": items, "dayOfMonth": 1 }), refused("INVALID", "dayOfMonth")),
        (json!({ "rotationType": "MONTHLY", "items": items, "dayOfMonth": 0 }), refused("TOO_SMALL", "dayOfMonth")),
        (json!({ "rotationType": "MONTHLY", "items": items, "dayOfMonth": 32 }), refused("TOO_LARGE", "dayOfMonth")),
        (json!({ "rotationType": "CRON", "items": items }), refused("REQUIRED", "cronExpression")),
        (
            json!({ "rotationType": "CRON", "items": items, "cronExpression": "0 0 30 2 *" }),
            refused("INVALID", "cronExpression"),
        ),
        (
            json!({ "rotationType": "CRON", "items": items, "cronExpression": "@daily" }),
            refused("INVALID", "cronExpression"),
        ),
        (
            json!({ "rotationType": "CRON", "items": items, "cronExpression": format!("0 0 {}1 * *", "1,".repeat(60)) }),
            refused("TOO_LONG", "cronExpression"),
        ),
        (
            json!({ "rotationType": "DAILY", "items": items, "anchorAt": "1999-12-31T00:00:00Z" }),
            refused("INVALID", "anchorAt"),
        ),
        (
            json!({ "rotationType": "RANDOM_DAILY", "items": [{ "videoId": video, "weight": 0 }] }),
            refused("TOO_SMALL", "items.0.weight"),
        ),
        (
            json!({ "rotationType": "RANDOM_DAILY", "items": [{ "videoId": video }, { "videoId": video, "weight": 1001 }] }),
            refused("TOO_LARGE", "items.1.weight"),
        ),
        (
            json!({ "rotationType": "DAILY", "items": vec![json!({ "videoId": video }); 201] }),
            refused("TOO_LARGE", "items"),
        ),
        (
            json!({ "rotationType": "DATE_RULES", "dateRules": [dates[0], dates[0]] }),
            refused("TAKEN", "dateRules.1.date"),
        ),
    ] {
        assert_eq!(refusals(&setting.create(said.clone()).await), expected, "{said}");
    }
    // All at once.
    let said = json!({ "rotationType": "CRON", "timeOfDay": "10:00", "dayOfMonth": 3, "cronExpression": "x" });
    let told: Vec<String> = refusals(&setting.create(said).await).into_iter().map(|(_, field)| field).collect();
    assert_eq!(told, ["timeOfDay", "dayOfMonth", "cronExpression", "items"]);
    assert_eq!(setting.app.column::<i64>("SELECT count(*) FROM video_rotation_schedules").await, [0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_video_of_another_order_is_as_unknown_as_one_that_does_not_exist() {
    let setting = Setting::start().await;
    let other = setting.app.content(&setting.studio.project, "2").await;
    let foreign = setting.app.video(&other, "foreign.mp4").await;
    let [foreign, absent] = [foreign.id, 1_000_000].map(|id| json!(global_id::encode::<Video>(id)));
    for video in [foreign, absent] {
        for (said, field) in [
            (json!({ "rotationType": "FIXED", "defaultVideoId": video }), "defaultVideoId"),
            (
                json!({ "rotationType": "DAILY", "items": [{ "videoId": setting.video(0) }, { "videoId": video }] }),
                "items.1.videoId",
            ),
            (
                json!({ "rotationType": "DATE_RULES", "dateRules": [{ "date": "2027-01-01", "videoId": video }] }),
                "dateRules.0.videoId",
            ),
        ] {
            let answer = setting.create(said).await;
            assert_eq!(answer["userErrors"][0]["message"], "is not a video of this order");
            assert_eq!(refusals(&answer), refused("NOT_FOUND", field));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_has_one_rule_of_each_sort_that_counts() {
    let setting = Setting::start().await;
    let fixed = json!({ "rotationType": "FIXED", "defaultVideoId": setting.video(0) });
    let daily = json!({ "rotationType": "DAILY", "items": setting.items(&[0, 1]) });
    let dates =
        json!({ "rotationType": "DATE_RULES", "dateRules": [{ "date": "2027-01-01", "videoId": setting.video(0) }] });
    let first = setting.rule(fixed.clone()).await;
    setting.rule(dates.clone()).await;
    for said in [&daily, &dates] {
        let answer = setting.create(said.clone()).await;
        assert_eq!(answer["userErrors"][0]["__typename"], "TakenError");
        assert_eq!(refusals(&answer), refused("TAKEN", "rotationType"), "{said}");
    }
    let mut waiting = daily.clone();
    waiting["isActive"] = json!(false);
    let waiting = setting.rule(waiting).await;
    let activate = json!({ "id": waiting["id"], "isActive": true });
    assert_eq!(refusals(&setting.write(UPDATE, activate.clone()).await), refused("TAKEN", "rotationType"));
    let pause = json!({ "id": first["id"], "isActive": false });
    assert_eq!(setting.write(UPDATE, pause).await["userErrors"], json!([]));
    assert_eq!(setting.write(UPDATE, activate).await["videoRotationSchedule"]["isActive"], true);
    // At once, and past the command's own look.
    setting
        .app
        .change(
            "DELETE FROM video_rotation_items; DELETE FROM video_rotation_dates; DELETE FROM video_rotation_schedules",
        )
        .await;
    let answers = futures_util::future::join_all((0..20).map(|_| setting.create(daily.clone()))).await;
    assert_eq!(answers.iter().filter(|answer| answer["userErrors"] == json!([])).count(), 1);
    let twice = "INSERT INTO video_rotation_schedules (company_id, ar_content_id, rotation_type, anchor_at, created_at, updated_at)
        SELECT company_id, ar_content_id, 'WEEKLY', anchor_at, created_at, updated_at FROM video_rotation_schedules";
    assert_eq!(setting.app.refusal(twice).await, "video_rotation_schedules_ar_content_id_key");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_has_at_most_fifty_rules() {
    let setting = Setting::start().await;
    setting
        .app
        .change(&format!(
            "INSERT INTO video_rotation_schedules (company_id, ar_content_id, rotation_type, anchor_at, is_active, created_at, updated_at)
             SELECT {}, {}, 'DAILY', now(), false, now(), now() FROM generate_series(1, 50)",
            setting.studio.company.id, setting.content.id
        ))
        .await;
    let said = json!({ "rotationType": "FIXED", "defaultVideoId": setting.video(0), "isActive": false });
    assert_eq!(refusals(&setting.create(said).await), refused("TOO_LARGE", "arContentId"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_type_drops_what_it_has_no_use_for() {
    let setting = Setting::start().await;
    let said = json!({ "rotationType": "WEEKLY", "dayOfWeek": "FRIDAY", "timeOfDay": "10:00", "items": setting.items(&[0, 1]) });
    let rule = setting.rule(said).await;
    let update = |more: Value| {
        let mut input = json!({ "id": rule["id"] });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        setting.write(UPDATE, input)
    };
    let daily = update(json!({ "rotationType": "DAILY" })).await["videoRotationSchedule"].clone();
    assert_eq!(
        (&daily["dayOfWeek"], &daily["timeOfDay"], &daily["version"]),
        (&Value::Null, &json!("10:00:00"), &json!(2))
    );
    assert_eq!(daily["items"], rule["items"]);
    let refused_fixed = update(json!({ "rotationType": "FIXED" })).await;
    assert_eq!(refusals(&refused_fixed), refused("REQUIRED", "defaultVideoId"));
    let fixed = update(json!({ "rotationType": "FIXED", "defaultVideoId": setting.video(1) })).await;
    let fixed = &fixed["videoRotationSchedule"];
    assert_eq!((&fixed["items"], &fixed["timeOfDay"], &fixed["version"]), (&json!([]), &Value::Null, &json!(3)));
    assert_eq!(fixed["anchorAt"], rule["anchorAt"]);
    let manager = setting.app.member(setting.studio.company.id, Role::Manager).await;
    let history = "query ($id: ID!) { node(id: $id) { ... on VideoRotationSchedule { history { nodes { action
        changes { field from to } } } } } }";
    let told = manager.ask(history, json!({ "id": rule["id"] })).await;
    let entries = told["node"]["history"]["nodes"].as_array().unwrap();
    assert_eq!(entries.len(), 3);
    let items = entries[2]["changes"].as_array().unwrap().iter().find(|change| change["field"] == "items").unwrap();
    assert_eq!(items["to"], json!([]));
    assert_eq!(
        items["from"],
        json!([{ "videoId": setting.video(0), "weight": 1 }, { "videoId": setting.video(1), "weight": 1 }])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_that_never_plays_is_done_and_told() {
    let setting = Setting::start().await;
    setting.app.change(&format!("UPDATE videos SET is_active = false WHERE id = {}", setting.videos[2].id)).await;
    let never = |field: &str| json!([{ "code": "NEVER_PLAYS", "field": ["input", field] }]);
    for (said, field) in [
        (json!({ "rotationType": "FIXED", "defaultVideoId": setting.video(2) }), "defaultVideoId"),
        (json!({ "rotationType": "DAILY", "items": setting.items(&[2]) }), "items"),
        (
            json!({ "rotationType": "DATE_RULES", "dateRules": [{ "date": "2026-11-20", "videoId": setting.video(0) }] }),
            "dateRules",
        ),
    ] {
        let mut tried = said.clone();
        tried["validateOnly"] = json!(true);
        assert_eq!(setting.create(tried).await["warnings"], never(field), "{said}");
    }
    let quiet =
        setting.create(json!({ "rotationType": "FIXED", "defaultVideoId": setting.video(2), "isActive": false })).await;
    assert_eq!((&quiet["userErrors"], &quiet["warnings"]), (&json!([]), &json!([])));
    let id = quiet["videoRotationSchedule"]["id"].clone();
    assert_eq!(setting.write(UPDATE, json!({ "id": id, "isActive": true })).await["warnings"], never("defaultVideoId"));
    let kind = global_id::decode(id.as_str().unwrap()).unwrap().0;
    assert_eq!(kind, <models::VideoRotationSchedule as global_id::Tagged>::TAG);
}
