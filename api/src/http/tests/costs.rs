//! What operations cost, and what happens when nothing is left.

use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use serde_json::{Value, json};

use super::over_http::{JSON, NEWER, ask, send_to};
use super::*;

/// A door where whoever is nobody may spend this much, and gets back so much each second.
fn frugal(anonymous_budget: u64, anonymous_budget_restore: u64) -> Door {
    door(Limits { anonymous_budget, anonymous_budget_restore, ..Limits::default() })
}

fn cost(requested: u64, actual: Option<u64>, available: u64, maximum: u64) -> Value {
    let status = json!({ "maximumAvailable": maximum, "currentlyAvailable": available, "restoreRate": 0 });
    json!({ "requestedQueryCost": requested, "actualQueryCost": actual, "throttleStatus": status })
}

#[tokio::test]
async fn what_ran_says_what_it_cost() {
    let door = frugal(100, 0);
    for (query, requested, actual, left) in [
        ("{ hello }", 1, 1, 99),
        ("mutation { key }", 10, 10, 89),
        ("{ broken { byPrinting } }", 1, 1, 88),
        ("{ hello nothing: broken { byPrinting } }", 1, 1, 87),
    ] {
        let answered = send_to(door.clone(), ask(NEWER, query)).await;
        assert_eq!(answered.body["extensions"]["cost"], cost(requested, Some(actual), left, 100), "{query}");
    }
}

#[tokio::test]
async fn what_never_ran_costs_what_reading_it_does() {
    let door = frugal(100, 0);
    let answered = send_to(door.clone(), ask(JSON, "mutation { nothing }")).await;
    assert!(answered.body.get("extensions").is_none());
    let answered = send_to(door, ask(JSON, "{ hello }")).await;
    assert_eq!(answered.body["extensions"]["cost"]["throttleStatus"]["currentlyAvailable"], 98);
}

#[tokio::test]
async fn an_empty_budget_is_429_and_says_when_to_come_back() {
    for accept in [NEWER, JSON] {
        let door = frugal(10, 2);
        assert_eq!(send_to(door.clone(), ask(accept, "mutation { key }")).await.status, StatusCode::OK);
        let answered = send_to(door, ask(accept, "mutation { key }")).await;
        assert_eq!((answered.status, answered.code()), (StatusCode::TOO_MANY_REQUESTS, "THROTTLED"));
        assert_eq!(answered.header(RETRY_AFTER), "5");
        assert_eq!(answered.body["extensions"]["cost"]["requestedQueryCost"], 10);
        assert_eq!(answered.body["extensions"]["cost"]["actualQueryCost"], Value::Null);
        assert!(answered.body.get("data").is_none());
    }
    let door = frugal(10, 1_000);
    for _ in 0..100 {
        let answered = send_to(door.clone(), ask(JSON, "mutation { key }")).await;
        if answered.status != StatusCode::OK {
            assert_eq!(answered.header(RETRY_AFTER), "1", "a moment is told as a second");
        }
    }
}

#[tokio::test]
async fn reads_cannot_use_up_what_mutations_need() {
    let door = frugal(50, 0);
    for _ in 0..40 {
        assert_eq!(send_to(door.clone(), ask(JSON, "{ hello }")).await.status, StatusCode::OK);
    }
    for query in ["{ hello }", "{ hello requestId }"] {
        assert_eq!(send_to(door.clone(), ask(JSON, query)).await.code(), "THROTTLED");
    }
    assert_eq!(send_to(door.clone(), ask(JSON, "mutation { key }")).await.status, StatusCode::OK);
    assert_eq!(send_to(door, ask(JSON, "mutation { key }")).await.code(), "THROTTLED");
}

#[tokio::test]
async fn what_can_never_be_paid_for_is_refused_for_its_cost() {
    let answered = send_to(frugal(9, 0), ask(NEWER, "mutation { key }")).await;
    assert_eq!((answered.status, answered.code()), (StatusCode::BAD_REQUEST, "COST_EXCEEDED"));
    let dearest = json!([{ "path": "key", "cost": 10, "largestFirst": null }]);
    let told = &answered.body["errors"][0]["extensions"]["cost"];
    assert_eq!(told, &json!({ "requested": 10, "maximum": 9, "dearest": dearest }));
    assert_eq!(answered.body["extensions"]["cost"], cost(10, None, 9, 9));
    let dear = door(Limits { cost: 9, ..Limits::default() });
    assert_eq!(send_to(dear, ask(JSON, "mutation { key }")).await.code(), "COST_EXCEEDED");
}

#[tokio::test]
async fn a_limit_names_itself_and_what_was_counted() {
    let aliases: String = (0..31).map(|n| format!("a{n}: hello ")).collect();
    let fields: String = (0..21).map(|n| format!("f{n} ")).collect();
    let deep = format!("{}{}", "{ a ".repeat(21), "}".repeat(21));
    for (query, limit) in [
        (format!("{{ ... {{ {aliases} }} }}"), json!({ "name": "aliases", "maximum": 30, "actual": 31 })),
        (format!("{{ {fields} }}"), json!({ "name": "rootFields", "maximum": 20, "actual": 21 })),
        (format!("{{ hello {} }}", "@a ".repeat(22)), json!({ "name": "directives", "maximum": 20, "actual": 22 })),
        (deep, json!({ "name": "depth", "maximum": 20, "actual": 21 })),
        ("{ hello ".repeat(300), json!({ "name": "nesting", "maximum": 64, "actual": null })),
        (
            format!("{{ hello }} #{}", "x".repeat(100_000)),
            json!({ "name": "documentBytes", "maximum": 65_536, "actual": 100_011 }),
        ),
        ("a ".repeat(3_000), json!({ "name": "tokens", "maximum": 2_000, "actual": null })),
    ] {
        let answered = send_to(door(Limits::default()), ask(JSON, &query)).await;
        assert_eq!(answered.body["errors"][0]["extensions"]["limit"], limit);
        let message = answered.body["errors"][0]["message"].as_str().unwrap();
        let counted = limit["actual"].as_u64().map(|counted| counted.to_string());
        assert!(message.contains(&counted.unwrap_or("more than".to_owned())), "{message}");
    }
}
