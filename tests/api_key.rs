//! API keys: who makes them, what they open, and when they stop.

use std::time::Duration;

use arvlite_api::auth::authenticate::{authenticate, until_revoked};
use arvlite_api::auth::{Caller, Viewer};
use arvlite_api::domain::Error;
use arvlite_api::global_id;
use arvlite_db::Scope;
use arvlite_db::models::{self, ApiKey, Role};
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::{Client, TestApp};

const PATIENCE: Duration = Duration::from_secs(30);
const CREATE: &str = "mutation ($input: ApiKeyCreateInput!, $key: String! = \"\", $once: Boolean! = false) {
    apiKeyCreate(input: $input) @skip(if: $once) { ...made }
    again: apiKeyCreate(input: $input) @include(if: $once) @idempotent(key: $key) { ...made } }
    fragment made on ApiKeyCreatePayload { secret apiKey { id prefix role scopes expiresAt revokedAt }
        userErrors { code field message } }";
const REVOKE: &str = "mutation ($input: ApiKeyRevokeInput!) { apiKeyRevoke(input: $input) {
    apiKey { revokedAt } userErrors { code field } } }";
const PROJECT: &str = "mutation ($input: ProjectCreateInput!) { projectCreate(input: $input) {
    project { name } userErrors { code field } } }";

fn input(company: &models::Company, role: &str, scopes: &[&str]) -> Value {
    let company_id = global_id::encode::<models::Company>(company.id);
    json!({ "companyId": company_id, "name": "Order form", "role": role, "scopes": scopes })
}

fn project(company: &models::Company, name: &str) -> Value {
    json!({ "input": { "companyId": global_id::encode::<models::Company>(company.id), "name": name } })
}

async fn create(client: &Client, input: Value) -> Value {
    client.ask(CREATE, json!({ "input": input })).await["apiKeyCreate"].clone()
}

async fn show(app: &TestApp, key: &str) -> Result<Viewer, Error> {
    authenticate(&app.app, Some(&format!("Bearer {key}")), Caller::default()).await
}

async fn holder(app: &TestApp, key: &str) -> Client {
    match show(app, key).await {
        Ok(viewer) => Client::new(&app.router, viewer, Some(key.to_owned())),
        Err(error) => panic!("{error:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_may_do_what_its_role_and_its_scopes_allow() {
    let app = TestApp::start().await;
    let (vertex, lumen) = (app.studio("Vertex").await, app.studio("Lumen").await);
    let manager = app.member(vertex.company.id, Role::Manager).await;
    for (role, scopes, writes) in [
        ("VIEWER", &["READ", "WRITE_CONTENT"][..], false),
        ("EDITOR", &["READ"][..], false),
        ("EDITOR", &["READ", "WRITE_CONTENT", "READ"][..], true),
        ("MANAGER", &["WRITE_CONTENT"][..], true),
    ] {
        let created = create(&manager, input(&vertex.company, role, scopes)).await;
        assert_eq!(created["userErrors"], json!([]));
        let key = holder(&app, created["secret"].as_str().unwrap()).await;

        let made = key.try_ask(PROJECT, project(&vertex.company, &format!("By {role} {scopes:?}"))).await;
        let expected = if writes { "no error" } else { "FORBIDDEN" };
        assert_eq!(made.code(), expected, "{role} {scopes:?}: {:#}", made.0);
        let abroad = key.try_ask(PROJECT, project(&lumen.company, "Abroad")).await;
        assert_eq!(abroad.0["data"]["projectCreate"]["project"], json!(null));
        let another = key.try_ask(CREATE, json!({ "input": input(&vertex.company, "VIEWER", &["READ"]) })).await;
        assert_eq!(another.code(), "FORBIDDEN");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_manager_makes_keys_and_only_at_home() {
    let app = TestApp::start().await;
    let (vertex, lumen) = (app.studio("Vertex").await, app.studio("Lumen").await);
    for role in [Role::Editor, Role::Viewer] {
        let member = app.member(vertex.company.id, role).await;
        let answer = member.try_ask(CREATE, json!({ "input": input(&vertex.company, "VIEWER", &["READ"]) })).await;
        assert_eq!(answer.code(), "FORBIDDEN");
    }
    let manager = app.member(vertex.company.id, Role::Manager).await;
    let refused = create(&manager, input(&lumen.company, "VIEWER", &["READ"])).await;
    assert_eq!(refused["userErrors"][0]["code"], "NOT_FOUND");
    assert_eq!(refused["userErrors"][0]["field"], json!(["input", "companyId"]));
    let answer = app.anonymous().try_ask(CREATE, json!({ "input": input(&vertex.company, "VIEWER", &["READ"]) })).await;
    assert_eq!(answer.code(), "UNAUTHENTICATED");

    let mut odd = input(&vertex.company, "VIEWER", &[]);
    odd["name"] = json!(" ");
    odd["expiresAt"] = json!("2026-11-21T12:00:00Z");
    let refused = create(&manager, odd).await;
    let fields: Vec<&Value> =
        refused["userErrors"].as_array().unwrap().iter().map(|error| &error["field"][1]).collect();
    assert_eq!(fields, ["name", "scopes", "expiresAt"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_ends_when_it_is_revoked_or_expires() {
    let app = TestApp::start().await;
    let studio = app.studio("Vertex").await;
    let manager = app.member(studio.company.id, Role::Manager).await;
    let mut wanted = input(&studio.company, "VIEWER", &["READ"]);
    let lasting = create(&manager, wanted.clone()).await;
    wanted["expiresAt"] = json!("2026-11-22T12:00:00Z");
    let passing = create(&manager, wanted).await;
    let (lasting_key, passing_key) = (lasting["secret"].as_str().unwrap(), passing["secret"].as_str().unwrap());
    holder(&app, lasting_key).await;
    holder(&app, passing_key).await;

    app.pass(TimeDelta::days(1), &manager).await;
    assert!(matches!(show(&app, passing_key).await, Err(Error::Unauthenticated)));
    holder(&app, lasting_key).await;
    let revoke = json!({ "input": { "id": lasting["apiKey"]["id"] } });
    let revoked = manager.ask(REVOKE, revoke.clone()).await;
    assert_eq!(revoked["apiKeyRevoke"]["apiKey"]["revokedAt"], "2026-11-22T12:00:00+00:00");
    assert!(matches!(show(&app, lasting_key).await, Err(Error::Unauthenticated)));
    app.pass(TimeDelta::days(1), &manager).await;
    assert_eq!(manager.ask(REVOKE, revoke).await, revoked, "the first revocation is the one that counts");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_with_its_key() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let manager = app.member(studio.company.id, Role::Manager).await;
    let mut wanted = input(&studio.company, "VIEWER", &["READ"]);
    wanted["expiresAt"] = json!("2026-11-22T12:00:00Z");
    let made = create(&manager, wanted).await;
    let viewer = show(&app, made["secret"].as_str().unwrap()).await.unwrap();
    let prefix = made["apiKey"]["prefix"].as_str().unwrap();
    let session = app.app.db.session(Scope::Everything);
    let last_used_at = async || ApiKey::by_prefix(&session, prefix).await.unwrap().unwrap().last_used_at;

    app.app.clock.advance(TimeDelta::minutes(5));
    let ended = tokio::spawn(until_revoked(&app.app, &viewer));
    // It has looked once, and does so again after minutes.
    let looked = async { while last_used_at().await != Some(app.app.clock.now()) {} };
    tokio::time::timeout(PATIENCE, looked).await.expect("a look is noted as a use");
    assert!(!ended.is_finished());
    app.app.clock.advance(TimeDelta::days(1));
    tokio::time::timeout(PATIENCE, ended).await.expect("the key has ended").unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_strangers_key_is_not_found() {
    let app = TestApp::start().await;
    let (vertex, lumen) = (app.studio("Vertex").await, app.studio("Lumen").await);
    let manager = app.member(vertex.company.id, Role::Manager).await;
    let stranger = app.member(lumen.company.id, Role::Manager).await;
    let made = create(&manager, input(&vertex.company, "VIEWER", &["READ"])).await;
    let answer = stranger.ask(REVOKE, json!({ "input": { "id": made["apiKey"]["id"] } })).await;
    assert_eq!(answer["apiKeyRevoke"]["userErrors"], json!([{ "code": "NOT_FOUND", "field": ["input", "id"] }]));
    holder(&app, made["secret"].as_str().unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_secret_must_be_the_one_of_the_prefix() {
    let app = TestApp::start().await;
    let studio = app.studio("Vertex").await;
    let manager = app.member(studio.company.id, Role::Manager).await;
    let one = create(&manager, input(&studio.company, "VIEWER", &["READ"])).await;
    let other = create(&manager, input(&studio.company, "VIEWER", &["READ"])).await;
    let prefix = one["apiKey"]["prefix"].as_str().unwrap();
    let mixed = other["secret"].as_str().unwrap().replace(other["apiKey"]["prefix"].as_str().unwrap(), prefix);
    assert!(matches!(show(&app, &mixed).await, Err(Error::Unauthenticated)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_told_once_and_a_try_stores_nothing() {
    let app = TestApp::start().await;
    let studio = app.studio("Vertex").await;
    let manager = app.member(studio.company.id, Role::Manager).await;
    let mut wanted = input(&studio.company, "VIEWER", &["READ"]);
    let once = json!({ "input": wanted, "key": "first", "once": true });
    let first = manager.ask(CREATE, once.clone()).await["again"].clone();
    let second = manager.ask(CREATE, once).await["again"].clone();
    assert_eq!(first["apiKey"], second["apiKey"]);
    assert!(first["secret"].is_string() && second["secret"].is_null());

    wanted["validateOnly"] = json!(true);
    let tried = create(&manager, wanted).await;
    assert_eq!(tried, json!({ "secret": null, "apiKey": null, "userErrors": [] }));
    let keys = manager.ask("{ apiKeys { totalCount } }", json!({})).await;
    assert_eq!(keys["apiKeys"]["totalCount"], 1);
}
