//! A write that is repeated is done once, one that is only tried leaves nothing, and every write leaves its audit row.

use arvlite_db::models::Role;
use chrono::TimeDelta;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::contract::{Contract, Root};
use crate::support::{ALL_SCOPES, Client, TestApp};

const CREATE: &str = "mutation ($company: ID!, $name: String!, $key: String!, $try: Boolean = false) {
    projectCreate(input: { companyId: $company, name: $name, validateOnly: $try }) @idempotent(key: $key) {
        project { id name version } userErrors { code field message } } }";

/// What stores no audit row: it is about the caller's own sign-in, or comes from a phone.
const WITHOUT_AUDIT: [&str; 5] = ["login", "logout", "viewSessionStart", "viewSessionHeartbeat", "viewSessionEnd"];

struct Writer {
    client: Client,
    company: String,
}

impl Writer {
    async fn create(&self, name: &str, key: &str) -> Value {
        let variables = json!({ "company": self.company, "name": name, "key": key });
        self.client.ask(CREATE, variables).await["projectCreate"].clone()
    }
}

async fn writer() -> (TestApp, Writer, i64) {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let client = app.member(studio.company.id, Role::Editor).await;
    let company = arvlite_api::global_id::encode::<arvlite_db::models::Company>(studio.company.id).0;
    (app, Writer { client, company }, studio.company.id)
}

/// A generated call with a key of its own.
fn with_key(document: &str, key: &str) -> String {
    let keyed = document.replacen("}) {", &format!("}}) @idempotent(key: \"{key}\") {{"), 1);
    assert!(keyed.contains("@idempotent"), "{document}");
    keyed
}

async fn projects(app: &TestApp, name: &str) -> i64 {
    app.column(&format!("SELECT count(*) FROM projects WHERE name = '{name}'")).await[0]
}

async fn audits(app: &TestApp) -> i64 {
    app.column("SELECT count(*) FROM audit_log").await[0]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_answers_with_the_first_result() {
    let (app, writer, _) = writer().await;
    let before = audits(&app).await;
    let first = writer.create("One", "key").await;
    assert_eq!(first["userErrors"], json!([]));
    for _ in 0..3 {
        assert_eq!(writer.create("One", "key").await, first);
    }
    assert_eq!((projects(&app, "One").await, audits(&app).await - before), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_with_another_input_is_refused() {
    let (app, writer, _) = writer().await;
    writer.create("One", "key").await;
    let before = app.row_counts().await;
    let answer = writer.create("Two", "key").await;
    assert_eq!(answer["project"], Value::Null);
    assert_eq!(answer["userErrors"][0]["code"], "IDEMPOTENCY_KEY_PARAMETER_MISMATCH");
    let other = "mutation ($id: ID!) { arContentCreate(input: { projectId: $id }) @idempotent(key: \"key\") {
        userErrors { code } } }";
    let project: i64 = app.column("SELECT id FROM projects WHERE name = 'One'").await[0];
    let project = arvlite_api::global_id::encode::<arvlite_db::models::Project>(project);
    let answer = writer.client.ask(other, json!({ "id": project })).await;
    assert_eq!(answer["arContentCreate"]["userErrors"][0]["code"], "IDEMPOTENCY_KEY_PARAMETER_MISMATCH");
    assert_eq!(app.row_counts().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_write_leaves_its_key_free() {
    let (app, writer, _) = writer().await;
    let before = app.row_counts().await;
    assert_eq!(writer.create("", "key").await["userErrors"][0]["code"], "REQUIRED");
    assert_eq!(writer.create("First", "key").await["userErrors"][0]["code"], "TAKEN");
    assert_eq!(app.row_counts().await, before);
    assert_eq!(writer.create("One", "key").await["project"]["name"], "One");
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_at_once_are_one() {
    let (app, writer, _) = writer().await;
    let before = audits(&app).await;
    let answers = join_all((0..50).map(|_| writer.create("One", "key"))).await;
    assert!(answers[0]["project"]["id"].is_string(), "{:#}", answers[0]);
    for answer in &answers {
        assert_eq!(answer, &answers[0]);
    }
    assert_eq!((projects(&app, "One").await, audits(&app).await - before), (1, 1));
    let keys: Vec<i64> = app.column("SELECT count(*) FROM idempotency_keys").await;
    assert_eq!(keys, [1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_belong_to_their_caller() {
    let (app, writer, company_id) = writer().await;
    let colleague = app.member(company_id, Role::Editor).await;
    let program = app.key(company_id, Role::Editor, ALL_SCOPES).await;
    writer.create("One", "key").await;
    for (client, name) in [(colleague, "Two"), (program, "Three")] {
        let other = Writer { client, company: writer.company.clone() };
        assert_eq!(other.create(name, "key").await["project"]["name"], name);
        assert_eq!(other.create("One", "another key").await["userErrors"][0]["code"], "TAKEN");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_free_again_after_a_day() {
    let (app, writer, _) = writer().await;
    let first = writer.create("One", "key").await;
    app.pass(TimeDelta::hours(24) - TimeDelta::seconds(1), &writer.client).await;
    assert_eq!(writer.create("One", "key").await, first);
    app.app.clock.advance(TimeDelta::seconds(1));
    let second = writer.create("Two", "key").await;
    assert_eq!(second["project"]["name"], "Two");
    assert_ne!(second["project"]["id"], first["project"]["id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_has_one_to_255_characters() {
    let (app, writer, _) = writer().await;
    let before = app.row_counts().await;
    for (key, code) in [("", "REQUIRED"), ("\u{0}", "INVALID"), (&*"k".repeat(256), "TOO_LONG")] {
        assert_eq!(writer.create("One", key).await["userErrors"][0]["code"], code, "{key:?}");
    }
    assert_eq!(app.row_counts().await, before);
    assert_eq!(writer.create("One", &"k".repeat(255)).await["project"]["name"], "One");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_only_tried_leaves_nothing() {
    let app = TestApp::start().await;
    let studio = app.everything("bergamot").await;
    let contract = Contract::read().await;
    let admin = app.admin().await;
    let before = app.row_counts().await;
    let mut tried = 0;
    for mutation in contract.roots(Root::Mutation) {
        let leaves = contract.leaves(mutation);
        let Some(leaf) = leaves.iter().find(|leaf| leaf.path == ["input", "validateOnly"]) else { continue };
        let document =
            contract.own_call_with(Root::Mutation, mutation, &studio.values, Some((leaf, "true".to_owned())));
        let document = with_key(&document, &mutation.name);
        let answer = admin.ask(&document, json!({})).await;
        assert_eq!(answer[&mutation.name]["userErrors"], json!([]), "{document}");
        assert_eq!(app.row_counts().await, before, "{document} has stored something");
        tried += 1;
    }
    assert!(tried >= 6);
    let versions = "SELECT sum(version)::bigint FROM ar_content";
    assert_eq!(app.column::<i64>(versions).await, [1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_write_leaves_who_did_what() {
    let app = TestApp::start().await;
    let studio = app.everything("bergamot").await;
    let contract = Contract::read().await;
    let admin = app.admin().await;
    let last = "SELECT concat_ws(' ', action, actor_kind, actor_id IS NOT NULL, actor_email IS NOT NULL,
        changes <> '{}', created_at = '2026-11-21T12:00:00Z') FROM audit_log ORDER BY id DESC LIMIT 1";
    let called = contract.roots(Root::Mutation).iter().filter(|mutation| {
        let name = mutation.name.as_str();
        !WITHOUT_AUDIT.contains(&name)
    });
    for mutation in called {
        let before = audits(&app).await;
        let document = contract.own_call(Root::Mutation, mutation, &studio.values);
        let document = with_key(&document, &mutation.name);
        let answer = admin.ask(&document, json!({})).await;
        assert_eq!(answer[&mutation.name]["userErrors"], json!([]), "{document}");
        let counts = app.row_counts().await;
        let repeated = admin.ask(&document, json!({})).await;
        assert_eq!(repeated[&mutation.name]["userErrors"], json!([]), "the repetition of {document}");
        assert_eq!(app.row_counts().await, counts, "{document} was done twice");
        assert_eq!(audits(&app).await, before + 1, "{}", mutation.name);
        assert_eq!(app.column::<String>(last).await, [format!("{} USER t t t t", mutation.name)]);
    }
    let role = "SELECT changes->'role'->>'from' IS NOT NULL FROM audit_log WHERE action = 'membershipRemove'";
    assert_eq!(app.column::<bool>(role).await, [true], "what was removed is not told");
    let secret = "SELECT count(*) FROM audit_log WHERE changes::text ~* '(password|secret|sha256|argon2|arv_[sk]_)'";
    assert_eq!(app.column::<i64>(secret).await, [0], "a secret is in the audit log");
}
