mod expanded;

use async_graphql::parser::parse_query;
use async_graphql::{Value, Variables, value};
use serde_json::{Value as Json, json};

use super::*;
use crate::config::Limits;
use crate::graphql::{self, Contract};
use crate::http::refusal::Code;

/// The cost of the only operation of a document of our own contract.
fn cost(document: &str, variables: Json) -> Cost {
    let contract = Contract::of(&graphql::print());
    cost_by(&contract, document, variables)
}

fn cost_by(contract: &Contract, document: &str, variables: Json) -> Cost {
    let document = parse_query(document).unwrap();
    let (_, operation) = document.operations.iter().next().unwrap();
    let recipe = Arc::new(Recipe::of(&document, &operation.node, contract));
    Cost::new(&recipe, &Variables::from_json(variables), Pages::of(&Limits::default()))
}

fn costs(document: &str) -> u64 {
    cost(document, json!({})).requested
}

#[test]
fn each_kind_of_field_has_its_price() {
    for (document, expected) in [
        ("{ __typename }", 1),
        ("{ serviceLimits { maxDepth maxFields } }", 1),
        ("{ viewer { id user { id } } }", 2),
        ("{ companies(first: 5) { nodes { id } } }", 1 + 5),
        ("{ companies { nodes { id } } }", 1 + 10),
        ("{ companies(last: 7) { nodes { id } } }", 1 + 7),
        ("{ companies(first: null, last: 7) { nodes { id } } }", 1 + 7),
        ("{ companies(first: 1000000) { nodes { id } } }", 1 + 100),
        ("{ companies(first: 5) { totalCount pageInfo { hasNextPage } } }", 1 + 5),
        ("{ companies(first: 5) { edges { cursor } } }", 1 + 5),
        (
            "{ companies(first: 5) { nodes { projects(first: 3) { nodes { company { id } } } } } }",
            1 + 5 * (1 + 1 + 3 * 2),
        ),
        ("{ companies(first: 5) { a: nodes { b: projects(first: 3) { c: nodes { d: id } } } } }", 1 + 5 * (1 + 1 + 3)),
        ("{ nodes(ids: [\"a\", \"b\"]) { id } }", 2),
        ("{ nodes(ids: \"a\") { id } }", 1),
        ("mutation { logout { userErrors { code } } }", 10 + 10),
        ("mutation { a: logout { __typename } ...F } fragment F on Mutation { b: logout { __typename } }", 20),
        (
            "subscription { viewEvents(scope: { companyId: \"a\" }) { ... on StreamPosition { cursor }
            ... on ViewSessionStarted { viewSession { arContent { id } } } } }",
            3,
        ),
        ("{ __schema { types { name } } }", 100),
        ("{ companies { nodes { nothing { at { all } } } } unknown { id } ...None }", 11),
    ] {
        assert_eq!(costs(document), expected, "{document}");
    }
}

#[test]
fn a_row_costs_the_same_however_it_is_asked_for() {
    let plain = costs("{ companies(first: 3) { nodes { projects { nodes { id } } } } }");
    for document in [
        "{ companies(first: 3) { edges { node { projects { edges { node { id } cursor } } } } } }",
        "{ ...A } fragment A on Query { companies(first: 3) { ...B } } fragment B on CompanyConnection { nodes { ...C } }
            fragment C on Company { projects { nodes { id } } }",
        "{ companies(first: 3) { nodes { ... on Company { ... on Node { id } ... { projects { nodes { id } } } } } } }",
    ] {
        assert_eq!(costs(document), plain, "{document}");
    }
}

#[test]
fn behind_an_interface_the_dearest_type_counts() {
    let company = "... on Company { projects(first: 20) { nodes { id } } }";
    let project = "... on Project { arContents(first: 30) { nodes { id } } company { id } }";
    assert_eq!(costs(&format!("{{ node(id: \"a\") {{ {company} }} }}")), 1 + 21);
    assert_eq!(costs(&format!("{{ node(id: \"a\") {{ {company} {project} {project} }} }}")), 1 + 2 * 32);
    assert_eq!(costs(&format!("{{ node(id: \"a\") {{ ... on Node {{ {company} {project} }} id }} }}")), 1 + 32);
    assert_eq!(costs(&format!("{{ nodes(ids: [\"a\", \"b\"]) {{ {company} ... on Project {{ id }} }} }}")), 2 * 22);
}

#[test]
fn variables_are_filled_in_for_each_request() {
    let document = "query ($n: Int, $ids: [ID!]!, $more: Boolean!) { companies(first: $n) { nodes { id
        projects(first: 2) @include(if: $more) { nodes { id } } } } nodes(ids: $ids) @skip(if: $more) { id }
        ...F @include(if: $more) a: companies(first: 3) @skip(if: true) { totalCount } } fragment F on Query { viewer { id } }";
    for (variables, expected) in [
        (json!({ "n": 4, "ids": [], "more": false }), 1 + 4),
        (json!({ "n": 4, "ids": ["a", "b"], "more": false }), 1 + 4 + 2),
        (json!({ "n": 4, "ids": ["a", "b"], "more": true }), 1 + 4 * (1 + 3) + 1),
        (json!({ "n": 4_000, "ids": "a" }), 1 + 100 + 1),
        (json!({ "n": null }), 1 + 10),
        (json!({ "n": -3 }), 1),
    ] {
        assert_eq!(cost(document, variables.clone()).requested, expected, "{variables}");
    }
}

#[test]
fn the_tree_of_four_levels_fits_with_pages_of_the_usual_size() {
    let tree = |arguments: &str| {
        costs(&format!(
            "{{ companies{arguments} {{ edges {{ node {{ projects{arguments} {{ edges {{ node {{ \
             arContents{arguments} {{ edges {{ node {{ videos{arguments} {{ edges {{ node {{ filename }} }} }} \
             schedules{arguments} {{ edges {{ node {{ startTime }} }} }} }} }} }} }} }} }} }} }} }} }}"
        ))
    };
    let most = Limits::default().cost;
    assert!(tree("") <= most, "{} is more than {most}", tree(""));
    assert!(tree("(first: 11)") > most);
}

#[test]
fn numbers_do_not_wrap() {
    let contract = Contract::of(expanded::CONTRACT);
    let document = format!("{{ {} id {} }}", "tree(first: 100) { nodes { ".repeat(30), "} } ".repeat(30));
    assert_eq!(cost_by(&contract, &document, json!({})).requested, u64::MAX);
}

#[test]
fn what_came_is_counted_by_the_same_rule() {
    let asked = cost(
        "{ viewer { user { id } } companies(first: 5) { nodes { id projects { totalCount edges { node { company { id } } } } } }
           node(id: \"a\") { ... on Project { company { id } } ... on Video { arContent { id project { id } } } }
           few: projects { totalCount } nodes(ids: [\"a\", \"b\"]) { id } }",
        json!({}),
    );
    let row = value!({ "node": { "company": { "id": "a" } } });
    let answer = value!({
        "viewer": { "user": null },
        "companies": { "nodes": [
            { "id": "a", "projects": { "totalCount": 2, "edges": [row.clone(), row] } },
            { "id": "b", "projects": null },
        ] },
        "node": { "arContent": { "id": "a", "project": null } },
        "few": { "totalCount": 0 },
        "nodes": [null, { "id": "b" }],
    });
    let companies = 1 + 2 + (1 + 2 * 2) + 1;
    assert_eq!(asked.actual(&answer), 1 + companies + 2 + 11 + 1);
    assert_eq!(asked.actual(&Value::Null), 1);
    assert_eq!(cost("mutation { logout { userErrors { code } } }", json!({})).actual(&value!({ "logout": null })), 10);
}

#[test]
fn a_refusal_tells_what_is_dear_and_what_fits() {
    let document = |rows: &str| {
        format!(
            "query ($rows: Int) {{ viewer {{ id }} companies(first: 100) {{ nodes {{ \
             projects(first: {rows}) {{ nodes {{ arContents(first: 20) {{ nodes {{ id }} }} }} }} }} }} }}"
        )
    };
    for rows in ["90", "$rows"] {
        let asked = cost(&document(rows), json!({ "rows": 90 }));
        let most = Limits::default().cost;
        let refusal = asked.check(most).unwrap_err();
        let total = 1 + 1 + 100 * (1 + 1 + 90 * (1 + 1 + 20));
        assert_eq!((refusal.code, asked.requested), (Code::CostExceeded, total));
        for part in [&total.to_string(), "25000", "projects.nodes.arContents (95%)", "companies.nodes.projects (4%)"] {
            assert!(refusal.message.contains(part), "{part}: {}", refusal.message);
        }
        assert!(refusal.message.chars().count() <= 300);
        let (name, told) = &refusal.details[0];
        let told = told.clone().into_json().unwrap();
        assert_eq!((*name, &told["requested"], &told["maximum"]), ("cost", &json!(total), &json!(most)));
        let dearest = told["dearest"].as_array().unwrap();
        assert_eq!(dearest.len(), 3);
        assert_eq!(dearest[0]["path"], "companies.nodes.projects.nodes.arContents");
        assert_eq!(dearest[0]["cost"], 100 * 90 * 21);
        // With as many projects even one order each is too much.
        assert_eq!(dearest[0]["largestFirst"], json!(null));
        let fits = dearest[1]["largestFirst"].as_u64().unwrap();
        let with = |rows: u64| cost(&document(&rows.to_string()), json!({})).check(most);
        assert!(with(fits).is_ok() && with(fits + 1).is_err());
        assert_eq!(dearest[2]["largestFirst"], 12);
    }
}

#[test]
fn one_variable_for_several_pages_is_changed_in_all_of_them() {
    let document = "query ($n: Int) { companies(first: $n) { nodes { projects(first: $n) { nodes { arContents(first: $n) { \
        nodes { id } } } } } } }";
    let most = Limits::default().cost;
    let told = cost(document, json!({ "n": 100 })).check(most).unwrap_err().details[0].1.clone().into_json().unwrap();
    let fits = told["dearest"][0]["largestFirst"].as_u64().unwrap();
    assert!(cost(document, json!({ "n": fits })).check(most).is_ok());
    assert!(cost(document, json!({ "n": fits + 1 })).check(most).is_err());
}
