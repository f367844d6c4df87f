//! The audit log: each write leaves what it changed, for those who answer for the company.

use arvlite_api::global_id::encode;
use arvlite_db::models::{self, ArContent, Company, Role, User, Video};
use serde_json::{Value, json};

use crate::support::{ALL_SCOPES, Client, TestApp};

const PIN: &str =
    "mutation ($input: ArContentPinVideoInput!) { arContentPinVideo(input: $input) { userErrors { code } } }";
const HISTORY: &str = "query ($id: ID!) { arContent(id: $id) { orderNumber history(first: 100) { totalCount nodes {
    action entityType entity { __typename id } company { id } actorKind actorEmail actor { __typename id }
    changes { field from to } requestId createdAt } } } }";
const LIST: &str = "query ($where: AuditEntryWhereInput) { auditEntries(first: 100, where: $where) { nodes {
    action entityType entity { __typename } actorKind actorEmail changes { field from to } } } }";

async fn actions(client: &Client, condition: Value) -> Vec<String> {
    let answer = client.ask(LIST, json!({ "where": condition })).await;
    let nodes = answer["auditEntries"]["nodes"].as_array().unwrap();
    nodes.iter().map(|node| node["action"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_tells_what_was_done_to_it() {
    let app = TestApp::start().await;
    let studio = app.studio("Vertex").await;
    let (content, videos) = app.playing(&studio.project, "1", &["one.mp4", "two.mp4"]).await;
    let manager = app.member(studio.company.id, Role::Manager).await;
    let (id, video) = (encode::<ArContent>(content.id).0, encode::<Video>(videos[1].id).0);
    manager.ask(PIN, json!({ "input": { "id": id, "videoId": video, "validateOnly": true } })).await;
    manager.ask(PIN, json!({ "input": { "id": id, "videoId": video } })).await;
    let answer = manager.ask(HISTORY, json!({ "id": id })).await;
    let history = &answer["arContent"]["history"];
    assert_eq!(history["totalCount"], 2);
    let [created, pinned] = history["nodes"].as_array().unwrap().as_slice() else { panic!("{history:#}") };
    assert_eq!((&created["action"], &created["actorKind"]), (&json!("arContentCreate"), &json!("SYSTEM")));
    assert_eq!((&created["actor"], &created["actorEmail"]), (&Value::Null, &Value::Null));
    let told = created["changes"].as_array().unwrap();
    assert!(told.contains(&json!({ "field": "orderNumber", "from": null, "to": "1" })), "{told:#?}");
    assert!(told.contains(&json!({ "field": "id", "from": null, "to": id })), "{told:#?}");
    assert_eq!(pinned["action"], "arContentPinVideo");
    assert_eq!(pinned["entityType"], "arContent");
    assert_eq!(pinned["entity"], json!({ "__typename": "ArContent", "id": id }));
    assert_eq!(pinned["company"]["id"], encode::<Company>(studio.company.id).0);
    assert_eq!(pinned["actorKind"], "USER");
    let (_, person, email) = manager.viewer.actor();
    assert_eq!(pinned["actor"], json!({ "__typename": "User", "id": encode::<User>(person.unwrap()).0 }));
    assert_eq!(pinned["actorEmail"], json!(email));
    assert!(pinned["requestId"].is_string());
    assert_eq!(
        pinned["changes"],
        json!([{ "field": "activeVideoId", "from": null, "to": video }, { "field": "version", "from": 1, "to": 2 }])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn only_those_who_answer_for_a_company_read_its_log() {
    let app = TestApp::start().await;
    let (ours, theirs) = (app.studio("Vertex").await, app.studio("Lumen").await);
    let content = app.content(&ours.project, "1").await;
    let id = encode::<ArContent>(content.id).0;
    for role in [Role::Editor, Role::Viewer] {
        let member = app.member(ours.company.id, role).await;
        let answer = member.try_ask(HISTORY, json!({ "id": id })).await;
        assert_eq!(answer.code(), "FORBIDDEN");
        // What they may see, they still see.
        assert_eq!(answer.0["data"]["arContent"], json!({ "orderNumber": "1", "history": null }));
        assert_eq!(member.try_ask(LIST, json!({})).await.code(), "FORBIDDEN");
    }
    let key = app.key(ours.company.id, Role::Manager, ALL_SCOPES).await;
    assert_eq!(key.try_ask(LIST, json!({})).await.code(), "FORBIDDEN");
    assert_eq!(app.anonymous().try_ask(LIST, json!({})).await.code(), "UNAUTHENTICATED");
    let stranger = app.member(theirs.company.id, Role::Manager).await;
    assert_eq!(stranger.ask(HISTORY, json!({ "id": id })).await["arContent"], Value::Null);
    assert_eq!(actions(&stranger, json!(null)).await, ["companyCreate", "projectCreate"]);
    // Whoever manages one company and looks at another sees the log of the first alone.
    let both = [(theirs.company.id, Role::Manager), (ours.company.id, Role::Viewer)];
    let guest = app.person(models::UserRole::Member, &both).await;
    assert_eq!(actions(&guest, json!(null)).await, ["companyCreate", "projectCreate"]);
    let seen = guest.try_ask(HISTORY, json!({ "id": id })).await;
    assert_eq!((seen.code(), &seen.0["data"]["arContent"]["history"]), ("FORBIDDEN", &Value::Null));
    assert_eq!(actions(&app.admin().await, json!(null)).await.len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_narrowed_by_what_was_done_by_whom_and_when() {
    let app = TestApp::start().await;
    let studio = app.studio("Vertex").await;
    let (content, videos) = app.playing(&studio.project, "1", &["one.mp4"]).await;
    app.app.clock.advance(chrono::TimeDelta::hours(1));
    let manager = app.member(studio.company.id, Role::Manager).await;
    let (id, video) = (encode::<ArContent>(content.id).0, encode::<Video>(videos[0].id).0);
    manager.ask(PIN, json!({ "input": { "id": id, "videoId": video } })).await;
    let (_, _, email) = manager.viewer.actor();
    let company = encode::<Company>(studio.company.id).0;
    let all = ["companyCreate", "projectCreate", "arContentCreate", "arContentPinVideo"];
    let cases: [(Value, &[&str]); 8] = [
        (json!(null), &all),
        (json!({ "companyId": { "eq": company } }), &all),
        (json!({ "companyId": { "isNull": true } }), &[]),
        (json!({ "entityType": { "eq": "arContent" } }), &all[2..]),
        (json!({ "action": { "startsWith": "ARCONTENT" } }), &all[2..]),
        (json!({ "actorKind": { "eq": "USER" } }), &all[3..]),
        (json!({ "actorEmail": { "eq": email } }), &all[3..]),
        (json!({ "createdAt": { "range": { "lt": "2026-11-21T12:30:00Z" } } }), &all[..3]),
    ];
    for (condition, expected) in cases {
        assert_eq!(actions(&manager, condition.clone()).await, expected, "{condition}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_done_to_people_and_keys_is_told_without_their_secrets() {
    let app = TestApp::start().await;
    let studio = app.studio("Vertex").await;
    let manager = app.member(studio.company.id, Role::Manager).await;
    let company = encode::<Company>(studio.company.id).0;
    let made = manager
        .ask(
            "mutation ($company: ID!) { apiKeyCreate(input: { companyId: $company, name: \"Partner\", role: VIEWER,
                scopes: [READ] }) { secret apiKey { id } userErrors { code } } }",
            json!({ "company": company }),
        )
        .await;
    let secret = made["apiKeyCreate"]["secret"].as_str().unwrap();
    let answer = manager.ask(LIST, json!({ "where": { "entityType": { "eq": "apiKey" } } })).await;
    assert_eq!(answer["auditEntries"]["nodes"][0]["entity"]["__typename"], "ApiKey");
    let told = answer.to_string();
    assert!(told.contains("Partner") && !told.contains(secret) && !told.contains("secret"), "{told}");
    let logged: Vec<String> = app.column("SELECT changes::text FROM audit_log").await;
    let last = secret.rsplit('_').next().unwrap();
    assert!(logged.iter().all(|changes| !changes.contains(last) && !changes.contains("sha256")));
}
