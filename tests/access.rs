//! Who may read what: every type and field, for every role and key scope and for nobody, of one's own studio and of
//! another. The policy is written here a second time, as a person would tell it; the calls are made of the schema.

use arvlite_api::global_id;
use arvlite_db::models::{ApiKeyScope, Role, UserRole};
use serde_json::{Value, json};

use crate::support::contract::Contract;
use crate::support::{ALL_SCOPES, Client, Everything, TestApp};

/// What a reader must be allowed to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Studio,
    Analytics,
    People,
    Operations,
}

/// A reader, and what is open to them in their own studio.
struct Reader {
    who: String,
    client: Client,
    open: Vec<Part>,
}

fn part_of(node: &str) -> Part {
    match node {
        "ViewSession" => Part::Analytics,
        "User" | "ApiKey" => Part::People,
        "AuditEntry" | "EmailMessage" | "StorageConnection" | "StorageFolder" => Part::Operations,
        "Company"
        | "Project"
        | "Folder"
        | "Client"
        | "ArContent"
        | "Video"
        | "VideoSchedule"
        | "VideoRotationSchedule"
        | "Media"
        | "MediaUpload"
        | "Notification" => Part::Studio,
        new => panic!("who may read a {new}? Tell it here"),
    }
}

async fn readers(app: &TestApp, studio: &Everything) -> Vec<Reader> {
    let company = studio.company_id;
    let reader = |who: &str, client: Client, open: &[Part]| Reader { who: who.to_owned(), client, open: open.to_vec() };
    let all = [Part::Studio, Part::Analytics, Part::People, Part::Operations];
    let work = [Part::Studio, Part::Analytics];
    let mut readers = vec![
        reader("manager", app.member(company, Role::Manager).await, &all),
        reader("editor", app.member(company, Role::Editor).await, &work),
        reader("viewer", app.member(company, Role::Viewer).await, &work),
        reader("nobody's person", app.person(UserRole::Member, &[]).await, &[]),
        reader("a viewer's key with every scope", app.key(company, Role::Viewer, ALL_SCOPES).await, &work),
        reader("a key without a scope", app.key(company, Role::Manager, &[]).await, &[]),
    ];
    for scope in ALL_SCOPES {
        let open: &[Part] = match scope {
            ApiKeyScope::Read => &[Part::Studio],
            ApiKeyScope::ReadAnalytics => &[Part::Analytics],
            _ => &[],
        };
        readers.push(reader(&format!("a key for {scope:?}"), app.key(company, Role::Manager, &[*scope]).await, open));
    }
    readers
}

/// The types of all global ids in an answer.
fn types_in(answer: &Value, tags: &[(u8, String)]) -> Vec<String> {
    match answer {
        Value::Object(fields) => {
            fields.iter().filter(|(name, _)| *name != "cursor").flat_map(|(_, value)| types_in(value, tags)).collect()
        }
        Value::Array(items) => items.iter().flat_map(|item| types_in(item, tags)).collect(),
        Value::String(text) => {
            let tag = global_id::decode(text).map(|(tag, _)| tag);
            tags.iter().filter(|(known, _)| Some(*known) == tag).map(|(_, node)| node.clone()).collect()
        }
        _ => Vec::new(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_field_of_every_type_tells_each_reader_what_is_theirs_to_see() {
    let app = TestApp::start().await;
    let ours = app.everything("bergamot").await;
    let contract = Contract::read().await;
    let nodes = contract.nodes();
    let tag = |node: &str| global_id::decode(&ours.values.ids[node].0).unwrap().0;
    let tags: Vec<(u8, String)> = nodes.iter().map(|node| (tag(node), (*node).to_owned())).collect();
    let mut read = 0;
    for Reader { who, client, open } in readers(&app, &ours).await {
        for node in &nodes {
            let id = &ours.values.ids[*node].0;
            for field in contract.types[*node].fields.iter().flatten() {
                let place = format!("{who}: {node}.{}", field.name);
                let asked = contract.field(field, &ours.values, &[]);
                let document = format!("{{ node(id: \"{id}\") {{ ... on {node} {{ asked: {asked} }} }} }}");
                let answer = client.try_ask(&document, json!({})).await;
                let row = &answer.0["data"]["node"];
                let leads_to = field.of.named();
                let leads_to = leads_to.strip_suffix("Connection").filter(|of| nodes.contains(of)).unwrap_or(leads_to);
                // What was done to a person is the platform's to see.
                let closed = nodes.contains(&leads_to) && !open.contains(&part_of(leads_to))
                    || *node == "User" && field.name == "history";
                if closed && field.of.is_required() && answer.code() == "FORBIDDEN" {
                    // What cannot be without a closed part is not told without it.
                    assert!(row.is_null() && open.contains(&part_of(node)), "{place}: {:#}", answer.0);
                    continue;
                }
                assert_eq!(row.is_object(), open.contains(&part_of(node)), "{place}: {:#}", answer.0);
                if row.is_null() {
                    assert_eq!(answer.code(), "no error", "{place}");
                    continue;
                }
                assert!(row.as_object().unwrap().contains_key("asked"), "{place} is left out: {:#}", answer.0);
                for told in types_in(row, &tags) {
                    assert!(open.contains(&part_of(&told)), "{place} tells of a {told}: {:#}", answer.0);
                }
                match answer.code() {
                    "no error" => read += 1,
                    code => assert!(code == "FORBIDDEN" && closed, "{place}: {code}"),
                }
            }
        }
    }
    assert!(read > 500, "only {read} fields were read");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_row_of_another_studio_tells_anything_to_anybody() {
    let app = TestApp::start().await;
    let (ours, theirs) = (app.everything("bergamot").await, app.everything("aquamarine").await);
    let contract = Contract::read().await;
    let admin = app.admin().await;
    for node in contract.nodes() {
        let (id, absent) = &theirs.values.ids[node];
        let selection = contract.selection(node, 1, &theirs.values);
        let document = |id: &str| format!("{{ node(id: \"{id}\") {{ ... on {node} {selection} }} }}");
        for Reader { who, client, .. } in readers(&app, &ours).await {
            let answer = client.try_ask(&document(id), json!({})).await.0;
            assert_eq!(answer, json!({ "data": { "node": null } }), "{who}: {node}");
            assert_eq!(answer, client.try_ask(&document(absent), json!({})).await.0, "{who}: {node}");
        }
        // The row is there, for whom it is theirs to see.
        let seen = admin.try_ask(&document(id), json!({})).await.0;
        assert!(seen["data"]["node"].is_object(), "{node}: {seen:#}");
        assert_eq!(app.anonymous().try_ask(&document(id), json!({})).await.code(), "UNAUTHENTICATED", "{node}");
    }
}
