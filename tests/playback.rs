//! What plays, told alike wherever it is asked; and the ways in which studios once showed the wrong video, as far as they
//! are about more than the decision itself.

use arvlite_api::enums::RotationType;
use arvlite_db::Scope;
use arvlite_db::models::{Role, ViewSession};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::TestApp;
use crate::video_rotation_schedule::Setting;

const PHONE: &str =
    "query ($id: UUID!) { arPlayback(uniqueId: $id) { available reason video { url source } validUntil } }";

#[tokio::test(flavor = "multi_thread")]
async fn as_many_statements_for_one_order_with_rules_as_for_a_hundred() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let mut codes = Vec::new();
    for number in 0..100 {
        let (content, videos) = app.playing(&studio.project, &number.to_string(), &["a.mp4", "b.mp4"]).await;
        app.rotation(&videos, RotationType::Daily).await;
        app.rotation(&videos, RotationType::DateRules).await;
        codes.push(content.unique_id);
    }
    let viewer = app.member(studio.company.id, Role::Viewer).await;
    let document = "query ($rows: Int!) { arContents(first: $rows) { nodes {
        activeVideo { video { filename } source rotationSchedule { id items { video { filename } } dateRules { video { filename } } } }
        playbackTimeline(from: \"2026-11-21T12:00:00Z\", to: \"2026-11-23T12:00:00Z\") { segments { video { filename } } }
        rotationSchedules { currentIndex lastRotationAt nextRotationAt defaultVideo { filename } } } } }";
    let mut counts = Vec::new();
    for rows in [1, 10, 100] {
        viewer.ask("{ __typename }", json!({})).await;
        let before = app.app.db.statements_sent();
        let answer = viewer.ask(document, json!({ "rows": rows })).await;
        counts.push(app.app.db.statements_sent() - before);
        assert_eq!(answer["arContents"]["nodes"][0]["activeVideo"]["source"], "ROTATION");
    }
    assert!(counts.iter().all(|count| *count == counts[0]), "{counts:?}");

    let phone = app.anonymous();
    let ask = |codes: &[Uuid]| {
        let fields =
            codes.iter().enumerate().map(|(n, id)| format!("p{n}: arPlayback(uniqueId: \"{id}\") {{ available }}"));
        format!("{{ {} }}", fields.collect::<Vec<_>>().join(" "))
    };
    let before = app.app.db.statements_sent();
    phone.ask(&ask(&codes[..1]), json!({})).await;
    assert_eq!(app.app.db.statements_sent() - before, 4);
    app.change("UPDATE video_rotation_schedules SET is_active = false").await;
    let before = app.app.db.statements_sent();
    phone.ask(&ask(&codes[..1]), json!({})).await;
    assert_eq!(app.app.db.statements_sent() - before, 3, "where nothing takes turns, nothing is asked about it");
}

#[tokio::test(flavor = "multi_thread")]
async fn phone_page_view_and_dashboard_are_told_the_same() {
    let setting = Setting::start().await;
    let app = &setting.app;
    setting
        .rule(json!({ "rotationType": "DAILY", "anchorAt": "2026-11-20T12:00:00Z", "items": setting.items(&[0, 2]) }))
        .await;
    let names: Vec<String> = app
        .column(&format!(
            "SELECT name FROM media m JOIN videos v ON v.media_id = m.id WHERE v.id = {}",
            setting.videos[2].id
        ))
        .await;
    let phone = app.anonymous();
    let told = phone.ask(PHONE, json!({ "id": setting.content.unique_id })).await["arPlayback"].clone();
    assert_eq!(
        (&told["video"]["source"], &told["validUntil"]),
        (&json!("ROTATION"), &json!("2026-11-22T00:00:00+00:00"))
    );
    assert!(told["video"]["url"].as_str().unwrap().ends_with(&names[0]));
    let session = Uuid::new_v4();
    let started = app.start_view(&setting.content, session).await.unwrap();
    assert_eq!(started.playback.decision.video, Some(setting.videos[2].id));
    let view = ViewSession::by_session_id(&app.app.db.session(Scope::Everything), session).await.unwrap().unwrap();
    assert_eq!((view.video_id, view.source.as_str()), (Some(setting.videos[2].id), "ROTATION"));
    assert_eq!(
        setting.plays("2026-11-21T12:00:00Z").await,
        ("c.mp4".to_owned(), "ROTATION".to_owned(), "2026-11-22T00:00:00+00:00".to_owned())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn defect_3_a_day_is_the_companys_day_everywhere() {
    for (zone, midnight) in
        [("Europe/Moscow", "2026-11-21T21:00:00+00:00"), ("America/St_Johns", "2026-11-22T03:30:00+00:00")]
    {
        let setting = Setting::of_zone(zone).await;
        let dates = json!([{ "date": "2026-11-21", "videoId": setting.video(1) }]);
        setting.rule(json!({ "rotationType": "DATE_RULES", "dateRules": dates })).await;
        let phone = setting.app.anonymous();
        let told = phone.ask(PHONE, json!({ "id": setting.content.unique_id })).await["arPlayback"].clone();
        assert_eq!((&told["video"]["source"], &told["validUntil"]), (&json!("DATE_RULE"), &json!(midnight)), "{zone}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn defect_4_a_choice_takes_no_other_video_out_of_its_window_or_its_turn() {
    let setting = Setting::start().await;
    let pin = "mutation ($input: ArContentPinVideoInput!) { arContentPinVideo(input: $input) { userErrors { code } } }";
    let input = json!({ "input": { "id": setting.content_id(), "videoId": setting.video(0) } });
    setting.editor.ask(pin, input).await;
    setting.app.window(&setting.videos[1], 2, 4).await;
    assert_eq!(setting.plays("2026-11-21T12:00:00Z").await.1, "PIN");
    let (file, source, _) = setting.plays("2026-11-21T14:00:00Z").await;
    assert_eq!((file.as_str(), source.as_str()), ("b.mp4", "SCHEDULE"));
    setting.rule(json!({ "rotationType": "FIXED", "defaultVideoId": setting.video(2) })).await;
    let (file, source, _) = setting.plays("2026-11-21T12:00:00Z").await;
    assert_eq!((file.as_str(), source.as_str()), ("c.mp4", "ROTATION"));
}

#[tokio::test(flavor = "multi_thread")]
async fn defect_7_several_that_could_play_are_no_error() {
    let setting = Setting::start().await;
    // Two windows at once, one rule of each sort, a pin, and two videos of one order and place.
    setting.app.window(&setting.videos[0], 1, 5).await;
    setting.app.change(&format!(
        "UPDATE videos SET rotation_order = 0;
         UPDATE ar_content SET active_video_id = {1};
         INSERT INTO video_schedules (company_id, ar_content_id, video_id, start_time, end_time, priority, created_at, updated_at)
         SELECT company_id, ar_content_id, {1}, start_time, end_time, 1, created_at, updated_at FROM video_schedules
         WHERE ar_content_id = {0}",
        setting.content.id, setting.videos[1].id
    )).await;
    setting.rule(json!({ "rotationType": "FIXED", "defaultVideoId": setting.video(2) })).await;
    assert_eq!(setting.plays("2026-11-21T13:00:00Z").await.0, "b.mp4");
    assert_eq!(setting.plays("2026-11-21T17:00:00Z").await.0, "c.mp4");
}

#[tokio::test(flavor = "multi_thread")]
async fn defect_8_however_often_it_is_asked_nothing_moves_on() {
    let setting = Setting::start().await;
    setting.rule(json!({ "rotationType": "DAILY", "items": setting.items(&[0, 1, 2]) })).await;
    let before = setting.app.contents().await;
    let phone = setting.app.anonymous();
    let mut told: Vec<Value> = Vec::new();
    for _ in 0..10 {
        told.push(phone.ask(PHONE, json!({ "id": setting.content.unique_id })).await);
    }
    assert!(told.iter().all(|answer| *answer == told[0]), "{told:#?}");
    assert_eq!(setting.app.contents().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn defect_9_nothing_plays_after_its_subscription_whoever_chose_it() {
    let setting = Setting::start().await;
    setting.app.window(&setting.videos[1], 0, 10).await;
    setting.rule(json!({ "rotationType": "FIXED", "defaultVideoId": setting.video(1) })).await;
    setting
        .app
        .change(&format!(
            "UPDATE videos SET subscription_end = '2026-11-21T15:00:00Z' WHERE id = {0};
         UPDATE ar_content SET active_video_id = {0}",
            setting.videos[1].id
        ))
        .await;
    assert_eq!(setting.plays("2026-11-21T14:59:59Z").await.0, "b.mp4");
    assert_eq!(setting.plays("2026-11-21T15:00:00Z").await.1, "DEFAULT");
}

#[tokio::test(flavor = "multi_thread")]
async fn defect_10_a_draw_needs_no_weights_and_is_the_same_for_everybody() {
    let setting = Setting::start().await;
    setting.rule(json!({ "rotationType": "RANDOM_DAILY", "items": setting.items(&[0, 1, 2]) })).await;
    let twin = TestApp::on(setting.app.app.config.database_url.as_deref().unwrap()).await;
    for app in [&setting.app, &twin] {
        app.app.clock.advance(chrono::TimeDelta::days(3));
    }
    let [one, other] = [&setting.app, &twin].map(TestApp::anonymous);
    let variables = json!({ "id": setting.content.unique_id });
    assert_eq!(one.ask(PHONE, variables.clone()).await, other.ask(PHONE, variables).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn defect_11_a_weekday_has_a_name() {
    let setting = Setting::start().await;
    let rule =
        setting.rule(json!({ "rotationType": "WEEKLY", "dayOfWeek": "SUNDAY", "items": setting.items(&[0, 1]) })).await;
    assert_eq!((&rule["dayOfWeek"], &rule["nextRotationAt"]), (&json!("SUNDAY"), &json!("2026-11-22T00:00:00+00:00")));
    for number in [json!(0), json!(7)] {
        let said =
            json!({ "arContentId": setting.content_id(), "rotationType": "WEEKLY", "dayOfWeek": number, "items": [] });
        let document = "mutation ($input: VideoRotationScheduleCreateInput!) { videoRotationScheduleCreate(input: $input) { userErrors { code } } }";
        let answer = setting.editor.try_ask(document, json!({ "input": said })).await;
        assert_ne!(answer.code(), "no error", "{:#}", answer.0);
    }
}
