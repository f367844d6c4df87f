//! Readers who take their time.

use super::*;

fn impatient() -> Door {
    door(Limits { socket_stall_ms: 0, socket_queue_bytes: 4_000, ..Limits::default() })
}

#[tokio::test]
async fn a_slow_reader_is_cut() {
    let mut client = Client::acknowledged(&impatient()).await;
    client.subscribe("a", "subscription { flood(bytes: 3000) }");
    assert_eq!(client.closed().await.0, 1013);
}

#[tokio::test]
async fn the_queue_is_bounded_in_bytes() {
    let app = &impatient().app;
    let (outbox, _writer) = Outbox::new(&app.config.limits, &app.metrics);
    let message = "x".repeat(999);
    let mut queued = 0;
    while let Some(room) = outbox.room_for(message.len()).await {
        outbox.put(message.clone(), room);
        queued += message.len();
    }
    assert_eq!(queued, 4 * 999);
    outbox.stalled().await;
}

#[tokio::test]
async fn one_who_never_reads_again_is_let_go() {
    let client = Client::acknowledged(&impatient()).await;
    client.subscribe("a", "subscription { flood(bytes: 1000) }");
    client.to.closed().await;
}

#[tokio::test]
async fn a_message_longer_than_the_queue_still_goes_out() {
    let mut client = Client::acknowledged(&plain()).await;
    client.subscribe("a", "subscription { flood(bytes: 500000) }");
    for _ in 0..3 {
        assert!(client.hear().await.to_string().len() > 500_000);
    }
}
