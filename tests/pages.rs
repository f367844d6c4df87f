//! Pages of any size, read in either direction, are the plain list; and a cursor belongs to its list.
//!
//! The lists are found in the schema: every field that answers with a connection, at the roots and below a row.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::support::contract::{Contract, EnumValue, Field, Root};
use crate::support::crowded::{ROWS, crowded};
use crate::support::{Client, TestApp, Values};

const SIZES: [usize; 4] = [1, 2, 3, 7];

/// A list of the contract: at a root, or below the row of an id.
pub struct List<'a> {
    pub parent: Option<&'a str>,
    pub field: &'a Field,
    /// What else is said: an order, or whether deleted rows are in it.
    pub said: String,
}

impl List<'_> {
    /// A document that asks for a page.
    fn page(&self, contract: &Contract, values: &Values, page: &str) -> String {
        let required = contract.call_selecting(Root::Query, self.field, values, &[], "");
        let required =
            required.trim_start_matches(&format!("query {{ {}", self.field.name)).trim_end_matches('}').trim();
        let required = required.trim_start_matches('(').trim_end_matches(')');
        let said: Vec<&str> = [required, &self.said, page].into_iter().filter(|part| !part.is_empty()).collect();
        let nodes = &contract.types[self.field.of.named()];
        let counted = nodes.fields.iter().flatten().any(|field| field.name == "totalCount");
        let asked = format!(
            "{}({}) {{ nodes {{ id }} edges {{ cursor }} {} pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }}",
            self.field.name,
            said.join(", "),
            if counted { "totalCount" } else { "" },
        );
        match self.parent {
            None => format!("{{ list: {asked} }}"),
            Some(parent) => {
                format!("{{ node(id: \"{}\") {{ ... on {parent} {{ list: {asked} }} }} }}", values.ids[parent].0)
            }
        }
    }

    fn of(&self, answer: &Value) -> Value {
        if self.parent.is_some() { answer["node"]["list"].clone() } else { answer["list"].clone() }
    }

    pub fn named(&self) -> String {
        format!("{}.{}({})", self.parent.unwrap_or("Query"), self.field.name, self.said)
    }

    pub async fn ask(&self, caller: &Client, contract: &Contract, values: &Values, page: &str) -> Value {
        let answer = caller.ask(&self.page(contract, values, page), json!({})).await;
        self.of(&answer)
    }

    async fn code(&self, caller: &Client, contract: &Contract, values: &Values, page: &str) -> (String, String) {
        let answer = caller.try_ask(&self.page(contract, values, page), json!({})).await;
        (answer.code().to_owned(), answer.0["errors"][0]["message"].as_str().unwrap_or_default().to_owned())
    }
}

/// How a list is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// As it is when nothing is said.
    Plainly,
    /// With each order that there is across companies, and each choice of deleted rows.
    AcrossCompanies,
    /// With every order, as within one company, and each choice of deleted rows.
    InOneCompany,
}

/// Every list, in the ways in which it is asked for.
pub fn lists(contract: &Contract, asked: Asked) -> Vec<List<'_>> {
    let every_order = asked != Asked::Plainly;
    let roots = contract.roots(Root::Query).iter().map(|field| (None, field));
    let below = contract
        .nodes()
        .into_iter()
        .flat_map(|node| contract.types[node].fields.iter().flatten().map(move |field| (Some(node), field)));
    let mut lists = Vec::new();
    for (parent, field) in roots.chain(below).filter(|(_, field)| contract.is_list_of_nodes(field)) {
        let mut said = vec![String::new()];
        if let Some(order) = field.args.iter().find(|argument| argument.name == "orderBy").filter(|_| every_order) {
            let fields = contract.types[order.of.named()].input_fields.iter().flatten();
            let by = fields.clone().find(|input| input.name == "field").unwrap().of.named();
            let is_across = parent.is_none() && asked == Asked::AcrossCompanies;
            let everywhere = |by: &&EnumValue| !is_across || matches!(by.name.as_str(), "ID" | "CREATED_AT");
            for by in contract.types[by].enum_values.iter().flatten().filter(everywhere) {
                for direction in ["ASC", "DESC"] {
                    said.push(format!("orderBy: {{ field: {}, direction: {direction} }}", by.name));
                }
            }
        }
        if field.args.iter().any(|argument| argument.name == "deleted") && every_order {
            said.push("deleted: INCLUDE".to_owned());
            said.push("deleted: ONLY".to_owned());
        }
        lists.extend(said.into_iter().map(|said| List { parent, field, said }));
    }
    lists
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_every_size_are_the_plain_list() {
    let (_app, caller, values) = crowded().await;
    let contract = Contract::read().await;
    let mut long = 0;
    for list in lists(&contract, Asked::AcrossCompanies) {
        let plain = list.ask(&caller, &contract, &values, "first: 100").await;
        let ids = ids_of(&plain);
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{} has a row twice", list.named());
        assert_eq!(plain["pageInfo"]["hasNextPage"], false);
        if let Some(count) = plain.get("totalCount") {
            assert_eq!(*count, ids.len(), "{}", list.named());
        }
        let backwards = ids_of(&list.ask(&caller, &contract, &values, "last: 100").await);
        assert_eq!(backwards, ids, "{} backwards", list.named());
        long += usize::from(ids.len() >= ROWS);
        for size in SIZES {
            let mut found = Vec::new();
            let mut page = format!("first: {size}");
            loop {
                let answer = list.ask(&caller, &contract, &values, &page).await;
                let had_some = !found.is_empty();
                found.extend(ids_of(&answer));
                check_page(&answer, size, &list);
                assert_eq!(answer["pageInfo"]["hasPreviousPage"], had_some, "{}", list.named());
                assert_eq!(answer["pageInfo"]["hasNextPage"], found.len() < ids.len(), "{} {page}", list.named());
                if answer["pageInfo"]["hasNextPage"] == false {
                    break;
                }
                page = format!("first: {size}, after: {}", answer["pageInfo"]["endCursor"]);
            }
            assert_eq!(found, ids, "{} forwards by {size}", list.named());
            let mut found: Vec<String> = Vec::new();
            let mut page = format!("last: {size}");
            loop {
                let answer = list.ask(&caller, &contract, &values, &page).await;
                found.splice(0..0, ids_of(&answer));
                check_page(&answer, size, &list);
                assert_eq!(answer["pageInfo"]["hasPreviousPage"], found.len() < ids.len(), "{} {page}", list.named());
                if answer["pageInfo"]["hasPreviousPage"] == false {
                    break;
                }
                page = format!("last: {size}, before: {}", answer["pageInfo"]["startCursor"]);
            }
            assert_eq!(found, ids, "{} backwards by {size}", list.named());
        }
    }
    assert!(long > 30, "only {long} lists had rows to turn pages of");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_the_databases() {
    let (app, caller, values) = crowded().await;
    let contract = Contract::read().await;
    let all = lists(&contract, Asked::AcrossCompanies);
    for list in all.iter().filter(|list| list.field.name == "arContents" && list.parent == Some("Project")) {
        let Some(order) = list.said.strip_prefix("orderBy: { field: ") else { continue };
        let (column, direction) = order.trim_end_matches(" }").split_once(", direction: ").unwrap();
        let sorted: Vec<i64> = app
            .column(&format!(
                "SELECT id FROM ar_content WHERE deleted_at IS NULL AND project_id =
                     (SELECT project_id FROM ar_content WHERE unique_id = '{}')
                 ORDER BY {column} {direction}, id {direction}",
                values.unique_id
            ))
            .await;
        let answer = list.ask(&caller, &contract, &values, "first: 100").await;
        let answered: Vec<i64> =
            ids_of(&answer).iter().map(|id| arvlite_api::global_id::decode(id).unwrap().1).collect();
        assert_eq!(answered, sorted, "{}", list.named());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_arrives_or_goes_meanwhile_neither_doubles_nor_hides_a_row() {
    let (app, caller, values) = crowded().await;
    let page = |order: &str, after: &str| {
        format!(
            "{{ project(id: \"{}\") {{ arContents(first: 3, after: {after}, orderBy: {{ {order} }}) {{
                nodes {{ id orderNumber }} pageInfo {{ hasNextPage endCursor }} }} }} }}",
            values.ids["Project"].0
        )
    };
    for order in
        ["field: ID, direction: ASC", "field: CREATED_AT, direction: DESC", "field: ORDER_NUMBER, direction: ASC"]
    {
        let before: Vec<String> = numbers(&app).await;
        let (mut found, mut after, mut turned) = (Vec::new(), "null".to_owned(), 0);
        loop {
            let answer = caller.ask(&page(order, &after), json!({})).await;
            let list = &answer["project"]["arContents"];
            found.extend(
                list["nodes"].as_array().unwrap().iter().map(|node| node["orderNumber"].as_str().unwrap().to_owned()),
            );
            after = list["pageInfo"]["endCursor"].to_string();
            turned += 1;
            if list["pageInfo"]["hasNextPage"] == false {
                break;
            }
            // One arrives, and the one that the cursor stands on goes.
            let last = found.last().unwrap();
            app.change(&format!(
                "UPDATE ar_content SET deleted_at = now(), deletion_id = gen_random_uuid() WHERE order_number = '{last}';
                 INSERT INTO ar_content (company_id, project_id, unique_id, order_number, expires_at, created_at, updated_at)
                 SELECT company_id, project_id, gen_random_uuid(), 'new-' || gen_random_uuid(), expires_at, created_at, updated_at
                 FROM ar_content WHERE unique_id = '{}'",
                values.unique_id
            ))
            .await;
            assert!(turned < 100);
        }
        let distinct: BTreeSet<&String> = found.iter().collect();
        assert_eq!(distinct.len(), found.len(), "{order}: a row came twice");
        let missed: Vec<&String> = before.iter().filter(|number| !distinct.contains(number)).collect();
        assert!(missed.is_empty(), "{order}: {missed:?} were there all the time and never came");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_is_refused_by_every_other_list() {
    let (_app, caller, values) = crowded().await;
    let contract = Contract::read().await;
    let all = lists(&contract, Asked::AcrossCompanies);
    // The same rows in the same order below another parent are the same list: one cursor of each will do.
    let by_id = "orderBy: { field: ID, direction: ASC }";
    let kind = |list: &List<'_>| (list.field.of.named().to_owned(), list.said.replace(by_id, ""));
    let mut cursors = BTreeMap::new();
    for list in &all {
        let answer = list.ask(&caller, &contract, &values, "first: 1").await;
        if let cursor @ Value::String(_) = &answer["pageInfo"]["endCursor"] {
            cursors.insert(kind(list), cursor.clone());
        }
    }
    for list in &all {
        for ((other, cursor), is_after) in cursors.iter().zip([true, false].into_iter().cycle()) {
            if *other == kind(list) {
                continue;
            }
            let page =
                if is_after { format!("first: 1, after: {cursor}") } else { format!("last: 1, before: {cursor}") };
            let (code, _) = list.code(&caller, &contract, &values, &page).await;
            assert_eq!(code, "INVALID_CURSOR", "{} took a cursor of {other:?}", list.named());
        }
    }
    for list in lists(&contract, Asked::Plainly) {
        for malformed in ["", "x", "bm90IGpzb24", "e30", "eyJsIjoxLCJwIjp7ImtleSI6ImkiLCJpZCI6MX19", "\u{0}", "ÿ"] {
            let page = format!("first: 1, after: {}", json!(malformed));
            let (code, _) = list.code(&caller, &contract, &values, &page).await;
            assert_eq!(code, "INVALID_CURSOR", "{} {page}", list.named());
        }
    }
}

/// A cursor is no secret: whoever takes one apart and puts something else into it gets no further.
#[tokio::test(flavor = "multi_thread")]
async fn a_forged_cursor_is_refused() {
    let (_app, caller, values) = crowded().await;
    let page = |order: &str, after: &str| {
        format!(
            "{{ project(id: \"{}\") {{ arContents(first: 1, after: {after}, orderBy: {{ field: {order}, direction: ASC }}) {{
                pageInfo {{ endCursor }} }} }} }}",
            values.ids["Project"].0
        )
    };
    for (order, forged) in [
        ("CREATED_AT", json!({ "t": "+262142-12-31T23:59:59Z" })),
        ("CREATED_AT", json!({ "t": "-262143-01-01T00:00:00Z" })),
        ("CREATED_AT", json!({ "s": "text" })),
        ("CREATED_AT", json!("i")),
        ("ORDER_NUMBER", json!({ "s": "\u{0}" })),
        ("ID", json!({ "t": "2026-11-21T12:00:00Z" })),
    ] {
        let answer = caller.ask(&page(order, "null"), json!({})).await;
        let cursor = answer["project"]["arContents"]["pageInfo"]["endCursor"].as_str().unwrap().to_owned();
        let mut opened: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(cursor).unwrap()).unwrap();
        opened["p"]["key"] = forged;
        let closed = json!(URL_SAFE_NO_PAD.encode(opened.to_string())).to_string();
        assert_eq!(caller.try_ask(&page(order, &closed), json!({})).await.code(), "INVALID_CURSOR", "{opened}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_belongs_to_its_filter() {
    let (_app, caller, _) = crowded().await;
    let page = |rest: &str| format!("{{ arContents(first: 1 {rest}) {{ nodes {{ id }} pageInfo {{ endCursor }} }} }}");
    let filters = [
        "",
        "search: \"bergamot\"",
        "where: { status: { eq: PENDING } }",
        "where: { status: { oneOf: [PENDING, READY] } }",
        "where: { NOT: { status: { eq: FAILED } } }",
    ];
    for mine in filters {
        let answer = caller.ask(&page(mine), json!({})).await;
        let cursor = &answer["arContents"]["pageInfo"]["endCursor"];
        for other in filters {
            let code = caller.try_ask(&page(&format!("{other} after: {cursor}")), json!({})).await.code().to_owned();
            assert_eq!(code, if mine == other { "no error" } else { "INVALID_CURSOR" }, "{mine} then {other}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_has_one_to_a_hundred_rows() {
    let (_app, caller, values) = crowded().await;
    let contract = Contract::read().await;
    for list in lists(&contract, Asked::Plainly) {
        for direction in ["first", "last"] {
            for rows in ["0", "101", "10000", "-1", "2147483647", "-2147483648"] {
                let page = format!("{direction}: {rows}");
                let (code, message) = list.code(&caller, &contract, &values, &page).await;
                assert_eq!(code, "BAD_REQUEST", "{} {page}", list.named());
                assert!(message.contains(direction) && message.contains("100"), "{message}");
            }
        }
        for page in
            ["first: 1, last: 1", "first: 1, before: \"x\"", "last: 1, after: \"x\"", "after: \"x\", before: \"x\""]
        {
            let (code, _) = list.code(&caller, &contract, &values, page).await;
            assert_eq!(code, "BAD_REQUEST", "{} {page}", list.named());
        }
    }
}

async fn numbers(app: &TestApp) -> Vec<String> {
    app.column("SELECT order_number FROM ar_content WHERE deleted_at IS NULL").await
}

pub fn ids_of(page: &Value) -> Vec<String> {
    page["nodes"].as_array().unwrap().iter().map(|node| node["id"].as_str().unwrap().to_owned()).collect()
}

fn check_page(page: &Value, size: usize, list: &List<'_>) {
    let (nodes, edges) = (page["nodes"].as_array().unwrap(), page["edges"].as_array().unwrap());
    assert!(nodes.len() <= size && nodes.len() == edges.len(), "{}", list.named());
    let cursor = |edge: Option<&Value>| edge.map_or(Value::Null, |edge| edge["cursor"].clone());
    assert_eq!(page["pageInfo"]["startCursor"], cursor(edges.first()), "{}", list.named());
    assert_eq!(page["pageInfo"]["endCursor"], cursor(edges.last()), "{}", list.named());
}
