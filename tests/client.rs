//! Clients of studios: what is told of them, their orders, and who may give them one.

use arvlite_api::global_id::{self, Tagged};
use arvlite_db::models::{self, ArContent, Role, UserRole};
use serde_json::{Value, json};

use crate::support::{Client, Studio, TestApp};

const CREATE: &str = "mutation ($input: ArContentCreateInput!) { answer: arContentCreate(input: $input) {
    arContent { client { name } } userErrors { code field } } }";

fn id<E: Tagged>(number: i64) -> Value {
    json!(global_id::encode::<E>(number))
}

async fn create(caller: &Client, studio: &Studio, client: &models::Client) -> Value {
    let input =
        json!({ "projectId": id::<models::Project>(studio.project.id), "clientId": id::<models::Client>(client.id) });
    caller.ask(CREATE, json!({ "input": input })).await["answer"].clone()
}

async fn give(app: &TestApp, client: &models::Client, contents: &[ArContent]) {
    let ids: Vec<String> = contents.iter().map(|content| content.id.to_string()).collect();
    app.change(&format!("UPDATE ar_content SET client_id = {} WHERE id IN ({})", client.id, ids.join(", "))).await;
}

async fn delete(app: &TestApp, table: &str, id: i64) {
    let deleted = "deleted_at = '2026-11-21Z', deletion_id = gen_random_uuid()";
    app.change(&format!("UPDATE {table} SET {deleted} WHERE id = {id}")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_is_told_with_everything_that_the_studio_noted() {
    let app = TestApp::start().await;
    let studio = app.studio("Vertex").await;
    let (school, hotel) = (app.client(&studio.company, "School").await, app.client(&studio.company, "Hotel").await);
    app.change(&format!(
        "UPDATE clients SET phone = '+7 900', email = 'school@example.com', address = 'Main street', notes = 'each May',
             is_active = false WHERE id = {}",
        school.id
    ))
    .await;
    let viewer = app.member(studio.company.id, Role::Viewer).await;
    let document = "query ($id: ID!) { client(id: $id) { name phone email address notes isActive company { name }
        version createdAt updatedAt deletedAt } }";
    let noted = json!({ "name": "School", "phone": "+7 900", "email": "school@example.com", "address": "Main street",
        "notes": "each May", "isActive": false, "company": { "name": "Vertex" }, "version": 1,
        "createdAt": "2026-11-21T12:00:00+00:00", "updatedAt": "2026-11-21T12:00:00+00:00", "deletedAt": null });
    assert_eq!(viewer.ask(document, json!({ "id": id::<models::Client>(school.id) })).await["client"], noted);
    let plain = &viewer.ask(document, json!({ "id": id::<models::Client>(hotel.id) })).await["client"];
    for field in ["phone", "email", "address", "notes"] {
        assert_eq!(plain[field], Value::Null);
    }
    assert_eq!(plain["isActive"], true);
    let lists = "{ clients { totalCount nodes { name } } companies { nodes { clients { nodes { name } } } } }";
    let names = json!([{ "name": "School" }, { "name": "Hotel" }]);
    let answer = viewer.ask(lists, json!({})).await;
    assert_eq!(answer["clients"], json!({ "totalCount": 2, "nodes": names }));
    assert_eq!(answer["companies"]["nodes"], json!([{ "clients": { "nodes": names } }]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_has_the_orders_of_all_projects_in_any_order() {
    let app = TestApp::start().await;
    let studio = app.studio("Vertex").await;
    let second = app.project(&studio.company, "Second").await;
    let client = app.client(&studio.company, "School").await;
    let contents = [
        app.content(&studio.project, "b").await,
        app.content(&second, "c").await,
        app.content(&studio.project, "a").await,
    ];
    app.content(&studio.project, "of nobody").await;
    give(&app, &client, &contents).await;
    let viewer = app.member(studio.company.id, Role::Viewer).await;
    let list = async |arguments: &str| {
        let document = format!(
            "query ($id: ID!) {{ client(id: $id) {{ arContents{arguments} {{ totalCount nodes {{ orderNumber }} }} }} }}"
        );
        let answer = viewer.ask(&document, json!({ "id": id::<models::Client>(client.id) })).await;
        let list = &answer["client"]["arContents"];
        let nodes = list["nodes"].as_array().unwrap().iter();
        let numbers: Vec<String> = nodes.map(|node| node["orderNumber"].as_str().unwrap().to_owned()).collect();
        assert_eq!(list["totalCount"], numbers.len(), "{arguments}");
        numbers.join(" ")
    };
    assert_eq!(list("").await, "b c a");
    assert_eq!(list("(orderBy: { field: ORDER_NUMBER, direction: DESC })").await, "c b a");
    assert_eq!(list("(search: \"A\")").await, "a");
    assert_eq!(list("(where: { orderNumber: { oneOf: [\"a\", \"b\", \"of nobody\"] } })").await, "b a");
    delete(&app, "ar_content", contents[0].id).await;
    assert_eq!(list("").await, "c a");
    assert_eq!(list("(deleted: ONLY)").await, "b");
    assert_eq!(list("(deleted: INCLUDE)").await, "b c a");
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_are_searched_and_ordered_by_name() {
    let app = TestApp::start().await;
    let studio = app.studio("Vertex").await;
    let school = app.client(&studio.company, "Школа").await;
    app.client(&studio.company, "Hotel").await;
    app.client(&studio.company, "Bakery").await;
    app.change("UPDATE clients SET phone = '+7 900', email = 'hotel@example.com' WHERE name = 'Hotel'").await;
    give(&app, &school, &[app.content(&studio.project, "1").await]).await;
    app.content(&studio.project, "2").await;
    let viewer = app.member(studio.company.id, Role::Viewer).await;
    for (arguments, expected) in [
        ("orderBy: { field: NAME, direction: ASC }", json!(["Bakery", "Hotel", "Школа"])),
        ("orderBy: { field: CREATED_AT, direction: DESC }", json!(["Bakery", "Hotel", "Школа"])),
        ("search: \"ШКОЛ\"", json!(["Школа"])),
        ("search: \"HOTEL@\"", json!(["Hotel"])),
        ("search: \"7 90\"", json!(["Hotel"])),
        ("where: { email: { isNull: true }, name: { startsWith: \"ba\" } }", json!(["Bakery"])),
    ] {
        let answer = viewer.ask(&format!("{{ clients({arguments}) {{ nodes {{ name }} }} }}"), json!({})).await;
        let names: Value = answer["clients"]["nodes"].as_array().unwrap().iter().map(|it| it["name"].clone()).collect();
        assert_eq!(names, expected, "{arguments}");
    }
    let id = id::<models::Client>(school.id);
    for (condition, expected) in [(format!("{{ eq: {id} }}"), "1"), ("{ isNull: true }".to_owned(), "2")] {
        let document = format!("{{ arContents(where: {{ clientId: {condition} }}) {{ nodes {{ orderNumber }} }} }}");
        let found = viewer.ask(&document, json!({})).await;
        assert_eq!(found["arContents"]["nodes"], json!([{ "orderNumber": expected }]), "{condition}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_client_is_still_the_one_of_its_orders() {
    let app = TestApp::start().await;
    let studio = app.studio("Vertex").await;
    let client = app.client(&studio.company, "School").await;
    let contents = [app.content(&studio.project, "1").await];
    give(&app, &client, &contents).await;
    delete(&app, "clients", client.id).await;
    let viewer = app.member(studio.company.id, Role::Viewer).await;
    let document = "{ live: clients { totalCount } gone: clients(deleted: ONLY) { nodes { name deletedAt
            arContents { nodes { orderNumber } } } } arContents { nodes { client { name deletedAt } } }
        companies { nodes { clients { totalCount } all: clients(deleted: INCLUDE) { totalCount } } } }";
    let answer = viewer.ask(document, json!({})).await;
    let deleted = json!({ "name": "School", "deletedAt": "2026-11-21T00:00:00+00:00" });
    assert_eq!(answer["arContents"]["nodes"], json!([{ "client": deleted }]));
    assert_eq!(answer["live"]["totalCount"], 0);
    assert_eq!(answer["gone"]["nodes"][0]["arContents"]["nodes"], json!([{ "orderNumber": "1" }]));
    assert_eq!(answer["companies"]["nodes"], json!([{ "clients": { "totalCount": 0 }, "all": { "totalCount": 1 } }]));

    // Purged, it leaves its orders to nobody.
    app.change(&format!("DELETE FROM clients WHERE id = {}", client.id)).await;
    assert_eq!(
        viewer.ask("{ arContents { nodes { client { name } } } }", json!({})).await["arContents"]["nodes"],
        json!([{ "client": null }])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_created_for_a_live_client_of_its_own_studio() {
    let app = TestApp::start().await;
    let (vertex, lumen) = (app.studio("Vertex").await, app.studio("Lumen").await);
    let ours = app.client(&vertex.company, "School").await;
    let theirs = app.client(&lumen.company, "Hotel").await;
    let gone = app.client(&vertex.company, "Gone").await;
    delete(&app, "clients", gone.id).await;
    let editor = app.member(vertex.company.id, Role::Editor).await;
    let of_both =
        app.person(UserRole::Member, &[(vertex.company.id, Role::Editor), (lumen.company.id, Role::Editor)]).await;
    let made = create(&editor, &vertex, &ours).await;
    assert_eq!(made, json!({ "arContent": { "client": { "name": "School" } }, "userErrors": [] }));
    let before = app.row_counts().await;
    let not_found =
        json!({ "arContent": null, "userErrors": [{ "code": "NOT_FOUND", "field": ["input", "clientId"] }] });
    for (caller, client) in [(&editor, &theirs), (&of_both, &theirs), (&app.admin().await, &theirs), (&editor, &gone)] {
        assert_eq!(create(caller, &vertex, client).await, not_found, "{}", client.name);
    }
    let after = app.row_counts().await;
    assert_eq!(after["ar_content"], before["ar_content"]);
    assert_eq!(after["audit_log"], before["audit_log"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_gives_no_order_to_a_client_of_another_studio() {
    let app = TestApp::start().await;
    let (vertex, lumen) = (app.studio("Vertex").await, app.studio("Lumen").await);
    let theirs = app.client(&lumen.company, "Hotel").await;
    let content = app.content(&vertex.project, "1").await;
    let sql = app.connect().await;
    let given = sql.execute("UPDATE ar_content SET client_id = $1 WHERE id = $2", &[&theirs.id, &content.id]).await;
    let refused = given.unwrap_err();
    assert_eq!(refused.as_db_error().unwrap().constraint(), Some("ar_content_company_id_client_id_fkey"));
    let stranger = app.member(lumen.company.id, Role::Manager).await;
    let document = "query ($id: ID!) { client(id: $id) { name } clients { nodes { name } } }";
    let ours = app.client(&vertex.company, "School").await;
    let answer = stranger.ask(document, json!({ "id": id::<models::Client>(ours.id) })).await;
    assert_eq!(answer, json!({ "client": null, "clients": { "nodes": [{ "name": "Hotel" }] } }));
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_and_their_orders_take_the_same_statements_however_many() {
    let app = TestApp::start().await;
    let studio = app.studio("Vertex").await;
    for number in 0..30 {
        let client = app.client(&studio.company, &number.to_string()).await;
        let one = app.content(&studio.project, &format!("{number}a")).await;
        give(&app, &client, &[one, app.content(&studio.project, &format!("{number}b")).await]).await;
    }
    let viewer = app.member(studio.company.id, Role::Viewer).await;
    let document =
        "query ($rows: Int!) { clients(first: $rows) { nodes { company { name } arContents(first: 2) { totalCount
        nodes { client { name arContents(first: 1) { nodes { orderNumber } } } } } } } }";
    let mut counts = Vec::new();
    for rows in [1, 5, 30] {
        viewer.ask("{ __typename }", json!({})).await;
        let before = app.app.db.statements_sent();
        let answer = viewer.ask(document, json!({ "rows": rows })).await;
        counts.push(app.app.db.statements_sent() - before);
        assert_eq!(answer["clients"]["nodes"].as_array().unwrap().len(), rows);
        assert_eq!(answer["clients"]["nodes"][0]["arContents"]["totalCount"], 2);
    }
    assert_eq!(counts, [6, 6, 6]);
}
