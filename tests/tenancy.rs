//! One studio never sees or changes anything of another, and nobody does what their role does not open. The calls are
//! made of the schema, so that what is added to it is tried too.

use std::collections::BTreeSet;

use arvlite_api::graphql;
use arvlite_db::models::{ApiKeyScope, Role, UserRole};
use futures_util::StreamExt;
use serde_json::{Value, json};

use crate::support::contract::{Contract, Leaf, Root, steady};
use crate::support::{Everything, TestApp, Values};

/// What anybody may ask for.
const OPEN_QUERIES: [&str; 3] = ["arPlayback", "serviceLimits", "viewer"];
/// What anybody may do.
const OPEN_MUTATIONS: [&str; 4] = ["login", "viewSessionStart", "viewSessionHeartbeat", "viewSessionEnd"];
/// What everybody may do who is signed in: it is about themselves.
const OWN_MUTATIONS: [&str; 1] = ["logout"];
/// Nouns that only managers write.
const PEOPLE: [&str; 4] = ["membership", "apiKey", "user", "company"];
/// Tables whose rows say of which company they are, but are no rows that a studio makes.
const WITHOUT_ROWS: [&str; 2] = ["view_rollups", "view_rollup_states"];

#[tokio::test(flavor = "multi_thread")]
async fn the_two_studios_have_rows_in_every_table() {
    let (app, ours, theirs) = two_studios().await;
    let with_company: Vec<String> = app
        .column(
            "SELECT t.relname::text FROM pg_class t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attname = 'company_id'
             WHERE t.relnamespace = 'public'::regnamespace AND t.relkind IN ('r', 'p') AND NOT t.relispartition",
        )
        .await;
    for table in with_company.iter().filter(|table| !WITHOUT_ROWS.contains(&table.as_str())) {
        for studio in [&ours, &theirs] {
            let rows = format!("SELECT count(*) FROM {table} WHERE company_id = {}", studio.company_id);
            assert!(app.column::<i64>(&rows).await[0] > 0, "make rows of {table} in tests/support/everything.rs");
        }
    }
    let contract = Contract::read().await;
    for node in contract.nodes() {
        let (id, absent) =
            ours.values.ids.get(node).unwrap_or_else(|| panic!("{node}: tell tests/support/everything.rs"));
        let document = "query ($id: ID!) { node(id: $id) { __typename id } }";
        let found = ours.manager.ask(document, json!({ "id": id })).await;
        assert_eq!(found["node"], json!({ "__typename": node, "id": id }));
        assert_eq!(ours.manager.ask(document, json!({ "id": absent })).await["node"], Value::Null);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_has_nothing_of_another_studio_at_any_depth() {
    let (_app, ours, theirs) = two_studios().await;
    let contract = Contract::read().await;
    for caller in [&ours.manager, &ours.editor, &ours.viewer, &ours.key] {
        let mut seen = String::new();
        for field in contract.roots(Root::Query) {
            let document = contract.own_call(Root::Query, field, &ours.values);
            let answer = caller.try_ask(&document, json!({})).await.0;
            let told = answer.to_string();
            assert!(
                theirs.told_in(&told).is_none(),
                "{:?} of another in {document}: {answer:#}",
                theirs.told_in(&told)
            );
            // A manager is kept out of one thing only: what the platform did to people.
            let is_manager = std::ptr::eq(caller, &ours.manager);
            let closed = |error: &Value| {
                let of_people = error["path"].as_array().is_some_and(|path| path.iter().any(|part| part == "history"));
                error["extensions"]["code"] == "FORBIDDEN" && (of_people || !is_manager)
            };
            assert!(answer["errors"].as_array().into_iter().flatten().all(closed), "{document}: {answer:#}");
            seen.push_str(&told);
        }
        // The walls stand, and there is something between them.
        for node in ["Company", "Project", "ArContent", "Video", "VideoSchedule"] {
            assert!(seen.contains(&ours.values.ids[node].0), "no {node} of our own was seen");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_argument_finds_anything_of_another_studio() {
    let (_app, ours, theirs) = two_studios().await;
    let contract = Contract::read().await;
    let mut tried = 0;
    for field in contract.roots(Root::Query).iter().filter(|field| !OPEN_QUERIES.contains(&field.name.as_str())) {
        for leaf in contract.leaves(field) {
            let mut pairs = pairs(&leaf, &theirs.values);
            // In a condition only ids of one type are looked for: another is refused for its type alone.
            if leaf.type_name == "ID" && leaf.path.len() > 2 {
                let of = theirs.values.type_of_id(field, &leaf.path[leaf.path.len() - 2]);
                let foreign = json!(theirs.values.ids[&of].0).to_string();
                pairs.retain(|(id, _)| *id == foreign);
                assert_eq!(pairs.len(), 1);
            }
            for (foreign, absent) in pairs {
                let selection = contract.selection(field.of.named(), 1, &ours.values);
                for caller in [&ours.manager, &ours.key] {
                    let call = |value: &str| {
                        let given = [(&leaf, value.to_owned())];
                        contract.call_selecting(Root::Query, field, &ours.values, &given, &selection)
                    };
                    let (asked, of_nothing) = (call(&foreign), call(&absent));
                    let answer = steady(caller.try_ask(&asked, json!({})).await.0);
                    let nothing = steady(caller.try_ask(&of_nothing, json!({})).await.0);
                    assert!(theirs.told_in(&answer.to_string()).is_none(), "{asked}: {answer:#}");
                    assert_eq!(answer, nothing, "{asked} and {of_nothing} are answered otherwise");
                    tried += 1;
                }
            }
        }
    }
    assert!(tried > 100, "only {tried} calls were made of the schema");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_of_another_studio_opens_nothing() {
    let (_app, ours, theirs) = two_studios().await;
    let contract = Contract::read().await;
    for field in contract.roots(Root::Query).iter().filter(|field| contract.is_connection(field.of.named())) {
        let cursor = contract.call_selecting(Root::Query, field, &theirs.values, &[], "{ pageInfo { startCursor } }");
        let answer = theirs.manager.ask(&cursor, json!({})).await;
        let cursor = answer[&field.name]["pageInfo"]["startCursor"].to_string();
        for leaf in contract.leaves(field).iter().filter(|leaf| matches!(leaf.path[0].as_str(), "after" | "before")) {
            let document = contract.call(Root::Query, field, &ours.values, &[(leaf, cursor.clone())]);
            let answer = ours.manager.try_ask(&document, json!({})).await.0.to_string();
            assert!(theirs.told_in(&answer).is_none(), "{document}: {answer}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_mutation_reaches_into_another_studio() {
    let (app, ours, theirs) = two_studios().await;
    let contract = Contract::read().await;
    let before = app.row_counts().await;
    let mut tried = 0;
    for mutation in
        contract.roots(Root::Mutation).iter().filter(|mutation| !OPEN_MUTATIONS.contains(&mutation.name.as_str()))
    {
        for leaf in contract.leaves(mutation).iter().filter(|leaf| leaf.type_name == "ID") {
            let of = theirs.values.type_of_id(mutation, leaf.path.last().unwrap());
            let (foreign, absent) = &theirs.values.ids[&of];
            for caller in [&ours.manager, &ours.key] {
                let call = |id: &str| {
                    contract.own_call_with(Root::Mutation, mutation, &ours.values, Some((leaf, json!(id).to_string())))
                };
                let (asked, of_nothing) = (call(foreign), call(absent));
                let answer = steady(caller.try_ask(&asked, json!({})).await.0);
                let nothing = steady(caller.try_ask(&of_nothing, json!({})).await.0);
                assert_eq!(answer, nothing, "{asked} and {of_nothing} are answered otherwise");
                assert!(theirs.told_in(&answer.to_string()).is_none(), "{asked}: {answer:#}");
                let refused = codes(&answer, &mutation.name);
                let fitting =
                    |code: &String| code == "NOT_FOUND" || (code == "FORBIDDEN" && std::ptr::eq(caller, &ours.key));
                assert!(!refused.is_empty() && refused.iter().all(fitting), "{asked}: {answer:#}");
                tried += 1;
            }
        }
    }
    assert_eq!(app.row_counts().await, before, "a refused write has stored something");
    assert!(tried > 10, "only {tried} calls were made of the schema");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_writes_what_their_role_does_not_open() {
    let (app, ours, theirs) = two_studios().await;
    let contract = Contract::read().await;
    let reader = app.key(ours.company_id, Role::Manager, &[ApiKeyScope::Read]).await;
    let beginner = app.key(ours.company_id, Role::Viewer, crate::support::ALL_SCOPES).await;
    let abroad = [(ours.company_id, Role::Viewer), (theirs.company_id, Role::Manager)];
    let abroad = app.person(UserRole::Member, &abroad).await;
    let before = app.row_counts().await;
    for mutation in contract.roots(Root::Mutation) {
        let name = mutation.name.as_str();
        if OPEN_MUTATIONS.contains(&name) || OWN_MUTATIONS.contains(&name) {
            continue;
        }
        let document = contract.own_call(Root::Mutation, mutation, &ours.values);
        let for_managers = PEOPLE.iter().any(|noun| name.starts_with(noun));
        let editor = for_managers.then_some(&ours.editor);
        for caller in [&ours.viewer, &reader, &beginner].into_iter().chain(editor) {
            let answer = caller.try_ask(&document, json!({})).await.0;
            assert_eq!(codes(&answer, name), ["FORBIDDEN"], "{document}: {answer:#}");
        }
        // Who may elsewhere is told that what they see is not theirs to change.
        let answer = abroad.try_ask(&document, json!({})).await.0;
        let refused = codes(&answer, name);
        let fitting = |code: &String| matches!(code.as_str(), "FORBIDDEN" | "NOT_ALLOWED" | "NOT_FOUND");
        assert!(!refused.is_empty() && refused.iter().all(fitting), "{document}: {answer:#}");
    }
    assert_eq!(app.row_counts().await, before, "a refused write has stored something");
}

#[tokio::test(flavor = "multi_thread")]
async fn people_and_keys_are_seen_by_managers_only() {
    let (_app, ours, _) = two_studios().await;
    for document in ["{ users { nodes { id } } }", "{ apiKeys { nodes { id } } }"] {
        assert_eq!(ours.manager.try_ask(document, json!({})).await.code(), "no error");
        for caller in [&ours.editor, &ours.viewer, &ours.key] {
            assert_eq!(caller.try_ask(document, json!({})).await.code(), "FORBIDDEN", "{document}");
        }
    }
    for node in ["User", "ApiKey"] {
        let document = format!("{{ node(id: \"{}\") {{ id }} }}", ours.values.ids[node].0);
        for caller in [&ours.editor, &ours.viewer, &ours.key] {
            assert_eq!(caller.ask(&document, json!({})).await["node"], Value::Null, "{node}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_works_for_two_studios_sees_both() {
    let (app, ours, theirs) = two_studios().await;
    let memberships = [(ours.company_id, Role::Viewer), (theirs.company_id, Role::Editor)];
    let both = app.person(UserRole::Member, &memberships).await;
    let document = "{ companies { nodes { id } totalCount } arContents { nodes { id company { id } } totalCount } }";
    let answer = both.ask(document, json!({})).await;
    assert_eq!(answer["companies"]["totalCount"], 2);
    assert_eq!(answer["arContents"]["totalCount"], 2);
    for studio in [&ours, &theirs] {
        let told = answer.to_string();
        assert!(told.contains(&studio.values.ids["Company"].0) && told.contains(&studio.values.ids["ArContent"].0));
    }
    let nobody = app.person(UserRole::Member, &[]).await;
    assert_eq!(nobody.try_ask(document, json!({})).await.code(), "FORBIDDEN");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_known_reaches_what_is_open_and_nothing_else() {
    let (app, ours, _) = two_studios().await;
    let contract = Contract::read().await;
    let anonymous = app.anonymous();
    let before = app.row_counts().await;
    for (root, open) in [(Root::Query, &OPEN_QUERIES[..]), (Root::Mutation, &OPEN_MUTATIONS[..])] {
        for field in contract.roots(root) {
            let document = contract.own_call(root, field, &ours.values);
            let is_open = open.contains(&field.name.as_str());
            if is_open && root == Root::Mutation {
                continue;
            }
            let code = anonymous.try_ask(&document, json!({})).await.code().to_owned();
            assert_eq!(code, if is_open { "no error" } else { "UNAUTHENTICATED" }, "{document}");
        }
    }
    assert_eq!(app.row_counts().await, before);
    assert_eq!(anonymous.ask("{ __typename viewer { kind } }", json!({})).await["viewer"]["kind"], "ANONYMOUS");
    for field in contract.roots(Root::Subscription) {
        let document = contract.own_call(Root::Subscription, field, &ours.values);
        let request = graphql::with_data(async_graphql::Request::new(&document), &app.app, &anonymous.viewer);
        let mut stream = Box::pin(graphql::build().execute_stream(request));
        let first = serde_json::to_value(stream.next().await).unwrap();
        assert_eq!(first["errors"][0]["extensions"]["code"], "UNAUTHENTICATED", "{document}: {first:#}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_of_another_type_finds_nothing() {
    let (_app, ours, _) = two_studios().await;
    let contract = Contract::read().await;
    let nodes: BTreeSet<&str> = contract.nodes().into_iter().collect();
    for field in contract.roots(Root::Query).iter().filter(|field| nodes.contains(field.of.named())) {
        for (of, (id, _)) in ours.values.ids.iter().filter(|(of, _)| nodes.contains(of.as_str())) {
            let is_its_own = of == field.of.named();
            let leaves = contract.leaves(field);
            let Some(leaf) = leaves.iter().find(|leaf| leaf.path == ["id"]) else { continue };
            let given = [(leaf, json!(id).to_string())];
            let document = contract.call_selecting(Root::Query, field, &ours.values, &given, "{ id }");
            let answer = ours.manager.ask(&document, json!({})).await;
            assert_eq!(answer[&field.name].is_null(), !is_its_own, "{document}");
        }
    }
}

async fn two_studios() -> (TestApp, Everything, Everything) {
    let app = TestApp::start().await;
    let ours = app.everything("bergamot").await;
    let theirs = app.everything("aquamarine").await;
    (app, ours, theirs)
}

/// What a caller may put at a leaf: something of a studio, and something that does not exist.
fn pairs(leaf: &Leaf, theirs: &Values) -> Vec<(String, String)> {
    let quoted = |value: &str| json!(value).to_string();
    let nobody = uuid::Uuid::from_u128(1).to_string();
    match leaf.type_name.as_str() {
        "ID" => theirs.ids.values().map(|(id, absent)| (quoted(id), quoted(absent))).collect(),
        "UUID" => [&theirs.unique_id, &theirs.session_id].iter().map(|id| (quoted(id), quoted(&nobody))).collect(),
        "String" => vec![(quoted(&theirs.word), quoted("nowhereman"))],
        _ => Vec::new(),
    }
}

/// The codes of what went wrong: of errors, and of what the caller can mend.
fn codes(answer: &Value, field: &str) -> Vec<String> {
    let errors = answer["errors"].as_array().into_iter().flatten().map(|error| &error["extensions"]["code"]);
    let mendable = answer["data"][field]["userErrors"].as_array().into_iter().flatten().map(|error| &error["code"]);
    errors.chain(mendable).map(|code| code.as_str().unwrap_or("none").to_owned()).collect()
}
