//! Notifications: what is told of them, and of what they are about.

use arvlite_api::global_id;
use arvlite_db::models::{self, Notification, Role};
use serde_json::{Value, json};

use crate::support::{Studio, TestApp};

/// A notification about an order, with other columns set so.
async fn notify(app: &TestApp, studio: &Studio, content: Option<i64>, columns: &str, values: &str) -> Value {
    let content = content.map_or_else(|| "NULL".to_owned(), |id| id.to_string());
    let id: i64 = app
        .column(&format!(
            "INSERT INTO notifications (company_id, project_id, ar_content_id, notification_type, created_at{columns})
             SELECT {}, project.id, {content}, 'EXPIRY_WARNING', '2026-11-21T12:00:00Z'{values}
             FROM (SELECT 1) one LEFT JOIN projects project ON {content} IS NOT NULL AND project.id = {} RETURNING id",
            studio.company.id, studio.project.id
        ))
        .await[0];
    json!({ "id": global_id::encode::<Notification>(id) })
}

const WHOLE: &str = "query ($id: ID!) { notification(id: $id) { notificationType subject message metadata
    emailSent emailSentAt emailAttempts emailFailure telegramSent telegramSentAt telegramAttempts telegramFailure
    readAt createdAt company { name } project { name deletedAt } arContent { orderNumber deletedAt } } }";

#[tokio::test(flavor = "multi_thread")]
async fn a_notification_tells_how_far_it_came_and_not_what_servers_answered() {
    let app = TestApp::start().await;
    let studio = app.studio("Vertex").await;
    let content = app.content(&studio.project, "1").await;
    let viewer = app.member(studio.company.id, Role::Viewer).await;
    let plain = notify(&app, &studio, None, "", "").await;
    let nothing = json!({ "notificationType": "EXPIRY_WARNING", "subject": null, "message": null, "metadata": {},
        "emailSent": false, "emailSentAt": null, "emailAttempts": 0, "emailFailure": null, "telegramSent": false,
        "telegramSentAt": null, "telegramAttempts": 0, "telegramFailure": null, "readAt": null,
        "createdAt": "2026-11-21T12:00:00+00:00", "company": { "name": "Vertex" }, "project": null, "arContent": null });
    assert_eq!(viewer.ask(WHOLE, plain).await["notification"], nothing);

    let columns = ", subject, message, metadata, email_sent, email_sent_at, email_attempts, email_error,
        telegram_attempts, telegram_error, read_at";
    let values =
        ", 'Ends soon', 'In a week', '{\"days\": 7}', true, '2026-11-21T12:01:00Z', 2, 'refused at mail.internal',
        3, 'https://api.telegram.org/bot12345:token/sendMessage: 401', '2026-11-21T13:00:00Z'";
    let told = viewer.ask(WHOLE, notify(&app, &studio, Some(content.id), columns, values).await).await;
    let expected = json!({ "notificationType": "EXPIRY_WARNING", "subject": "Ends soon", "message": "In a week",
        "metadata": { "days": 7 }, "emailSent": true, "emailSentAt": "2026-11-21T12:01:00+00:00", "emailAttempts": 2,
        "emailFailure": null, "telegramSent": false, "telegramSentAt": null, "telegramAttempts": 3,
        "telegramFailure": "could not be delivered: it was tried 3 times", "readAt": "2026-11-21T13:00:00+00:00",
        "createdAt": "2026-11-21T12:00:00+00:00", "company": { "name": "Vertex" },
        "project": { "name": "First", "deletedAt": null }, "arContent": { "orderNumber": "1", "deletedAt": null } });
    assert_eq!(told["notification"], expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_notification_is_about_is_found_also_deleted() {
    let app = TestApp::start().await;
    let studio = app.studio("Vertex").await;
    let content = app.content(&studio.project, "1").await;
    let viewer = app.member(studio.company.id, Role::Viewer).await;
    let id = notify(&app, &studio, Some(content.id), "", "").await;
    app.change(
        "UPDATE ar_content SET deleted_at = '2026-11-21Z', deletion_id = gen_random_uuid();
         UPDATE projects SET deleted_at = '2026-11-21Z', deletion_id = gen_random_uuid();",
    )
    .await;
    let found = &viewer.ask(WHOLE, id.clone()).await["notification"];
    let deleted = "2026-11-21T00:00:00+00:00";
    assert_eq!(found["project"], json!({ "name": "First", "deletedAt": deleted }));
    assert_eq!(found["arContent"], json!({ "orderNumber": "1", "deletedAt": deleted }));
    // Purged, they leave the notification behind.
    app.change("DELETE FROM ar_content; DELETE FROM projects;").await;
    let left = &viewer.ask(WHOLE, id).await["notification"];
    assert_eq!([&left["project"], &left["arContent"]], [&Value::Null; 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_studio_has_its_own_notifications() {
    let app = TestApp::start().await;
    let (vertex, lumen) = (app.studio("Vertex").await, app.studio("Lumen").await);
    let id = notify(&app, &vertex, None, ", subject", ", 'ours'").await;
    notify(&app, &lumen, None, ", subject", ", 'theirs'").await;
    let document = "{ notifications { totalCount nodes { subject } } companies { nodes { notifications { totalCount
        nodes { subject } } } } }";
    let ours = json!({ "totalCount": 1, "nodes": [{ "subject": "ours" }] });
    let viewer = app.member(vertex.company.id, Role::Viewer).await;
    let own = json!({ "notifications": ours, "companies": { "nodes": [{ "notifications": ours }] } });
    assert_eq!(viewer.ask(document, json!({})).await, own);
    let stranger = app.member(lumen.company.id, Role::Manager).await;
    assert_eq!(stranger.ask(WHOLE, id).await["notification"], Value::Null);
    // Not even the database lets one point into another studio.
    let content = app.content(&lumen.project, "1").await;
    for (column, row) in [("project_id", lumen.project.id), ("ar_content_id", content.id)] {
        let point = format!("UPDATE notifications SET {column} = {row} WHERE company_id = {}", vertex.company.id);
        let refused = app.connect().await.execute(&point, &[]).await.unwrap_err();
        let constraint = format!("notifications_company_id_{column}_fkey");
        assert_eq!(refused.as_db_error().unwrap().constraint(), Some(constraint.as_str()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn notifications_are_found_by_what_they_are_about_and_whether_they_were_read() {
    let app = TestApp::start().await;
    let studio = app.studio("Vertex").await;
    let content = app.content(&studio.project, "1").await;
    notify(&app, &studio, Some(content.id), ", subject", ", 'order'").await;
    notify(&app, &studio, None, ", subject, read_at", ", 'read', '2026-11-21T13:00:00Z'").await;
    let viewer = app.member(studio.company.id, Role::Viewer).await;
    let project = json!(global_id::encode::<models::Project>(studio.project.id));
    let order = json!(global_id::encode::<models::ArContent>(content.id));
    for (condition, expected) in [
        ("readAt: { isNull: true }".to_owned(), json!([{ "subject": "order" }])),
        ("readAt: { isNull: false }".to_owned(), json!([{ "subject": "read" }])),
        (format!("projectId: {{ eq: {project} }}"), json!([{ "subject": "order" }])),
        (format!("arContentId: {{ eq: {order} }}"), json!([{ "subject": "order" }])),
        ("arContentId: { isNull: true }".to_owned(), json!([{ "subject": "read" }])),
        ("notificationType: { eq: SYSTEM_ALERT }".to_owned(), json!([])),
        (
            "notificationType: { oneOf: [EXPIRED, EXPIRY_WARNING] }".to_owned(),
            json!([{ "subject": "read" }, { "subject": "order" }]),
        ),
    ] {
        let document = format!(
            "{{ notifications(orderBy: {{ field: ID, direction: DESC }}, where: {{ {condition} }}) {{ nodes {{ subject }} }} }}"
        );
        assert_eq!(viewer.ask(&document, json!({})).await["notifications"]["nodes"], expected, "{condition}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn notifications_take_the_same_statements_however_many() {
    let app = TestApp::start().await;
    let studio = app.studio("Vertex").await;
    for number in 0..20 {
        let content = app.content(&studio.project, &number.to_string()).await;
        notify(&app, &studio, Some(content.id), "", "").await;
    }
    let viewer = app.member(studio.company.id, Role::Viewer).await;
    let document = "query ($rows: Int!) { companies { nodes { notifications(first: $rows) { totalCount
        nodes { company { name } project { name } arContent { orderNumber } } } } } }";
    let mut counts = Vec::new();
    for rows in [1, 5, 20] {
        viewer.ask("{ __typename }", json!({})).await;
        let before = app.app.db.statements_sent();
        let answer = viewer.ask(document, json!({ "rows": rows })).await;
        counts.push(app.app.db.statements_sent() - before);
        assert_eq!(answer["companies"]["nodes"][0]["notifications"]["nodes"].as_array().unwrap().len(), rows);
    }
    assert_eq!(counts, [6, 6, 6]);
}
