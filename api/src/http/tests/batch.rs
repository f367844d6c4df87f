use axum::body::{Body, to_bytes};
use axum::http::Request;
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::*;

async fn send_to(limits: Limits, body: &Value, headers: &[(&str, &str)]) -> (u16, Value) {
    let mut request = Request::post("/graphql")
        .header(CONTENT_TYPE, "application/json")
        .header(ACCEPT, "application/graphql-response+json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::from(body.to_string())).unwrap();
    let response = routes(&door(limits)).oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, serde_json::from_slice(&bytes).unwrap())
}

fn of_ten() -> Limits {
    Limits { batch: 10, ..Limits::default() }
}

fn several(queries: &[&str]) -> Value {
    queries.iter().map(|query| json!({ "query": query })).collect()
}

fn code(answer: &Value) -> &str {
    answer["errors"][0]["extensions"]["code"].as_str().unwrap_or("no error")
}

#[tokio::test]
async fn a_batch_is_refused_unless_it_is_configured() {
    let (status, answer) = send_to(Limits::default(), &several(&["{ hello }"]), &[]).await;
    assert_eq!((status, code(&answer)), (400, "BAD_REQUEST"));
    assert!(answer["errors"][0]["message"].as_str().unwrap().contains("one operation a request"), "{answer}");
}

#[tokio::test]
async fn each_of_a_batch_has_an_answer_in_its_place() {
    let (status, answers) = send_to(of_ten(), &several(&["{ hello }"]), &[]).await;
    assert_eq!(
        (status, &answers[0]["data"], answers.as_array().unwrap().len()),
        (200, &json!({ "hello": "hello " }), 1)
    );
    let batch = several(&["mutation { key }", "{ nothing }", "subscription { count(to: 1) }", "{", "{ hello }"]);
    let (status, answers) = send_to(of_ten(), &batch, &[]).await;
    assert_eq!((status, answers.as_array().unwrap().len()), (200, 5));
    assert_eq!(answers[0]["data"], json!({ "key": null }));
    assert_eq!([1, 2, 3].map(|at| code(&answers[at])), ["VALIDATION_FAILED", "BAD_REQUEST", "VALIDATION_FAILED"]);
    assert!([1, 2, 3].iter().all(|at| answers[*at].get("data").is_none()), "{answers}");
    assert_eq!(answers[4]["data"]["hello"], "hello ");
}

#[tokio::test]
async fn too_many_none_or_no_operations_are_refused_before_anything_runs() {
    for (batch, words) in [
        (several(&["mutation { key }"; 11]), "at most 10 operations"),
        (json!([]), "no operation"),
        (json!([{ "query": 1 }]), "are strings"),
        (json!([1]), "are strings"),
        (json!([[]]), "are strings"),
    ] {
        let (status, answer) = send_to(of_ten(), &batch, &[]).await;
        assert_eq!((status, code(&answer)), (400, "BAD_REQUEST"), "{answer}");
        assert!(answer["errors"][0]["message"].as_str().unwrap().contains(words), "{answer}");
    }
    let (_, answer) = send_to(of_ten(), &several(&["mutation { key }"]), &[("idempotency-key", "k")]).await;
    assert!(answer["errors"][0]["message"].as_str().unwrap().contains("@idempotent"), "{answer}");
    let (status, _) = send_to(of_ten(), &several(&["{ hello }"]), &[("accept", "text/event-stream")]).await;
    assert_eq!(status, 200, "one media type of two is enough");
}

#[tokio::test]
async fn a_batch_has_the_fields_and_the_time_of_one_request() {
    let wide = format!("{{ {} }}", "hello ".repeat(4));
    let wide = wide.as_str();
    let few = Limits { fields: 10, ..of_ten() };
    let (status, answer) = send_to(few.clone(), &several(&[wide; 2]), &[]).await;
    assert_eq!((status, answer.as_array().map(Vec::len)), (200, Some(2)));
    let (status, answer) = send_to(few, &several(&[wide; 3]), &[]).await;
    assert_eq!((status, code(&answer)), (400, "VALIDATION_FAILED"));
    let hasty = Limits { request_ms: 200, ..of_ten() };
    let (status, answers) = send_to(hasty, &several(&["{ endless }", "{ hello }"]), &[]).await;
    assert_eq!(status, 200);
    assert_eq!((code(&answers[0]), code(&answers[1])), ("TIMEOUT", "TIMEOUT"));
}
