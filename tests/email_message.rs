//! Mail in the queue: how far it came is told to whom it concerns, what is in it to nobody.

use arvlite_api::global_id;
use arvlite_db::models::{ApiKeyScope, EmailMessage, Role, UserRole};
use serde_json::{Value, json};

use crate::support::contract::Contract;
use crate::support::{ALL_SCOPES, TestApp};

const WHOLE: &str =
    "query ($id: ID!) { emailMessage(id: $id) { recipientTo recipientCc subject template status priority
    attempts maxAttempts failure scheduledAt sentAt createdAt updatedAt company { name } } }";

/// A mail with a link that lets in whoever has it, and with other columns set so.
async fn mail(app: &TestApp, company: i64, columns: &str, values: &str) -> Value {
    let id: i64 = app
        .column(&format!(
            "INSERT INTO email_queue (company_id, recipient_to, recipient_bcc, subject, body, html, variables,
                 scheduled_at, created_at, updated_at{columns})
             VALUES ({company}, 'anna@example.com', 'hidden-reader@example.com', 'Your password',
                 'https://ar.example/reset/s3cret', '<a href=s3cret>', '{{\"link\": \"s3cret\"}}',
                 '2026-11-21T12:00:00Z', '2026-11-21T12:00:00Z', '2026-11-21T12:00:00Z'{values}) RETURNING id"
        ))
        .await[0];
    json!({ "id": global_id::encode::<EmailMessage>(id) })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_tells_how_far_it_came() {
    let app = TestApp::start().await;
    let company = app.studio("Vertex").await.company.id;
    let manager = app.member(company, Role::Manager).await;
    let noon = "2026-11-21T12:00:00+00:00";
    let waiting = json!({ "recipientTo": "anna@example.com", "recipientCc": null, "subject": "Your password",
        "template": null, "status": "PENDING", "priority": 5, "attempts": 0, "maxAttempts": 3, "failure": null,
        "scheduledAt": noon, "sentAt": null, "createdAt": noon, "updatedAt": noon, "company": { "name": "Vertex" } });
    let id = mail(&app, company, "", "").await;
    assert_eq!(manager.ask(WHOLE, id).await["emailMessage"], waiting);
    let answered = "'535 bad credentials for mailer:s3cret'";
    for (columns, values, told) in [
        (
            ", recipient_cc, template_id, status, attempts, priority, last_error",
            format!(", 'boss@example.com', 'reset', 'PENDING', 1, 1, {answered}"),
            json!({ "recipientCc": "boss@example.com", "template": "reset", "attempts": 1, "priority": 1,
                "failure": "could not be delivered yet: it was tried once" }),
        ),
        (
            ", status, attempts, last_error",
            format!(", 'FAILED', 3, {answered}"),
            json!({ "status": "FAILED", "attempts": 3, "failure": "could not be delivered: it was tried 3 times" }),
        ),
        (
            ", status, attempts, last_error, sent_at",
            format!(", 'SENT', 2, {answered}, '2026-11-21T13:00:00Z'"),
            json!({ "status": "SENT", "attempts": 2, "sentAt": "2026-11-21T13:00:00+00:00" }),
        ),
    ] {
        let mut expected = waiting.clone();
        expected.as_object_mut().unwrap().extend(told.as_object().unwrap().clone());
        let id = mail(&app, company, columns, &values).await;
        assert_eq!(manager.ask(WHOLE, id).await["emailMessage"], expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_in_a_mail_is_told_by_no_path() {
    let app = TestApp::start().await;
    let company = app.studio("Vertex").await.company.id;
    let id = mail(&app, company, ", last_error", ", 's3cret'").await;
    let contract = Contract::read().await;
    let fields = contract.types["EmailMessage"].fields.as_ref().unwrap();
    for secret in ["body", "html", "variables", "recipientBcc", "lastError"] {
        assert!(!fields.iter().any(|field| field.name == secret), "{secret} is in the contract");
    }
    let all = contract.selection("EmailMessage", 1, &app.everything("bergamot").await.values);
    for document in [
        format!("query ($id: ID!) {{ emailMessage(id: $id) {all} }}"),
        format!("query ($id: ID!) {{ node(id: $id) {{ ... on EmailMessage {all} }} }}"),
        format!("{{ emailMessages {{ nodes {all} }} companies {{ nodes {{ emailMessages {{ nodes {all} }} }} }} }}"),
    ] {
        let answer = app.admin().await.ask(&document, id.clone()).await.to_string();
        assert!(answer.contains("anna@example.com"), "{answer}");
        assert!(!answer.contains("s3cret") && !answer.contains("hidden-reader"), "{answer}");
    }
    // Nor as a row that the program could print.
    let session = app.app.db.session(arvlite_db::Scope::Everything);
    let rows = <EmailMessage as arvlite_db::Entity>::page(&session, &arvlite_db::Page::first(10)).await.unwrap();
    let printed = format!("{:?} {}", rows, json!(rows));
    assert!(printed.contains("anna@example.com") && !printed.contains("ar.example"), "{printed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_is_seen_by_managers_and_by_no_key() {
    let app = TestApp::start().await;
    let (vertex, lumen) = (app.studio("Vertex").await.company, app.studio("Lumen").await.company);
    let id = mail(&app, vertex.id, "", "").await;
    let root = "{ emailMessages { totalCount } }";
    let below = "{ companies { nodes { emailMessages { totalCount nodes { subject } } } } }";
    let manager = app.member(vertex.id, Role::Manager).await;
    assert_eq!(manager.ask(root, json!({})).await["emailMessages"]["totalCount"], 1);
    let one = json!({ "emailMessages": { "totalCount": 1, "nodes": [{ "subject": "Your password" }] } });
    assert_eq!(manager.ask(below, json!({})).await["companies"]["nodes"], json!([one]));
    for caller in [
        app.member(vertex.id, Role::Editor).await,
        app.member(vertex.id, Role::Viewer).await,
        app.key(vertex.id, Role::Manager, ALL_SCOPES).await,
        app.key(vertex.id, Role::Manager, &[ApiKeyScope::Read]).await,
    ] {
        for (document, variables) in [(root, json!({})), (WHOLE, id.clone())] {
            assert_eq!(caller.try_ask(document, variables).await.code(), "FORBIDDEN", "{document}");
        }
        let refused = caller.try_ask(below, json!({})).await;
        assert_eq!(refused.code(), "FORBIDDEN");
        assert_eq!(refused.0["data"]["companies"]["nodes"], json!([{ "emailMessages": null }]));
        let node = "query ($id: ID!) { node(id: $id) { id } }";
        assert_eq!(caller.ask(node, id.clone()).await["node"], Value::Null);
    }
    // Who manages one studio and works in another sees the mail of the first.
    let both = app.person(UserRole::Member, &[(vertex.id, Role::Editor), (lumen.id, Role::Manager)]).await;
    assert_eq!(both.ask(root, json!({})).await["emailMessages"]["totalCount"], 0);
    assert_eq!(both.ask(WHOLE, id.clone()).await["emailMessage"], Value::Null);
    let below = both.try_ask(below, json!({})).await;
    let none = json!({ "emailMessages": { "totalCount": 0, "nodes": [] } });
    assert_eq!(below.0["data"]["companies"]["nodes"], json!([{ "emailMessages": null }, none]));
    assert_eq!((below.code(), below.0["errors"].as_array().unwrap().len()), ("FORBIDDEN", 1));
    let stranger = app.member(lumen.id, Role::Manager).await;
    assert_eq!(stranger.ask(WHOLE, id).await["emailMessage"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_is_found_by_recipient_and_by_how_far_it_came() {
    let app = TestApp::start().await;
    let company = app.studio("Vertex").await.company.id;
    mail(&app, company, "", "").await;
    mail(&app, company, ", status", ", 'FAILED'").await;
    let manager = app.member(company, Role::Manager).await;
    for (arguments, expected) in [
        ("where: { status: { eq: FAILED } }", json!(["FAILED"])),
        ("where: { NOT: { status: { oneOf: [FAILED, SENT] } } }", json!(["PENDING"])),
        ("where: { recipientTo: { startsWith: \"ANNA\" } }", json!(["PENDING", "FAILED"])),
        ("search: \"password\"", json!(["PENDING", "FAILED"])),
        // What nobody may read is not found out by asking either.
        ("search: \"s3cret\"", json!([])),
        ("search: \"hidden\"", json!([])),
    ] {
        let answer =
            manager.ask(&format!("{{ emailMessages({arguments}) {{ nodes {{ status }} }} }}"), json!({})).await;
        let nodes = answer["emailMessages"]["nodes"].as_array().unwrap();
        let statuses: Value = nodes.iter().map(|mail| mail["status"].clone()).collect();
        assert_eq!(statuses, expected, "{arguments}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mails_take_the_same_statements_however_many() {
    let app = TestApp::start().await;
    let company = app.studio("Vertex").await.company.id;
    for _ in 0..20 {
        mail(&app, company, "", "").await;
    }
    let manager = app.member(company, Role::Manager).await;
    let document = "query ($rows: Int!) { companies { nodes { emailMessages(first: $rows) { totalCount
        nodes { subject company { name } } } } } }";
    let mut counts = Vec::new();
    for rows in [1, 5, 20] {
        manager.ask("{ __typename }", json!({})).await;
        let before = app.app.db.statements_sent();
        let answer = manager.ask(document, json!({ "rows": rows })).await;
        counts.push(app.app.db.statements_sent() - before);
        assert_eq!(answer["companies"]["nodes"][0]["emailMessages"]["nodes"].as_array().unwrap().len(), rows);
    }
    assert_eq!(counts, [4, 4, 4]);
}
