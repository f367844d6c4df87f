//! Documents and requests that are meant to hurt: by whatever way they come they are refused shortly, and cost next to
//! nothing. How long that takes is for `cargo bench --bench storm` to tell.

use serde_json::json;

use crate::support::bombs::{TRANSPORTS, bombs};
use crate::support::fresh_database;
use crate::support::process::{DataDir, Server, first_admin};

/// No answer to a bomb is longer.
const SHORT: usize = 4 * 1024;
/// What the process may have grown by, at any moment, while all of them came by all ways.
const MEMORY: usize = 64 * 1024 * 1024;

#[tokio::test(flavor = "multi_thread")]
async fn every_bomb_is_refused_shortly_by_every_way() {
    let (url, data_dir) = (fresh_database().await, DataDir::new());
    let server = Server::on(&url, &data_dir).await;
    let admin = first_admin(&server, &url).await;
    let document = "mutation { companyCreate(input: { name: \"Studio\" }) { company { id } } }";
    let company = admin.ask(document, json!({})).await["companyCreate"]["company"]["id"].clone();
    admin.ask("{ companies { nodes { id } } }", json!({})).await;
    let before = server.peak_of_memory_from_now_on();

    for bomb in bombs(&company) {
        for transport in TRANSPORTS.into_iter().filter(|transport| transport.takes(&bomb)) {
            let answer = transport.send(&admin, &bomb).await;
            let what = format!("{} by {transport:?}: {answer:?}", bomb.name);
            assert!(!answer.code.is_empty() && answer.code != "INTERNAL" && answer.length < SHORT, "{what}");
            assert!(!(500..600).contains(&answer.status), "{what}");
            admin.ask("{ companies { nodes { id } } }", json!({})).await;
        }
    }
    let grown = server.peak_of_memory().saturating_sub(before);
    println!("the process grew by {} KiB at most", grown / 1024);
    assert!(grown < MEMORY, "it grew by {grown} bytes");
    assert_eq!(data_dir.files("media"), 0, "nothing was stored, under whatever name");
}

/// What no limit forbids is read and checked to its end, and whoever does so must have room for it on their stack.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_as_deep_as_it_may_be_is_answered() {
    let (url, data_dir) = (fresh_database().await, DataDir::new());
    let server = Server::on(&url, &data_dir).await;
    let admin = first_admin(&server, &url).await;
    let document = "mutation { companyCreate(input: { name: \"Studio\" }) { company { id } } }";
    let company = admin.ask(document, json!({})).await["companyCreate"]["company"]["id"].clone();
    let inside = |opening: &str, most_inner: &str, closing: &str, deep: usize| {
        format!("{}{most_inner}{}", opening.repeat(deep), closing.repeat(deep))
    };
    let documents = [
        inside("{ __typename ", "", "}", 64),
        format!("{{ companies(where: {}) {{ nodes {{ id }} }} }}", inside("{ and: [", "{}", "] }", 30)),
        format!("{{ companies(where: {{ and: {} }}) {{ nodes {{ id }} }} }}", inside("[", "", "]", 60)),
        format!("query ($a: {}) {{ __typename }}", inside("[", "Int", "]", 60)),
        format!("{{ {} }}", inside("... on Query { ", "__typename", "}", 60)),
        // Twenty fields on one path, each of which is run.
        format!(
            "{{ companies {{ nodes {{ {} }} }} }}",
            inside("projects(first: 1) { nodes { company { ", "id", "} } }", 5)
        ),
    ];
    for document in documents {
        let reply = admin.try_ask(&document, json!({ "a": company })).await;
        assert!(reply.status < 500, "{document}: {}", reply.text());
    }
    let variables = format!(
        "{{\"query\":\"query ($a: JSON) {{ __typename }}\",\"variables\":{{\"a\":{}}}}}",
        inside("[", "", "]", 62)
    );
    assert!(admin.post(variables.as_bytes(), &[]).await.unwrap().status < 500);
    let document = "mutation ($id: ID!, $a: JSON) { arContentCreate(input: { projectId: $id, metadata: $a }) { userErrors { code } } }";
    let deep: serde_json::Value = serde_json::from_str(&inside("[", "", "]", 58)).unwrap();
    assert!(admin.try_ask(document, json!({ "id": company, "a": deep })).await.status < 500);
}
