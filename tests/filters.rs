//! What `where` and `search` find, what they refuse, and that no text of a client is a failure of ours.

use std::collections::BTreeSet;

use arvlite_api::domain::ar_content::ArContentCreate;
use arvlite_api::global_id::{NodeId, encode};
use arvlite_db::models::Project;
use serde_json::{Value, json};

use crate::support::contract::{Contract, Leaf, Root};
use crate::support::{Answer, Client, TestApp};

const FIND: &str = "query ($where: ArContentWhereInput, $search: String) {
    arContents(first: 100, where: $where, search: $search) { totalCount nodes { orderNumber } } }";

/// Orders with customers; the first three without any.
const ORDERS: [(&str, Option<&str>, Option<&str>); 8] = [
    ("A-1", None, None),
    ("A-2", None, None),
    ("B%1", None, Some("+7 900 000-00-01")),
    ("B_2", Some("Анна Ёлкина"), Some("+7 900 000-00-02")),
    ("c\\3", Some("АННА петрова"), None),
    ("D-4", Some("100% cotton"), None),
    ("D-5", Some("snake_case"), None),
    ("D-6", Some("O'Hara \"the\" <b>"), None),
];

async fn studio() -> (TestApp, Client, Project) {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    for (number, customer, phone) in ORDERS {
        app.run(ArContentCreate {
            project_id: NodeId::of(studio.project.id),
            order_number: Some(number.to_owned()),
            customer_name: customer.map(str::to_owned),
            customer_phone: phone.map(str::to_owned),
            duration_years: 1,
            ..ArContentCreate::default()
        })
        .await;
    }
    let admin = app.admin().await;
    (app, admin, studio.project)
}

async fn found(caller: &Client, condition: Value, search: Option<&str>) -> Vec<String> {
    let answer = caller.ask(FIND, json!({ "where": condition, "search": search })).await;
    let numbers = answer["arContents"]["nodes"].as_array().unwrap();
    assert_eq!(answer["arContents"]["totalCount"], numbers.len());
    numbers.iter().map(|node| node["orderNumber"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn conditions_find_what_they_say() {
    let (_app, admin, project) = studio().await;
    let project = encode::<Project>(project.id);
    let cases: Vec<(Value, &[&str])> = vec![
        (json!({ "orderNumber": { "eq": "A-1" } }), &["A-1"]),
        (json!({ "orderNumber": { "eq": "a-1" } }), &[]),
        (json!({ "orderNumber": { "oneOf": ["A-1", "D-4", "nothing"] } }), &["A-1", "D-4"]),
        (json!({ "orderNumber": { "oneOf": [] } }), &[]),
        (json!({ "orderNumber": { "startsWith": "d-" } }), &["D-4", "D-5", "D-6"]),
        (json!({ "orderNumber": { "contains": "%" } }), &["B%1"]),
        (json!({ "orderNumber": { "contains": "_" } }), &["B_2"]),
        (json!({ "orderNumber": { "startsWith": "_" } }), &[]),
        (json!({ "orderNumber": { "contains": "\\" } }), &["c\\3"]),
        (json!({ "customerName": { "contains": "анна" } }), &["B_2", "c\\3"]),
        (json!({ "customerName": { "startsWith": "АННА ё" } }), &["B_2"]),
        (json!({ "customerName": { "contains": "ЁЛКИНА" } }), &["B_2"]),
        (json!({ "customerName": { "eq": "анна петрова" } }), &[]),
        (json!({ "customerName": { "contains": "0% c" } }), &["D-4"]),
        (json!({ "customerName": { "contains": "e_c" } }), &["D-5"]),
        (json!({ "customerName": { "contains": "O'HARA \"" } }), &["D-6"]),
        (json!({ "customerName": { "isNull": true } }), &["A-1", "A-2", "B%1"]),
        (json!({ "customerName": { "isNull": false }, "customerPhone": { "isNull": false } }), &["B_2"]),
        (json!({ "NOT": { "customerName": { "contains": "анна" } } }), &["A-1", "A-2", "B%1", "D-4", "D-5", "D-6"]),
        (json!({ "NOT": { "NOT": { "customerName": { "contains": "анна" } } } }), &["B_2", "c\\3"]),
        (json!({ "NOT": { "customerName": { "isNull": true } } }), &["B_2", "c\\3", "D-4", "D-5", "D-6"]),
        (
            json!({ "OR": [{ "orderNumber": { "eq": "A-1" } }, { "customerName": { "contains": "cotton" } }] }),
            &["A-1", "D-4"],
        ),
        (json!({ "OR": [] }), &[]),
        (json!({ "AND": [] }), &["A-1", "A-2", "B%1", "B_2", "c\\3", "D-4", "D-5", "D-6"]),
        (
            json!({ "AND": [{ "orderNumber": { "startsWith": "D" } }, { "NOT": { "orderNumber": { "eq": "D-4" } } }] }),
            &["D-5", "D-6"],
        ),
        (json!({ "orderNumber": { "startsWith": "A", "eq": "A-2" } }), &["A-2"]),
        (json!({ "projectId": { "eq": project }, "orderNumber": { "eq": "A-1" } }), &["A-1"]),
        (json!({ "projectId": { "eq": "nonsense" } }), &[]),
        (json!({ "projectId": { "oneOf": [] } }), &[]),
        (json!({ "status": { "eq": "READY" } }), &[]),
        (json!({ "status": { "oneOf": ["PENDING"] }, "orderNumber": { "startsWith": "a" } }), &["A-1", "A-2"]),
        (json!({ "createdAt": { "range": { "gt": "2026-11-21T12:00:00Z" } } }), &[]),
        (
            json!({ "createdAt": { "range": { "gte": "2026-11-21T15:00:00+03:00" } }, "orderNumber": { "eq": "A-1" } }),
            &["A-1"],
        ),
        (json!({ "expiresAt": { "range": { "lt": "2027-11-21T12:00:00Z" } } }), &[]),
    ];
    for (condition, expected) in cases {
        assert_eq!(found(&admin, condition.clone(), None).await, expected, "{condition}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn search_looks_at_the_number_and_the_customer_and_ignores_case() {
    let (_app, admin, _) = studio().await;
    let cases: [(&str, &[&str]); 10] = [
        ("АННА", &["B_2", "c\\3"]),
        ("ёлк", &["B_2"]),
        ("ПеТрОв", &["c\\3"]),
        ("d-5", &["D-5"]),
        ("900 000-00-01", &["B%1"]),
        ("%", &["B%1", "D-4"]),
        ("_", &["B_2", "D-5"]),
        ("\\", &["c\\3"]),
        ("  cotton ", &["D-4"]),
        ("nowhere", &[]),
    ];
    for (search, expected) in cases {
        assert_eq!(found(&admin, json!(null), Some(search)).await, expected, "{search}");
    }
    assert_eq!(found(&admin, json!(null), Some("   ")).await.len(), ORDERS.len());
    let both = found(&admin, json!({ "orderNumber": { "startsWith": "B" } }), Some("анна")).await;
    assert_eq!(both, ["B_2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_condition_that_asks_too_much_is_refused() {
    let (_app, admin, _) = studio().await;
    let nested = |kind: &str, levels: usize| {
        let innermost = json!({ "orderNumber": { "eq": "A-1" } });
        let wrap = |inner: Value| if kind == "NOT" { json!({ kind: inner }) } else { json!({ kind: [inner] }) };
        (0..levels).fold(innermost, |inner, _| wrap(inner))
    };
    for kind in ["AND", "OR", "NOT"] {
        let deep = admin.try_ask(FIND, json!({ "where": nested(kind, 3) })).await;
        assert_eq!(deep.code(), "no error", "{kind}");
        for levels in [5, 50] {
            let answer = admin.try_ask(FIND, json!({ "where": nested(kind, levels) })).await;
            assert_eq!(answer.code(), "BAD_REQUEST", "{kind} {levels}");
        }
    }
    let many = |count: usize| (0..count).map(|number| number.to_string()).collect::<Vec<_>>();
    let conditions = |count: usize| vec![json!({ "orderNumber": { "eq": "A-1" } }); count];
    for (condition, code) in [
        (json!({ "orderNumber": { "oneOf": many(100) } }), "no error"),
        (json!({ "orderNumber": { "oneOf": many(101) } }), "BAD_REQUEST"),
        (json!({ "projectId": { "oneOf": many(101) } }), "BAD_REQUEST"),
        (json!({ "status": { "oneOf": vec!["READY"; 101] } }), "BAD_REQUEST"),
        (json!({ "createdAt": { "oneOf": vec!["2026-11-21T12:00:00Z"; 101] } }), "BAD_REQUEST"),
        (json!({ "AND": conditions(101) }), "BAD_REQUEST"),
        (json!({ "OR": conditions(101) }), "BAD_REQUEST"),
        (json!({ "AND": conditions(100) }), "no error"),
        (json!({ "AND": conditions(60), "OR": [{ "AND": conditions(41) }] }), "BAD_REQUEST"),
        (
            json!({ "AND": vec![json!({ "OR": vec![json!({ "customerName": { "oneOf": many(100) } }); 30] }); 4] }),
            "BAD_REQUEST",
        ),
        (
            json!({ "AND": vec![json!({ "OR": vec![json!({ "customerName": { "oneOf": many(100) } }); 25] }); 4] }),
            "no error",
        ),
        (json!({ "orderNumber": { "eq": "\u{0}" } }), "BAD_REQUEST"),
        (json!({ "customerName": { "contains": "a\u{0}b" } }), "BAD_REQUEST"),
        (json!({ "customerEmail": { "oneOf": ["\u{0}"] } }), "BAD_REQUEST"),
        (json!({ "customerName": { "contains": "x".repeat(256) } }), "BAD_REQUEST"),
    ] {
        let answer = admin.try_ask(FIND, json!({ "where": condition })).await;
        assert_eq!(answer.code(), code, "{condition}: {:#}", answer.0);
    }
    assert_eq!(admin.try_ask(FIND, json!({ "search": "\u{0}" })).await.code(), "BAD_REQUEST");
    assert_eq!(admin.try_ask(FIND, json!({ "search": "x".repeat(100_000) })).await.code(), "BAD_REQUEST");
}

/// Every scalar of every argument of every root field is given what a careless or hostile client gives.
#[tokio::test(flavor = "multi_thread")]
async fn no_value_of_a_client_is_a_failure_of_ours() {
    let app = TestApp::start().await;
    let studio = app.everything("bergamot").await;
    let contract = Contract::read().await;
    let admin = app.admin().await;
    let mut failed = BTreeSet::new();
    for node in contract.nodes() {
        for field in contract.types[node].fields.iter().flatten() {
            for leaf in contract.leaves(field).iter().filter(|leaf| leaf.path.len() == 1) {
                for value in odd_values(&leaf.type_name) {
                    let asked = contract.field(field, &studio.values, &[(leaf, value)]);
                    let id = &studio.values.ids[node].0;
                    let document = format!("{{ node(id: \"{id}\") {{ ... on {node} {{ {asked} }} }} }}");
                    if is_our_failure(&admin.try_ask(&document, json!({})).await) {
                        failed.insert(document);
                    }
                }
            }
        }
    }
    for root in [Root::Query, Root::Mutation] {
        for field in contract.roots(root) {
            let leaves = contract.leaves(field);
            let nested_twice = |leaf: &&Leaf| leaf.path.iter().filter(|name| name.to_uppercase() == **name).count() < 1;
            for leaf in leaves.iter().filter(nested_twice).filter(|leaf| leaf.type_name != "Upload") {
                for value in odd_values(&leaf.type_name) {
                    let document = contract.own_call_with(root, field, &studio.values, Some((leaf, value.clone())));
                    let answer = admin.try_ask(&document, json!({})).await;
                    if is_our_failure(&answer) {
                        let value: String = value.chars().take(60).collect();
                        failed.insert(format!("{}({}: {value})", field.name, leaf.path.join(".")));
                    }
                }
            }
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
}

fn is_our_failure(answer: &Answer) -> bool {
    let told = answer.0.to_string().to_lowercase();
    let words = ["internal", "sqlstate", "postgres", "diesel", "panicked"];
    words.iter().any(|word| told.contains(word))
}

fn odd_values(type_name: &str) -> Vec<String> {
    let quoted = |texts: &[&str]| texts.iter().map(|text| json!(text).to_string()).collect::<Vec<_>>();
    let long = "x".repeat(5000);
    match type_name {
        "String" => {
            quoted(&["", " ", "\u{0}", "a\u{0}b", "\u{7}", "'; DROP TABLE users; --", "%", "\u{202e}", "💥", &long])
        }
        "ID" => quoted(&["", "\u{0}", "AQE", "AQH__________8", "////", "💥", &long])
            .into_iter()
            .chain(["1".to_owned()])
            .collect(),
        "UUID" => quoted(&["", "\u{0}", "00000000-0000-0000-0000-000000000000", "not-a-uuid"]),
        "DateTime" => quoted(&[
            "",
            "2026-02-30T00:00:00Z",
            "0000-01-01T00:00:00Z",
            "-9999-01-01T00:00:00Z",
            "-262143-01-01T00:00:00Z",
            "+262142-12-31T23:59:59.999999999Z",
            "9999-12-31T23:59:60Z",
            "2026-11-21T12:00:00.123456789Z",
        ]),
        "Int" => ["0", "-1", "2147483647", "-2147483648", "2147483648"].map(str::to_owned).to_vec(),
        "Bytes" => quoted(&["", "-1", "9223372036854775807", "9223372036854775808", "x"]),
        "JSON" => {
            ["null", "1", "\"\\u0000\"", "{ a: \"\\u0000\" }", "{ a: 1e308 }", "[[[[]]]]"].map(str::to_owned).to_vec()
        }
        "TimeZone" => quoted(&["", "\u{0}", "Mars/Olympus"]),
        "Duration" => quoted(&["", "PT0S", "-PT5S", "P9999999Y", "PT99999999999999999999S"]),
        "Boolean" => vec!["null".to_owned()],
        _ => vec!["null".to_owned(), "\"\"".to_owned(), "NONSENSE".to_owned()],
    }
}
