//! Memberships: who gives which role to whom.

use arvlite_api::auth::Who;
use arvlite_api::global_id;
use arvlite_db::models::{self, Role};
use serde_json::{Value, json};

use crate::support::{Answer, Client, Studio, TestApp};

const SET: &str = "mutation ($input: MembershipSetInput!) { answer: membershipSet(input: $input) {
    membership { role user { email } company { name } } userErrors { code field } } }";
const REMOVE: &str = "mutation ($input: MembershipRemoveInput!) { answer: membershipRemove(input: $input) {
    membership { role } userErrors { code field } } }";
const PEOPLE: &str = "{ users { nodes { email memberships { role } } } }";

fn user(client: &Client) -> &models::User {
    match &client.viewer.who {
        Who::User(signed_in) => &signed_in.user,
        other => panic!("{other:?}"),
    }
}

fn input(studio: &Studio, more: &Value) -> Value {
    let mut input = json!({ "companyId": global_id::encode::<models::Company>(studio.company.id) });
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({ "input": input })
}

fn id(client: &Client) -> Value {
    json!(global_id::encode::<models::User>(user(client).id))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manager_brings_people_in_and_lets_them_go() {
    let app = TestApp::start().await;
    let (vertex, lumen) = (app.studio("Vertex").await, app.studio("Lumen").await);
    let manager = app.member(vertex.company.id, Role::Manager).await;
    let newcomer = app.member(lumen.company.id, Role::Viewer).await;
    let email = &user(&newcomer).email;

    let foreign = manager.ask(SET, input(&vertex, &json!({ "userId": id(&newcomer), "role": "VIEWER" }))).await;
    assert_eq!(foreign["answer"]["userErrors"], json!([{ "code": "NOT_FOUND", "field": ["input", "userId"] }]));
    let unknown = json!({ "email": "nobody@example.com", "role": "VIEWER" });
    let unknown = manager.ask(SET, input(&vertex, &unknown)).await;
    assert_eq!(unknown["answer"]["userErrors"], json!([{ "code": "NOT_FOUND", "field": ["input", "email"] }]));

    let by_email = json!({ "email": email.to_uppercase(), "role": "EDITOR" });
    let set = manager.ask(SET, input(&vertex, &by_email)).await;
    let membership = json!({ "role": "EDITOR", "user": { "email": email }, "company": { "name": "Vertex" } });
    assert_eq!(set["answer"], json!({ "membership": membership, "userErrors": [] }));
    let changed = manager.ask(SET, input(&vertex, &json!({ "userId": id(&newcomer), "role": "VIEWER" }))).await;
    assert_eq!(changed["answer"]["membership"]["role"], "VIEWER");
    let people = manager.ask(PEOPLE, json!({})).await;
    assert_eq!(people["users"]["nodes"][1], json!({ "email": email, "memberships": [{ "role": "VIEWER" }] }));

    let removed = manager.ask(REMOVE, input(&vertex, &json!({ "userId": id(&newcomer) }))).await;
    assert_eq!(removed["answer"], json!({ "membership": { "role": "VIEWER" }, "userErrors": [] }));
    let again = manager.ask(REMOVE, input(&vertex, &json!({ "userId": id(&newcomer) }))).await;
    assert_eq!(again["answer"]["userErrors"][0]["code"], "NOT_FOUND");
    assert_eq!(manager.ask(PEOPLE, json!({})).await["users"]["nodes"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_way_to_name_a_person_at_a_time() {
    let app = TestApp::start().await;
    let studio = app.studio("Vertex").await;
    let manager = app.member(studio.company.id, Role::Manager).await;
    let both = json!({ "userId": id(&manager), "email": "a@example.com", "role": "VIEWER" });
    for (more, code) in [(both, "INVALID"), (json!({ "role": "VIEWER" }), "REQUIRED")] {
        let answer = manager.ask(SET, input(&studio, &more)).await;
        assert_eq!(answer["answer"]["userErrors"], json!([{ "code": code, "field": ["input", "userId"] }]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_manager_gives_roles_and_only_at_home() {
    let app = TestApp::start().await;
    let (vertex, lumen) = (app.studio("Vertex").await, app.studio("Lumen").await);
    let stranger = app.member(lumen.company.id, Role::Manager).await;
    let itself = input(&vertex, &json!({ "userId": id(&stranger), "role": "MANAGER" }));
    let answer = stranger.ask(SET, itself).await;
    assert_eq!(answer["answer"]["userErrors"], json!([{ "code": "NOT_FOUND", "field": ["input", "companyId"] }]));
    let editor = app.member(vertex.company.id, Role::Editor).await;
    let itself = input(&vertex, &json!({ "userId": id(&editor), "role": "MANAGER" }));
    assert_eq!(editor.try_ask(SET, itself.clone()).await.code(), "FORBIDDEN");
    assert_eq!(app.anonymous().try_ask(SET, itself).await.code(), "UNAUTHENTICATED");
    let scopes = models::ApiKeyScope::ALL;
    let key = app.key(vertex.company.id, Role::Manager, scopes).await;
    let other = input(&vertex, &json!({ "userId": id(&editor), "role": "VIEWER" }));
    assert_eq!(key.try_ask(SET, other).await.code(), "FORBIDDEN");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_company_keeps_a_manager() {
    let app = TestApp::start().await;
    let studio = app.studio("Vertex").await;
    let last = app.member(studio.company.id, Role::Manager).await;
    let step_down = input(&studio, &json!({ "userId": id(&last), "role": "EDITOR" }));
    let leave = input(&studio, &json!({ "userId": id(&last) }));
    for (document, input, field) in [(SET, &step_down, "role"), (REMOVE, &leave, "userId")] {
        let answer = last.ask(document, input.clone()).await;
        assert_eq!(answer["answer"]["userErrors"], json!([{ "code": "IN_USE", "field": ["input", field] }]));
    }

    let second = app.member(studio.company.id, Role::Manager).await;
    let mutual = input(&studio, &json!({ "userId": id(&second) }));
    let (one, other) = tokio::join!(last.try_ask(REMOVE, mutual), second.try_ask(REMOVE, leave.clone()));
    // Whoever comes second is no manager any more, or is the last one.
    let done = |answer: &Answer| answer.0["data"]["answer"]["userErrors"] == json!([]);
    assert!(done(&one) != done(&other), "{one:?} {other:?}");

    let admin = app.admin().await;
    let stayed = if done(&one) { &last } else { &second };
    let answer = admin.ask(REMOVE, input(&studio, &json!({ "userId": id(stayed) }))).await;
    assert_eq!(answer["answer"]["userErrors"], json!([]));
}
