//! Folders: a tree of each project, whose paths agree with its names whatever happens, and what lies in them.

use arvlite_api::global_id::{self, Tagged};
use arvlite_db::models::{ArContent, Folder, Project, Role};
use serde_json::{Value, json};

use crate::support::{Client, Studio, TestApp};

const CREATE: &str = "mutation ($input: ArContentCreateInput!) { answer: arContentCreate(input: $input) {
    arContent { orderNumber folder { path } } userErrors { code field } } }";

fn id<E: Tagged>(number: i64) -> Value {
    json!(global_id::encode::<E>(number))
}

/// Weddings, in it 2026, and in that June.
async fn three_deep(app: &TestApp, studio: &Studio) -> [Folder; 3] {
    let weddings = app.folder(&studio.project, None, "Weddings").await;
    let year = app.folder(&studio.project, Some(&weddings), "2026").await;
    let june = app.folder(&studio.project, Some(&year), "June").await;
    [weddings, year, june]
}

async fn put(app: &TestApp, content: &ArContent, folder: &Folder) {
    app.change(&format!("UPDATE ar_content SET folder_id = {} WHERE id = {}", folder.id, content.id)).await;
}

async fn delete(app: &TestApp, table: &str, id: i64) {
    let deleted = "deleted_at = '2026-11-21Z', deletion_id = gen_random_uuid()";
    app.change(&format!("UPDATE {table} SET {deleted} WHERE id = {id}")).await;
}

/// A statement that puts a folder below another one.
fn moved(folder: &Folder, below: &Folder) -> String {
    format!(
        "UPDATE folders SET parent_id = {0}, parent_path = (SELECT path FROM folders WHERE id = {0}) WHERE id = {1}",
        below.id, folder.id
    )
}

async fn paths(app: &TestApp) -> Vec<String> {
    app.column("SELECT path FROM folders ORDER BY id").await
}

/// The constraint that refuses a statement.
async fn refusal(app: &TestApp, statement: &str) -> String {
    let refused = app.connect().await.batch_execute(statement).await.expect_err(statement);
    refused.as_db_error().unwrap().constraint().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tree_is_walked_both_ways() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let [weddings, year, june] = three_deep(&app, &studio).await;
    app.folder(&studio.project, Some(&weddings), "2027").await;
    let content = app.content(&studio.project, "1").await;
    app.content(&studio.project, "2").await;
    put(&app, &content, &june).await;
    let viewer = app.member(studio.company.id, Role::Viewer).await;

    let down = "query ($project: ID!, $id: ID!) {
        project(id: $project) { folders { totalCount nodes { path } } }
        folders(last: 1) { totalCount nodes { name } }
        folder(id: $id) { name description sortOrder isActive version project { name } parent { id }
            children { totalCount nodes { path children { nodes { path arContents { nodes { orderNumber } } } } } } } }";
    let variables = json!({ "project": id::<Project>(studio.project.id), "id": id::<Folder>(weddings.id) });
    let june_seen = json!({ "path": "/Weddings/2026/June", "arContents": { "nodes": [{ "orderNumber": "1" }] } });
    let years = json!([
        { "path": "/Weddings/2026", "children": { "nodes": [june_seen] } },
        { "path": "/Weddings/2027", "children": { "nodes": [] } },
    ]);
    let all =
        ["/Weddings", "/Weddings/2026", "/Weddings/2026/June", "/Weddings/2027"].map(|path| json!({ "path": path }));
    let expected = json!({
        "project": { "folders": { "totalCount": 4, "nodes": all } },
        "folders": { "totalCount": 4, "nodes": [{ "name": "2027" }] },
        "folder": { "name": "Weddings", "description": null, "sortOrder": 0, "isActive": true, "version": 1,
            "project": { "name": "First" }, "parent": null, "children": { "totalCount": 2, "nodes": years } },
    });
    assert_eq!(viewer.ask(down, variables).await, expected);

    let up = "query ($id: ID!) { node(id: $id) { ... on ArContent {
        folder { name parent { name parent { name parent { name } } } } } } }";
    let above =
        json!({ "name": "June", "parent": { "name": year.name, "parent": { "name": "Weddings", "parent": null } } });
    assert_eq!(viewer.ask(up, json!({ "id": id::<ArContent>(content.id) })).await["node"]["folder"], above);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_follows_what_is_renamed_and_moved_above_it() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let [weddings, year, june] = three_deep(&app, &studio).await;
    let archive = app.folder(&studio.project, None, "Archive").await;

    app.change(&format!("UPDATE folders SET name = 'Свадьбы' WHERE id = {}", weddings.id)).await;
    assert_eq!(paths(&app).await, ["/Свадьбы", "/Свадьбы/2026", "/Свадьбы/2026/June", "/Archive"]);
    app.change(&moved(&year, &archive)).await;
    assert_eq!(paths(&app).await, ["/Свадьбы", "/Archive/2026", "/Archive/2026/June", "/Archive"]);
    app.change(&format!("UPDATE folders SET parent_id = NULL, parent_path = '' WHERE id = {}", year.id)).await;
    assert_eq!(paths(&app).await, ["/Свадьбы", "/2026", "/2026/June", "/Archive"]);
    assert_eq!(app.column::<i64>("SELECT count(*) FROM folders WHERE version <> 1").await, [0]);

    let other = app.project(&studio.company, "Second").await;
    let elsewhere = app.folder(&other, None, "Archive").await;
    let reference = "folders_project_id_parent_path_parent_id_fkey";
    for wrong in [
        format!("UPDATE folders SET parent_path = '/2027' WHERE id = {}", june.id),
        format!("UPDATE folders SET parent_path = '' WHERE id = {}", june.id),
        format!("UPDATE folders SET parent_id = {} WHERE id = {}", weddings.id, june.id),
        moved(&june, &elsewhere),
    ] {
        assert_eq!(refusal(&app, &wrong).await, reference, "{wrong}");
    }
    let loose = format!("UPDATE folders SET parent_id = NULL WHERE id = {}", june.id);
    assert_eq!(refusal(&app, &loose).await, "folders_check");
    assert_eq!(paths(&app).await, ["/Свадьбы", "/2026", "/2026/June", "/Archive", "/Archive"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_folder_is_ever_below_itself() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let [weddings, year, june] = three_deep(&app, &studio).await;
    let before = paths(&app).await;
    for (folder, below) in [(&weddings, &weddings), (&weddings, &year), (&weddings, &june), (&year, &june)] {
        let refused = refusal(&app, &moved(folder, below)).await;
        assert!(
            ["folders_path_check", "folders_project_id_parent_path_parent_id_fkey"].contains(&&*refused),
            "{refused}"
        );
    }
    assert_eq!(paths(&app).await, before);

    // The deepest chain that there can be ends the same way.
    let chain = "INSERT INTO folders (id, company_id, project_id, parent_id, parent_path, name, created_at, updated_at)
        SELECT 1000 + n, company_id, project_id, 999 + n, repeat('/x', n), 'x', created_at, updated_at
        FROM folders, generate_series(1, 249) n WHERE id = 1000";
    let top = app.folder(&studio.project, None, "x").await;
    app.change(&format!("UPDATE folders SET id = 1000 WHERE id = {}; {chain}", top.id)).await;
    let round = "UPDATE folders SET parent_id = 1249, parent_path = repeat('/x', 250) WHERE id = 1000";
    assert_eq!(refusal(&app, round).await, "folders_path_check");
    app.change("UPDATE folders SET name = 'y' WHERE id = 1000").await;
    assert_eq!(app.column::<i64>("SELECT count(*) FROM folders WHERE path LIKE '/y/x%'").await, [249]);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_moves_at_once_make_no_circle() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    for isolation in ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"] {
        let left = app.folder(&studio.project, None, &format!("left, {isolation}")).await;
        let right = app.folder(&studio.project, None, &format!("right, {isolation}")).await;
        let (first, second) = (app.connect().await, app.connect().await);
        for mover in [&first, &second] {
            // The second has seen the rows as they were before the first moved one.
            mover.batch_execute(&format!("BEGIN ISOLATION LEVEL {isolation}; SELECT FROM folders")).await.unwrap();
        }
        first.batch_execute(&moved(&left, &right)).await.unwrap();
        let statement = moved(&right, &left);
        let waiting = tokio::spawn(async move { second.batch_execute(&format!("{statement}; COMMIT")).await });
        while app.column::<i64>("SELECT count(*) FROM pg_locks WHERE NOT granted").await == [0] {
            assert!(!waiting.is_finished(), "{isolation}: the second does not wait");
            tokio::task::yield_now().await;
        }
        first.batch_execute("COMMIT").await.unwrap();
        assert!(waiting.await.unwrap().is_err(), "{isolation}");
        let found = format!("SELECT path FROM folders WHERE id IN ({}, {}) ORDER BY id", left.id, right.id);
        let found: Vec<String> = app.column(&found).await;
        assert_eq!(found, [format!("{}{}", right.path, left.path), right.path]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_given_once_among_live_siblings() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let [weddings, year, _] = three_deep(&app, &studio).await;
    let insert = |parent: Option<&Folder>, name: &str| {
        let (id, path) = parent.map_or(("NULL".to_owned(), ""), |parent| (parent.id.to_string(), &parent.path));
        format!(
            "INSERT INTO folders (company_id, project_id, parent_id, parent_path, name, created_at, updated_at)
             VALUES ({}, {}, {id}, '{path}', '{name}', now(), now())",
            studio.company.id, studio.project.id
        )
    };
    for (parent, name) in [(None, "Weddings"), (Some(&weddings), "2026")] {
        assert_eq!(refusal(&app, &insert(parent, name)).await, "folders_project_id_parent_id_name_key");
    }
    for name in ["", "a/b", &"n".repeat(256)] {
        assert_eq!(refusal(&app, &insert(None, name)).await, "folders_name_check", "{name}");
    }
    app.change(&insert(None, &"n".repeat(255))).await;
    app.change(&insert(Some(&year), "Weddings")).await;
    delete(&app, "folders", year.id).await;
    app.change(&insert(Some(&weddings), "2026")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_deleted_is_hidden_and_shown_on_demand() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let [_, year, june] = three_deep(&app, &studio).await;
    for (number, folder) in [("1", &june), ("2", &june), ("3", &year)] {
        put(&app, &app.content(&studio.project, number).await, folder).await;
    }
    let viewer = app.member(studio.company.id, Role::Viewer).await;
    let last: i64 = app.column("SELECT id FROM ar_content WHERE order_number = '2'").await[0];
    delete(&app, "ar_content", last).await;
    delete(&app, "folders", june.id).await;

    let lists = "query ($year: ID!, $june: ID!, $project: ID!, $deleted: DeletedMode) {
        root: folders(deleted: $deleted) { totalCount }
        project(id: $project) { folders(deleted: $deleted) { totalCount } }
        year: folder(id: $year) { children(deleted: $deleted) { totalCount nodes { name } } parent { name } }
        june: folder(id: $june) { deletedAt parent { name }
            arContents(deleted: $deleted, orderBy: { field: ORDER_NUMBER, direction: DESC }) { totalCount
                nodes { orderNumber folder { name } } } }
        found: folder(id: $year) { arContents(search: \"3\") { totalCount }
            none: arContents(where: { orderNumber: { eq: \"1\" } }) { totalCount } } }";
    for (deleted, folders, below, numbers) in [
        ("EXCLUDE", 2, &[][..], &["1"][..]),
        ("INCLUDE", 3, &["June"][..], &["2", "1"][..]),
        ("ONLY", 1, &["June"][..], &["2"][..]),
    ] {
        let ids = json!({ "year": id::<Folder>(year.id),
            "june": id::<Folder>(june.id), "project": id::<Project>(studio.project.id), "deleted": deleted });
        let below: Vec<Value> = below.iter().map(|name| json!({ "name": name })).collect();
        let contents: Vec<Value> =
            numbers.iter().map(|number| json!({ "orderNumber": number, "folder": { "name": "June" } })).collect();
        let expected = json!({
            "root": { "totalCount": folders }, "project": { "folders": { "totalCount": folders } },
            "year": { "children": { "totalCount": below.len(), "nodes": below }, "parent": { "name": "Weddings" } },
            "june": { "deletedAt": "2026-11-21T00:00:00+00:00", "parent": { "name": "2026" },
                "arContents": { "totalCount": contents.len(), "nodes": contents } },
            "found": { "arContents": { "totalCount": 1 }, "none": { "totalCount": 0 } },
        });
        assert_eq!(viewer.ask(lists, ids).await, expected, "{deleted}");
    }
    app.change(&format!("DELETE FROM folders WHERE id = {}", june.id)).await;
    let left: Vec<i64> = app.column("SELECT count(*) FROM ar_content WHERE folder_id IS NULL AND project_id > 0").await;
    assert_eq!(left, [2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn folders_and_what_lies_in_them_are_found_by_conditions() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let [weddings, year, june] = three_deep(&app, &studio).await;
    app.folder(&studio.project, None, "Albums").await;
    let second = app.project(&studio.company, "Second").await;
    app.folder(&second, None, "Elsewhere").await;
    put(&app, &app.content(&studio.project, "1").await, &june).await;
    app.content(&studio.project, "2").await;
    let viewer = app.member(studio.company.id, Role::Viewer).await;

    let tree = "query ($where: FolderWhereInput, $search: String) {
        folders(where: $where, search: $search, orderBy: { field: PATH, direction: ASC }) { nodes { path } } }";
    let project = json!({ "eq": id::<Project>(studio.project.id) });
    let whole = ["/Albums", "/Weddings", "/Weddings/2026", "/Weddings/2026/June"];
    for (condition, search, expected) in [
        (json!({ "projectId": project }), None, &whole[..]),
        (json!({ "projectId": project, "parentId": { "isNull": true } }), None, &whole[..2]),
        (json!({ "parentId": { "oneOf": [id::<Folder>(weddings.id), id::<Folder>(year.id)] } }), None, &whole[2..]),
        (json!({ "path": { "startsWith": "/weddings/" }, "isActive": true }), None, &whole[2..]),
        (json!({ "name": { "eq": "June" } }), None, &whole[3..]),
        (json!({}), Some("ding"), &whole[1..2]),
    ] {
        let variables = json!({ "where": condition, "search": search });
        let expected: Vec<Value> = expected.iter().map(|path| json!({ "path": path })).collect();
        assert_eq!(viewer.ask(tree, variables).await["folders"]["nodes"], json!(expected), "{condition} {search:?}");
    }

    let contents = "query ($folder: IdFilter) { arContents(where: { folderId: $folder }) { nodes { orderNumber } } }";
    for (folder, number) in [(json!({ "eq": id::<Folder>(june.id) }), "1"), (json!({ "isNull": true }), "2")] {
        let found = viewer.ask(contents, json!({ "folder": folder })).await;
        assert_eq!(found["arContents"]["nodes"], json!([{ "orderNumber": number }]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_lies_in_a_live_folder_of_its_own_project() {
    let app = TestApp::start().await;
    let (studio, other) = (app.studio("Studio").await, app.studio("Other").await);
    let [weddings, year, _] = three_deep(&app, &studio).await;
    let second = app.project(&studio.company, "Second").await;
    let beside = app.folder(&second, None, "Beside").await;
    let foreign = app.folder(&other.project, None, "Foreign").await;
    delete(&app, "folders", year.id).await;
    let editor = app.member(studio.company.id, Role::Editor).await;
    let create = async |client: &Client, folder: Value| {
        let input = json!({ "projectId": id::<Project>(studio.project.id), "orderNumber": "1", "folderId": folder });
        client.ask(CREATE, json!({ "input": input })).await["answer"].clone()
    };
    let not_found =
        json!({ "arContent": null, "userErrors": [{ "code": "NOT_FOUND", "field": ["input", "folderId"] }] });
    for client in [&editor, &app.admin().await] {
        for folder in [&beside, &foreign, &year] {
            assert_eq!(create(client, id::<Folder>(folder.id)).await, not_found, "{}", folder.name);
        }
        assert_eq!(create(client, id::<Project>(weddings.id)).await, not_found);
    }
    let created = create(&editor, id::<Folder>(weddings.id)).await;
    let expected = json!({ "orderNumber": "1", "folder": { "path": "/Weddings" } });
    assert_eq!(created, json!({ "arContent": expected, "userErrors": [] }));

    for folder in [&beside, &foreign] {
        let statement = format!("UPDATE ar_content SET folder_id = {}", folder.id);
        assert_eq!(refusal(&app, &statement).await, "ar_content_project_id_folder_id_fkey");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn as_many_statements_for_one_folder_as_for_a_hundred() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    app.change(&format!(
        "INSERT INTO folders (company_id, project_id, name, created_at, updated_at)
             SELECT {0}, {1}, 'f' || n, now(), now() FROM generate_series(1, 100) n;
         INSERT INTO folders (company_id, project_id, parent_id, parent_path, name, created_at, updated_at)
             SELECT company_id, project_id, id, path, 'inner', now(), now() FROM folders;
         INSERT INTO ar_content (company_id, project_id, folder_id, unique_id, order_number, expires_at, created_at, updated_at)
             SELECT company_id, project_id, id, gen_random_uuid(), id, now(), now(), now() FROM folders;",
        studio.company.id, studio.project.id
    ))
    .await;
    let viewer = app.member(studio.company.id, Role::Viewer).await;
    let document = "query ($rows: Int!) { folders(first: $rows) { totalCount nodes { path project { name } parent { path }
            arContents(first: 2) { totalCount nodes { orderNumber } }
            children(first: 2) { totalCount nodes { path parent { path } arContents { nodes { folder { path } } } } } } }
        arContents(first: $rows) { nodes { folder { path parent { path } } } } }";
    let mut counts = Vec::new();
    for rows in [1, 10, 100] {
        viewer.ask("{ __typename }", json!({})).await;
        let before = app.app.db.statements_sent();
        viewer.ask(document, json!({ "rows": rows })).await;
        counts.push(app.app.db.statements_sent() - before);
    }
    assert!(counts.iter().all(|count| *count == counts[0]), "{counts:?}");
}
