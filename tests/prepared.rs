//! Statements stay prepared: asked again, nothing is parsed again.

use arvlite_api::global_id::encode;
use arvlite_db::models::{ArContent, Role, Video, VideoSchedule};
use serde_json::json;

use crate::support::{TestApp, Wire, fresh_database};

#[tokio::test(flavor = "multi_thread")]
async fn what_was_asked_before_is_not_parsed_again() {
    let wire = Wire::before(&fresh_database().await).await;
    let app = TestApp::with_one_connection(&wire.url).await;
    let studio = app.studio("Studio").await;
    let (content, videos) = app.playing(&studio.project, "1", &["one.mp4", "two.mp4"]).await;
    let window = app.window(&videos[1], -1, 1).await;
    let viewer = app.member(studio.company.id, Role::Viewer).await;
    let tree = "{ companies(first: 5) { totalCount nodes { projects(first: 5) { nodes {
        arContents(first: 5, orderBy: { field: CREATED_AT, direction: DESC }, where: { orderNumber: { contains: \"1\" } }) {
            nodes { company { name } videos(first: 5) { nodes { filename media { url } } } schedules { totalCount } } } } } } }
        arContents(search: \"1\") { totalCount nodes { activeVideo { source } } } }";
    let phone = app.anonymous();
    let playback = "query ($id: UUID!) { arPlayback(uniqueId: $id) { video { url } } }";
    let start = "mutation ($id: UUID!, $session: UUID!) {
        viewSessionStart(input: { uniqueId: $id, sessionId: $session }) { viewToken } }";
    let editor = app.member(studio.company.id, Role::Editor).await;
    let edits = "mutation ($window: ID!, $video: ID!, $order: ID!, $number: Int!, $text: String!) {
        videoScheduleUpdate(input: { id: $window, priority: $number }) { userErrors { code } }
        videoUpdate(input: { id: $video, rotationOrder: $number }) { userErrors { code } }
        arContentUpdate(input: { id: $order, customerName: $text }) { userErrors { code } }
        videoDelete(input: { id: $video }) { userErrors { code } }
        videoRestore(input: { id: $video }) { userErrors { code } } }";
    let mut parsed = Vec::new();
    for number in 1..4 {
        let before = wire.orders_to_parse();
        viewer.ask(tree, json!({})).await;
        phone.ask(playback, json!({ "id": content.unique_id })).await;
        let session = uuid::Uuid::new_v4();
        let started = phone.ask(start, json!({ "id": content.unique_id, "session": session })).await;
        assert!(started["viewSessionStart"]["viewToken"].is_string(), "{started:#}");
        let rows = json!({ "window": encode::<VideoSchedule>(window.id), "video": encode::<Video>(videos[0].id),
            "order": encode::<ArContent>(content.id), "number": number, "text": number.to_string() });
        for edited in editor.ask(edits, rows).await.as_object().unwrap().values() {
            assert_eq!(edited["userErrors"], json!([]));
        }
        parsed.push(wire.orders_to_parse() - before);
    }
    assert!(parsed[0] > 0, "{parsed:?}");
    assert_eq!(parsed[2], 0, "{parsed:?}");
}
