//! Readers who take their time.

use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::super::messages::Close;
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
async fn where_a_message_was_left_out_nothing_follows() {
    let app = &impatient().app;
    let (outbox, writer) = Outbox::new(&app.config.limits, &app.metrics);
    let whole = outbox.room_for(4_000).await.unwrap();
    assert!(outbox.room_for(1).await.is_none());
    drop((whole, writer));
    assert!(outbox.room_for(1).await.is_none());
}

/// Numbered messages on their way to somebody who reads nothing yet, how to close the socket, and who writes to it.
async fn stuck(messages: usize) -> (mpsc::Receiver<Message>, oneshot::Sender<Close>, JoinHandle<()>) {
    let app = &plain().app;
    let (outbox, writer) = Outbox::new(&app.config.limits, &app.metrics);
    for number in 0..messages {
        outbox.send(number.to_string()).await;
    }
    let (said, from) = mpsc::channel(1);
    let wire = said.clone();
    let sink = sink::unfold(said, async |said: mpsc::Sender<Message>, message| {
        said.send(message).await.map(|()| said).map_err(drop)
    });
    let (close, closing) = oneshot::channel();
    let writing = tokio::spawn(async move {
        writer.write(Box::pin(sink), closing).await;
        drop(outbox);
    });
    while wire.capacity() > 0 {
        tokio::task::yield_now().await;
    }
    (from, close, writing)
}

async fn read_all(mut from: mpsc::Receiver<Message>) -> Vec<String> {
    let mut read = Vec::new();
    while let Some(message) = from.recv().await {
        read.push(match message {
            Message::Text(text) => text.to_string(),
            Message::Close(_) => "close".to_owned(),
            other => panic!("{other:?}"),
        });
    }
    read
}

#[tokio::test]
async fn a_socket_that_is_closed_while_its_wire_is_full_leaves_nothing_out() {
    let (from, close, _) = stuck(200).await;
    close.send(Close::TOO_SLOW).unwrap();
    tokio::task::yield_now().await;
    let expected: Vec<String> = (0..200).map(|number| number.to_string()).chain(["close".to_owned()]).collect();
    assert_eq!(read_all(from).await, expected);
}

#[tokio::test]
async fn what_does_not_get_through_in_time_is_followed_by_nothing() {
    let (from, close, writing) = stuck(200).await;
    close.send(Close::TOO_SLOW).unwrap();
    writing.await.unwrap();
    let read = read_all(from).await;
    assert!(read.len() < 200);
    assert!(read.iter().enumerate().all(|(number, text)| *text == number.to_string()), "{read:?}");
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
