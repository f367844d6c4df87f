//! What was deleted is hidden from lists, found by whoever points to it, and takes no new children.

use arvlite_api::global_id;
use arvlite_db::models::{ArContent, Project, Role};
use serde_json::json;

use crate::support::TestApp;

async fn delete(app: &TestApp, table: &str, id: i64) {
    let deleted = "deleted_at = '2026-11-21Z', deletion_id = gen_random_uuid()";
    app.change(&format!("UPDATE {table} SET {deleted} WHERE id = {id}")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_hide_what_is_deleted_and_relations_find_it() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let content = app.content(&studio.project, "1").await;
    let editor = app.member(studio.company.id, Role::Editor).await;
    delete(&app, "projects", studio.project.id).await;

    let lists = "{ gone: projects(deleted: ONLY) { nodes { name deletedAt } } live: projects { totalCount }
        all: projects(deleted: INCLUDE) { totalCount } arContents { nodes { project { name deletedAt } } } }";
    let deleted = json!({ "name": "First", "deletedAt": "2026-11-21T00:00:00+00:00" });
    let expected = json!({
        "gone": { "nodes": [deleted] }, "live": { "totalCount": 0 }, "all": { "totalCount": 1 },
        "arContents": { "nodes": [{ "project": deleted }] },
    });
    assert_eq!(editor.ask(lists, json!({})).await, expected);
    let node = "query ($id: ID!) { node(id: $id) { ... on Project { name deletedAt } } }";
    let id = global_id::encode::<Project>(studio.project.id).0;
    assert_eq!(editor.ask(node, json!({ "id": id })).await["node"], deleted);

    let create = "mutation ($input: ArContentCreateInput!) { arContentCreate(input: $input) {
        arContent { id } userErrors { code field } } }";
    let refused = editor.ask(create, json!({ "input": { "projectId": id } })).await;
    let not_found = json!([{ "code": "NOT_FOUND", "field": ["input", "projectId"] }]);
    assert_eq!(refused["arContentCreate"], json!({ "arContent": null, "userErrors": not_found }));

    delete(&app, "ar_content", content.id).await;
    let pin =
        "mutation ($id: ID!) { arContentPinVideo(input: { id: $id, videoId: null }) { userErrors { code field } } }";
    let refused = editor.ask(pin, json!({ "id": global_id::encode::<ArContent>(content.id).0 })).await;
    assert_eq!(refused["arContentPinVideo"]["userErrors"], json!([{ "code": "NOT_FOUND", "field": ["input", "id"] }]));
    let playback = "query ($id: UUID!) { arPlayback(uniqueId: $id) { available reason } }";
    let playback = app.anonymous().ask(playback, json!({ "id": content.unique_id })).await;
    assert_eq!(playback["arPlayback"], json!({ "available": false, "reason": "NOT_FOUND" }));
}
