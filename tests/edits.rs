//! What every update, deletion and restoration of the schema does alike. The calls are made of the schema, so that what is
//! added to it is tried too. That strangers and viewers may not is tried in `tenancy.rs`.

use chrono::TimeDelta;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::contract::{Contract, Field, Leaf, Root};
use crate::support::{Client, Everything, TestApp};

/// A studio, and the calls that edit a row of it.
struct Edits {
    app: TestApp,
    studio: Everything,
    contract: Contract,
}

/// A call that edits a row.
struct Edit<'a> {
    field: &'a Field,
    leaves: Vec<Leaf>,
    /// The field of the payload that has the row.
    row: &'a Field,
}

impl Edits {
    async fn start() -> Self {
        let app = TestApp::start().await;
        let studio = app.everything("bergamot").await;
        Self { app, studio, contract: Contract::read().await }
    }

    fn all(&self) -> Vec<Edit<'_>> {
        let ends = |field: &&Field| ["Update", "Delete", "Restore"].iter().any(|verb| field.name.ends_with(verb));
        let edits = self.contract.roots(Root::Mutation).iter().filter(ends);
        let edits: Vec<Edit<'_>> = edits.map(|field| self.edit(field)).collect();
        assert!(edits.len() >= 6, "the schema has other names for them");
        edits
    }

    fn edit<'a>(&'a self, field: &'a Field) -> Edit<'a> {
        let leaves = self.contract.leaves(field);
        for name in ["id", "expectedVersion", "validateOnly"] {
            assert!(leaves.iter().any(|leaf| leaf.path == ["input", name]), "{} does not take {name}", field.name);
        }
        let payload = self.contract.types[field.of.named()].fields.as_deref().unwrap();
        let nodes = self.contract.nodes();
        let row = payload.iter().find(|field| nodes.contains(&field.of.named())).unwrap();
        Edit { field, leaves, row }
    }

    fn updates(&self) -> Vec<Edit<'_>> {
        self.all().into_iter().filter(|edit| edit.field.name.ends_with("Update")).collect()
    }

    /// A call with everything, and another value at one leaf.
    fn call(&self, edit: &Edit<'_>, name: &str, value: &str) -> String {
        let other = Some((edit.leaf(name), value.to_owned()));
        self.contract.own_call_with(Root::Mutation, edit.field, &self.studio.values, other)
    }

    /// A call that names the row, and says so much more.
    fn call_with_only(&self, edit: &Edit<'_>, more: &[(&str, &str)]) -> String {
        let settings = edit.settings();
        let setting = |name: &str| settings.iter().find(|leaf| leaf.path[1] == name).unwrap();
        let mut given = vec![(edit.leaf("id"), json!(self.id_of(edit)).to_string())];
        given.extend(more.iter().map(|(name, value)| (setting(name), (*value).to_owned())));
        self.contract.call(Root::Mutation, edit.field, &self.studio.values, &given)
    }

    fn id_of(&self, edit: &Edit<'_>) -> &str {
        let of = self.studio.values.type_of_id(edit.field, "id");
        &self.studio.values.ids[&of].0
    }

    /// The field of a row that tells what an input sets.
    fn told_by(&self, edit: &Edit<'_>, leaf: &Leaf) -> Option<&Field> {
        let name = &leaf.path[1];
        let name = ["UploadId", "Id"].iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(name);
        self.contract.types[edit.row.of.named()].fields.iter().flatten().find(|field| field.name == name)
    }
}

impl Edit<'_> {
    fn leaf(&self, name: &str) -> &Leaf {
        self.leaves.iter().find(|leaf| leaf.path == ["input", name]).unwrap()
    }

    /// What it can change, lists as a whole.
    fn settings(&self) -> Vec<Leaf> {
        let how = ["id", "expectedVersion", "validateOnly"];
        let mut settings: Vec<Leaf> = Vec::new();
        for Leaf { path, type_name } in self.leaves.iter().filter(|leaf| !how.contains(&leaf.path[1].as_str())) {
            let path = path[..2].to_vec();
            if settings.last().is_none_or(|last| last.path != path) {
                settings.push(Leaf { path, type_name: type_name.clone() });
            }
        }
        settings
    }

    async fn ask(&self, client: &Client, document: &str) -> Value {
        client.ask(document, json!({})).await[&self.field.name].clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_nothing_leaves_nothing() {
    let edits = Edits::start().await;
    let admin = edits.app.admin().await;
    edits.app.app.clock.advance(TimeDelta::minutes(1));
    let before = edits.app.contents().await;
    for edit in edits.all() {
        let name = &edit.field.name;
        let stale = edit.ask(&admin, &edits.call(&edit, "expectedVersion", "7")).await;
        let error = &stale["userErrors"][0];
        assert_eq!((&stale[&edit.row.name], &error["code"]), (&Value::Null, &json!("STALE_VERSION")), "{stale:#}");
        assert_eq!(error["__typename"], "StaleVersionError");
        assert_eq!(error["field"], json!(["input", "expectedVersion"]));
        assert_eq!(error["current"]["id"], edits.id_of(&edit), "{name}");
        let changed = error["changedFields"].as_array().unwrap();
        assert_eq!(!changed.is_empty(), name.ends_with("Update"), "{name}: {changed:?}");
        let fields = edits.contract.types[edit.row.of.named()].fields.as_deref().unwrap();
        for told in changed {
            assert!(fields.iter().any(|field| *told == field.name), "{told} is no field of {}", edit.row.of.named());
        }

        let tried = edit.ask(&admin, &edits.call(&edit, "validateOnly", "true")).await;
        assert_eq!((&tried[&edit.row.name], &tried["userErrors"]), (&Value::Null, &json!([])), "{name}");

        if name.ends_with("Update") {
            let same = edit.ask(&admin, &edits.call_with_only(&edit, &[])).await;
            assert_eq!((&same[&edit.row.name]["version"], &same["userErrors"]), (&json!(1), &json!([])), "{name}");
        }
        assert_eq!(edits.app.contents().await, before, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_raises_the_version_by_one_and_is_told_in_full() {
    let edits = Edits::start().await;
    let admin = edits.app.admin().await;
    edits.app.app.clock.advance(TimeDelta::minutes(1));
    let last = "SELECT changes FROM (SELECT changes::text, id FROM audit_log ORDER BY id DESC LIMIT 1) c";
    let audits = "SELECT count(*) FROM audit_log";
    for edit in edits.updates() {
        let told_before: i64 = edits.app.column(audits).await[0];
        let document = edits.call(&edit, "expectedVersion", "1");
        let changed = edit.ask(&admin, &document).await;
        let row = &changed[&edit.row.name];
        assert_eq!((&row["version"], &changed["userErrors"]), (&json!(2), &json!([])), "{document}");
        assert_eq!(row["updatedAt"], "2026-11-21T12:01:00+00:00");
        assert_eq!(row["createdAt"], "2026-11-21T12:00:00+00:00");
        let changes: Value = serde_json::from_str(&edits.app.column::<String>(last).await[0]).unwrap();
        assert_eq!(changes["version"], json!({ "from": 1, "to": 2 }), "{document}");
        assert!(changes.as_object().unwrap().len() > 2, "{document}: {changes:#}");
        let once: i64 = edits.app.column(audits).await[0];
        assert_eq!(once, told_before + 1);

        let after = edits.app.contents().await;
        let again = document.replacen("expectedVersion: 1", "expectedVersion: 2", 1);
        assert_eq!(edit.ask(&admin, &again).await[&edit.row.name]["version"], 2, "{again}");
        assert_eq!(edits.app.contents().await, after, "{again} has stored something");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn null_clears_what_may_be_absent_and_is_refused_elsewhere() {
    let edits = Edits::start().await;
    let admin = edits.app.admin().await;
    let (mut cleared, mut refused) = (0, 0);
    for edit in edits.updates() {
        for leaf in edit.settings() {
            let name = &leaf.path[1];
            let before = edits.app.contents().await;
            let document = edits.call_with_only(&edit, &[(name, "null")]);
            let answer = edit.ask(&admin, &document).await;
            match edits.told_by(&edit, &leaf).filter(|field| !field.of.is_required()) {
                Some(field) => {
                    assert_eq!(answer["userErrors"], json!([]), "{document}");
                    assert_eq!(answer[&edit.row.name][&field.name], Value::Null, "{document}");
                    cleared += 1;
                }
                None => {
                    let error = &answer["userErrors"][0];
                    assert_eq!(error["code"], "REQUIRED", "{document}");
                    assert_eq!(error["field"], json!(["input", name]), "{document}");
                    assert_eq!(edits.app.contents().await, before, "{document}");
                    refused += 1;
                }
            }
        }
    }
    assert!(cleared >= 8 && refused >= 9, "{cleared} cleared, {refused} refused");
}

#[tokio::test(flavor = "multi_thread")]
async fn null_and_nothing_are_different_inputs_for_a_key() {
    let edits = Edits::start().await;
    let admin = edits.app.admin().await;
    for edit in edits.updates() {
        for leaf in edit.settings() {
            let (update, name) = (&edit.field.name, &leaf.path[1]);
            let keyed = |document: String| {
                document.replacen("}) {", &format!("}}) @idempotent(key: \"{update} {name}\") {{"), 1)
            };
            let first = edit.ask(&admin, &keyed(edits.call_with_only(&edit, &[]))).await;
            assert_eq!(first["userErrors"], json!([]));
            let other = edit.ask(&admin, &keyed(edits.call_with_only(&edit, &[(name, "null")]))).await;
            let code = &other["userErrors"][0]["code"];
            assert_eq!(code, "IDEMPOTENCY_KEY_PARAMETER_MISMATCH", "{update} {name}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_edits_of_one_version_at_once_one_is_made() {
    let edits = Edits::start().await;
    let admin = edits.app.admin().await;
    for edit in edits.all() {
        let documents: Vec<String> = (0..8).map(|_| edits.call(&edit, "expectedVersion", "1")).collect();
        let answers = join_all(documents.iter().map(|document| edit.ask(&admin, document))).await;
        let (made, refused): (Vec<&Value>, Vec<&Value>) =
            answers.iter().partition(|answer| answer["userErrors"] == json!([]));
        assert_eq!(made.len(), 1, "{}: {answers:#?}", edit.field.name);
        for answer in refused {
            let code = answer["userErrors"][0]["code"].as_str().unwrap();
            // What is deleted is not found by the next.
            assert!(matches!(code, "STALE_VERSION" | "NOT_FOUND"), "{}: {code}", edit.field.name);
        }
    }
}
