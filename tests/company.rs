//! Companies: who makes them, and what they are called in addresses.

use arvlite_db::models::Role;
use serde_json::{Value, json};

use crate::support::{ALL_SCOPES, Client, TestApp};

const CREATE: &str = "mutation ($input: CompanyCreateInput!) { answer: companyCreate(input: $input) {
    company { id name slug contactEmail timeZone status version } userErrors { __typename code field } } }";
const BY_SLUG: &str = "query ($slug: String!) { company(slug: $slug) { id name } }";

async fn create(client: &Client, input: Value) -> Value {
    client.ask(CREATE, json!({ "input": input })).await["answer"].clone()
}

fn invalid(code: &str, field: &str) -> Value {
    json!({ "__typename": "InvalidError", "code": code, "field": ["input", field] })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_platform_makes_a_company_and_finds_it_by_its_slug() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let made = create(&admin, json!({ "name": " Фотостудия «Щука» №1 ", "contactEmail": "shchuka@example.com" })).await;
    let company = &made["company"];
    let expected = json!({ "id": company["id"], "name": "Фотостудия «Щука» №1", "slug": "fotostudiya-shchuka-1",
        "contactEmail": "shchuka@example.com", "timeZone": "UTC", "status": "ACTIVE", "version": 1 });
    assert_eq!(made, json!({ "company": expected, "userErrors": [] }));
    let found = admin.ask(BY_SLUG, json!({ "slug": "fotostudiya-shchuka-1" })).await;
    assert_eq!(found["company"], json!({ "id": company["id"], "name": company["name"] }));
    assert_eq!(admin.ask(BY_SLUG, json!({ "slug": "nobody" })).await["company"], Value::Null);

    let studio = app.studio("Vertex").await;
    let manager = app.member(studio.company.id, Role::Manager).await;
    assert_eq!(manager.ask(BY_SLUG, json!({ "slug": "vertex" })).await["company"]["name"], "Vertex");
    let foreign = manager.ask(BY_SLUG, json!({ "slug": "fotostudiya-shchuka-1" })).await;
    assert_eq!(foreign["company"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_but_the_platform_makes_companies() {
    let app = TestApp::start().await;
    let studio = app.studio("Vertex").await;
    let manager = app.member(studio.company.id, Role::Manager).await;
    let key = app.key(studio.company.id, Role::Manager, ALL_SCOPES).await;
    let before = app.row_counts().await;
    let input = json!({ "input": { "name": "Another" } });
    for (client, code) in [(manager, "FORBIDDEN"), (key, "FORBIDDEN"), (app.anonymous(), "UNAUTHENTICATED")] {
        assert_eq!(client.try_ask(CREATE, input.clone()).await.code(), code);
    }
    assert_eq!(app.row_counts().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn all_that_is_wrong_is_told_at_once() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let before = app.row_counts().await;
    let long = "n".repeat(256);
    for (input, errors) in [
        (json!({ "name": "  " }), vec![invalid("REQUIRED", "name")]),
        (json!({ "name": "写真館" }), vec![invalid("REQUIRED", "slug")]),
        (json!({ "name": "N", "slug": "" }), vec![invalid("REQUIRED", "slug")]),
        (json!({ "name": "N", "slug": long }), vec![invalid("TOO_LONG", "slug")]),
        (
            json!({ "name": "", "slug": "Not a slug", "contactEmail": "nobody" }),
            vec![invalid("REQUIRED", "name"), invalid("INVALID", "slug"), invalid("INVALID", "contactEmail")],
        ),
        (
            json!({ "name": long, "slug": "a--b", "contactEmail": "a@@example.com" }),
            vec![invalid("TOO_LONG", "name"), invalid("INVALID", "slug"), invalid("INVALID", "contactEmail")],
        ),
        (json!({ "name": "a\u{0}b", "slug": "a\u{0}b" }), vec![invalid("INVALID", "name"), invalid("INVALID", "slug")]),
    ] {
        let refused = create(&admin, input.clone()).await;
        assert_eq!(refused, json!({ "company": null, "userErrors": errors }), "{input:#}");
    }
    assert_eq!(app.row_counts().await, before);
    assert_eq!(create(&admin, json!({ "name": "n".repeat(255) })).await["userErrors"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slug_is_taken_once() {
    let app = TestApp::start().await;
    app.studio("Vertex").await;
    let admin = app.admin().await;
    let before = app.row_counts().await;
    let taken = json!([{ "__typename": "TakenError", "code": "TAKEN", "field": ["input", "slug"] }]);
    for input in [
        json!({ "name": "Вертекс", "slug": "vertex" }),
        json!({ "name": "VERTEX" }),
        json!({ "name": "VERTEX", "validateOnly": true }),
    ] {
        assert_eq!(create(&admin, input).await, json!({ "company": null, "userErrors": taken }));
    }
    assert_eq!(app.row_counts().await, before);
    let other = create(&admin, json!({ "name": "Vertex", "slug": "vertex-2" })).await;
    assert_eq!(other["company"]["slug"], "vertex-2");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_only_tried_is_not_stored() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let before = app.row_counts().await;
    let tried = create(&admin, json!({ "name": "Vertex", "validateOnly": true })).await;
    assert_eq!(tried, json!({ "company": null, "userErrors": [] }));
    assert_eq!(app.row_counts().await, before);
    assert_eq!(create(&admin, json!({ "name": "Vertex" })).await["company"]["slug"], "vertex");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_zone_is_one_of_the_world() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let made = create(&admin, json!({ "name": "Vertex", "timeZone": "Europe/Moscow" })).await;
    assert_eq!(made["company"]["timeZone"], "Europe/Moscow");
    let before = app.row_counts().await;
    for zone in ["Europe/Atlantis", "+03:00", ""] {
        let input = json!({ "input": { "name": "Lumen", "timeZone": zone } });
        assert_eq!(admin.try_ask(CREATE, input).await.code(), "BAD_REQUEST", "{zone}");
    }
    assert_eq!(app.row_counts().await, before);
}
