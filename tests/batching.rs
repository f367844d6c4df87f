//! The number of statements depends on the shape of the document, never on the number of rows.

use arvlite_api::config::Limits;
use arvlite_db::models::Role;
use serde_json::json;

use crate::support::{TestApp, generous};

const FOUR_LEVELS: &str = "query ($rows: Int!) {
    companies(first: $rows) { nodes { name projects(first: $rows) { nodes { name
        arContents(first: $rows) { nodes { orderNumber videos(first: $rows) { nodes { filename } } } } } } } } }";

const CROSSWISE: &str = "query ($rows: Int!) {
    arContents(first: $rows) { totalCount nodes { company { name } project { name arContents(first: 2) { totalCount } }
        pinnedVideo { filename } activeVideo { video { filename } source } schedules(first: 2) { nodes { video { id } } }
        videos(first: 2) { nodes { media { url } arContent { id } } } } } }";

#[tokio::test(flavor = "multi_thread")]
async fn four_levels_are_four_statements() {
    let app = TestApp::start().await;
    for name in ["A", "B", "C"] {
        let studio = app.studio(name).await;
        for number in 0..3 {
            let content = app.content(&studio.project, &number.to_string()).await;
            app.video(&content, "one.mp4").await;
            app.video(&content, "two.mp4").await;
        }
    }
    let admin = app.admin().await;
    admin.ask("{ __typename }", json!({})).await;
    let before = app.app.db.statements_sent();
    let data = admin.ask(FOUR_LEVELS, json!({ "rows": 5 })).await;
    let sent = app.app.db.statements_sent() - before;
    assert_eq!(data["companies"]["nodes"].as_array().unwrap().len(), 3);
    let contents = &data["companies"]["nodes"][2]["projects"]["nodes"][0]["arContents"]["nodes"];
    assert_eq!(contents[2]["videos"]["nodes"], json!([{ "filename": "one.mp4" }, { "filename": "two.mp4" }]));
    assert_eq!(sent, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn as_many_statements_for_one_row_as_for_a_hundred() {
    let app = TestApp::limited(Limits { cost: u64::MAX, ..generous() }).await;
    let studio = app.studio("Studio").await;
    for number in 0..100 {
        let content = app.content(&studio.project, &number.to_string()).await;
        let video = app.video(&content, "video.mp4").await;
        app.window(&video, 1, 2).await;
    }
    let viewer = app.member(studio.company.id, Role::Viewer).await;
    for document in [FOUR_LEVELS, CROSSWISE] {
        let mut counts = Vec::new();
        for rows in [1, 10, 100] {
            // Who asks is looked up once and remembered for some seconds.
            viewer.ask("{ __typename }", json!({})).await;
            let before = app.app.db.statements_sent();
            viewer.ask(document, json!({ "rows": rows })).await;
            counts.push(app.app.db.statements_sent() - before);
        }
        assert!(counts.iter().all(|count| *count == counts[0]), "{counts:?} for {document}");
    }
}
