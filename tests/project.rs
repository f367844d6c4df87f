//! Projects: who makes them, and under which names.

use arvlite_api::global_id;
use arvlite_db::models::{self, Role, UserRole};
use serde_json::{Value, json};

use crate::support::{Client, Studio, TestApp};

const CREATE: &str = "mutation ($input: ProjectCreateInput!) { answer: projectCreate(input: $input) {
    project { name status version company { name } } userErrors { __typename code field } } }";

fn input(studio: &Studio, name: &str) -> Value {
    json!({ "input": { "companyId": global_id::encode::<models::Company>(studio.company.id), "name": name } })
}

async fn create(client: &Client, studio: &Studio, name: &str) -> Value {
    client.ask(CREATE, input(studio, name)).await["answer"].clone()
}

fn refused(of: &str, code: &str, field: &str) -> Value {
    json!({ "project": null, "userErrors": [{ "__typename": of, "code": code, "field": ["input", field] }] })
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_write_contents_make_projects() {
    let app = TestApp::start().await;
    let studio = app.studio("Vertex").await;
    for (role, name) in [(Role::Editor, "Weddings"), (Role::Manager, "Schools")] {
        let client = app.member(studio.company.id, role).await;
        let project = json!({ "name": name, "status": "ACTIVE", "version": 1, "company": { "name": "Vertex" } });
        assert_eq!(create(&client, &studio, name).await, json!({ "project": project, "userErrors": [] }));
    }
    let editor = app.member(studio.company.id, Role::Editor).await;
    let mut resting = input(&studio, "Resting");
    resting["input"]["status"] = json!("INACTIVE");
    assert_eq!(editor.ask(CREATE, resting).await["answer"]["project"]["status"], "INACTIVE");
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_only_look_make_none() {
    let app = TestApp::start().await;
    let (vertex, lumen) = (app.studio("Vertex").await, app.studio("Lumen").await);
    let viewer = app.member(vertex.company.id, Role::Viewer).await;
    let roles = [(vertex.company.id, Role::Viewer), (lumen.company.id, Role::Editor)];
    let guest = app.person(UserRole::Member, &roles).await;
    let stranger = app.member(lumen.company.id, Role::Manager).await;
    let before = app.row_counts().await;
    assert_eq!(viewer.try_ask(CREATE, input(&vertex, "Mine")).await.code(), "FORBIDDEN");
    assert_eq!(app.anonymous().try_ask(CREATE, input(&vertex, "Mine")).await.code(), "UNAUTHENTICATED");
    let seen = create(&guest, &vertex, "Mine").await;
    assert_eq!(seen, refused("InvalidError", "NOT_ALLOWED", "companyId"));
    let unseen = create(&stranger, &vertex, "Mine").await;
    assert_eq!(unseen, refused("InvalidError", "NOT_FOUND", "companyId"));
    assert_eq!(app.row_counts().await, before);
    assert_eq!(create(&guest, &lumen, "Mine").await["userErrors"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_given_once_in_a_company() {
    let app = TestApp::start().await;
    let (vertex, lumen) = (app.studio("Vertex").await, app.studio("Lumen").await);
    let admin = app.admin().await;
    assert_eq!(create(&admin, &vertex, "Weddings").await["userErrors"], json!([]));
    let before = app.row_counts().await;
    for name in ["Weddings", " Weddings "] {
        assert_eq!(create(&admin, &vertex, name).await, refused("TakenError", "TAKEN", "name"));
    }
    for (name, code) in [("", "REQUIRED"), (&*"n".repeat(256), "TOO_LONG"), ("a\u{0}b", "INVALID")] {
        assert_eq!(create(&admin, &vertex, name).await, refused("InvalidError", code, "name"));
    }
    assert_eq!(app.row_counts().await, before);
    assert_eq!(create(&admin, &lumen, "Weddings").await["project"]["company"]["name"], "Lumen");
}
