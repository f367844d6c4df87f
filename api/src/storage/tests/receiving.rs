//! How bytes come in, stay, and leave nothing behind.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta};
use futures_util::{FutureExt, TryStreamExt};
use image::ImageFormat;
use sha2::{Digest, Sha256};

use super::*;

async fn read(store: &Store, key: &str, range: Option<std::ops::Range<u64>>) -> Vec<u8> {
    let pieces: Vec<Bytes> = store.read(key, range).await.expect("an object").try_collect().await.expect("its bytes");
    pieces.concat()
}

#[tokio::test]
async fn a_photo_is_kept_byte_for_byte() {
    let folder = Folder::new();
    // Noise does not compress: several parts are written.
    let noise = image::RgbImage::from_fn(1300, 1300, |_, _| image::Rgb(rand::random()));
    let mut bytes = std::io::Cursor::new(Vec::new());
    noise.write_to(&mut bytes, ImageFormat::Png).expect("a picture");
    let bytes = bytes.into_inner();
    assert!(bytes.len() > 4 * 1024 * 1024);

    let received = folder.receive(bytes.clone(), photo()).await.expect("received");
    let stored = received.keep(42).await.expect("kept");

    let facts = &stored.facts;
    let expected: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(facts.sha256, expected);
    assert_eq!(facts.size_bytes, bytes.len() as i64);
    assert_eq!((facts.mime_type, facts.width, facts.height, facts.duration_ms), ("image/png", 1300, 1300, None));
    let name = stored.key.strip_prefix("42/photos/").expect("the folder of the company's photos");
    assert_eq!(name.len(), 32);
    assert_eq!(folder.store.size(&stored.key).await.expect("a size"), bytes.len() as u64);
    assert!(read(&folder.store, &stored.key, None).await == bytes);
    assert_eq!(read(&folder.store, &stored.key, Some(1_000_000..1_000_010)).await, bytes[1_000_000..1_000_010]);
    assert_eq!(folder.files().len(), 1);

    folder.store.delete(&stored.key).await.expect("deleted");
    folder.store.delete(&stored.key).await.expect("deleted already");
    assert!(folder.files().is_empty());
    assert!(folder.store.read(&stored.key, None).await.is_err());
}

#[tokio::test]
async fn an_endless_stream_is_refused_at_the_limit() {
    let folder = Folder::new();
    let pulled = AtomicU64::new(0);
    let start = Bytes::from_static(include_bytes!("../samples/clip.mov"));
    let endless = stream::iter([start]).chain(stream::repeat(Bytes::from_static(&[0; 64 * 1024]))).map(|piece| {
        pulled.fetch_add(piece.len() as u64, Ordering::Relaxed);
        Ok::<_, Infallible>(piece)
    });
    let terms = Terms { max_bytes: 8 * 1024 * 1024, ..video() };
    let refused = folder.store.receive(endless, terms).await;
    assert!(matches!(refused, Err(ReceiveError::TooLarge { limit_bytes: 8_388_608 })));
    assert!(pulled.into_inner() < terms.max_bytes + 1024 * 1024);
    folder.is_empty_in_the_end().await;
}

#[tokio::test]
async fn exactly_the_limit_is_taken() {
    let folder = Folder::new();
    let bytes = encoded(ImageFormat::Jpeg, 90, 60);
    let limit = bytes.len() as u64;
    assert!(folder.receive(bytes.clone(), Terms { max_bytes: limit, ..photo() }).await.is_ok());
    let refused = folder.receive(bytes, Terms { max_bytes: limit - 1, ..photo() }).await;
    assert!(matches!(refused, Err(ReceiveError::TooLarge { .. })));
}

#[tokio::test]
async fn a_refusal_by_type_comes_with_the_first_bytes() {
    let folder = Folder::new();
    let pulled = AtomicU64::new(0);
    let text = stream::repeat(Bytes::from_static(&[b'a'; 1024])).map(|piece| {
        pulled.fetch_add(piece.len() as u64, Ordering::Relaxed);
        Ok::<_, Infallible>(piece)
    });
    assert!(folder.store.receive(text, photo()).await.is_err());
    assert_eq!(pulled.into_inner(), 1024);
    folder.is_empty_in_the_end().await;
}

#[tokio::test]
async fn a_broken_stream_leaves_nothing() {
    let folder = Folder::new();
    let start = Bytes::from(encoded(ImageFormat::Jpeg, 90, 60));
    let broken = stream::iter([Ok(start), Err("the wire was cut")]);
    let refused = folder.store.receive(broken, photo()).await;
    assert!(matches!(refused, Err(ReceiveError::Interrupted(_))));
    folder.is_empty_in_the_end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_aborts_leave_no_file_and_no_handle() {
    let folder = Folder::new();
    let bytes = Bytes::from(encoded(ImageFormat::Png, 120, 80));
    for round in 0..1000_u32 {
        if round % 2 == 0 {
            // The caller goes away after some steps of the work, wherever that is.
            let stalled = pieces(&bytes).chain(stream::pending());
            let mut receiving = Box::pin(folder.store.receive(stalled, photo()));
            for _ in 0..round % 7 {
                if (&mut receiving).now_or_never().is_some() {
                    break;
                }
                tokio::task::yield_now().await;
            }
        } else {
            let mut receiving = Box::pin(folder.receive(bytes.clone(), photo()));
            for _ in 0..round % 50 {
                if (&mut receiving).now_or_never().is_some() {
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
    }
    folder.is_empty_in_the_end().await;
    folder.is_closed_in_the_end().await;
}

#[tokio::test]
async fn what_nobody_keeps_is_removed() {
    let folder = Folder::new();
    let received = folder.receive(encoded(ImageFormat::WebP, 40, 30), photo()).await.expect("received");
    assert_eq!(folder.files().len(), 1);
    drop(received);
    folder.is_empty_in_the_end().await;
}

#[tokio::test]
async fn many_at_once_do_not_mix() {
    let folder = Folder::new();
    let uploads = (1..=64_u32).map(|n| {
        let folder = &folder;
        async move {
            let bytes = encoded(ImageFormat::Png, 20 + n, 30);
            let received = folder.receive(bytes.clone(), photo()).await.expect("received");
            let stored = received.keep(i64::from(n)).await.expect("kept");
            assert!(read(&folder.store, &stored.key, None).await == bytes);
            assert_eq!(stored.facts.width, 20 + n.cast_signed());
        }
    });
    futures_util::future::join_all(uploads).await;
    assert_eq!(folder.files().len(), 64);
}

#[tokio::test]
async fn the_sweep_takes_what_a_killed_process_left() {
    let folder = Folder::new();
    let kept = folder.receive(encoded(ImageFormat::Png, 9, 9), photo()).await.expect("received");
    let kept = kept.keep(7).await.expect("kept");
    let incoming = folder.path.join("incoming");
    std::fs::write(incoming.join("0123"), "finished, never kept").expect("a file");
    std::fs::write(incoming.join("4567#1"), "half written").expect("a file");

    let written = incoming.join("0123").metadata().and_then(|file| file.modified()).expect("a time");
    let written = DateTime::from(written);
    let day = Duration::from_secs(24 * 60 * 60);
    let swept = folder.store.sweep_incoming(day, written + TimeDelta::hours(23)).await;
    assert_eq!(swept.expect("a number"), 0);
    let swept = folder.store.sweep_incoming(day, written + TimeDelta::hours(25)).await;
    assert_eq!(swept.expect("a number"), 2);
    assert_eq!(folder.files(), [folder.path.join(&kept.key)]);
}

#[tokio::test]
async fn other_back_ends_behave_alike() {
    let store = Store::over(std::sync::Arc::new(object_store::memory::InMemory::new()));
    let bytes = Bytes::from(encoded(ImageFormat::Png, 50, 40));
    let left = store.receive(pieces(&bytes), photo()).await.expect("received");
    let kept = store.receive(pieces(&bytes), photo()).await.expect("received").keep(3).await.expect("kept");
    assert!(read(&store, &kept.key, None).await == bytes);
    let later = DateTime::from_timestamp(32_503_680_000, 0).expect("the year 3000");
    assert_eq!(store.sweep_incoming(Duration::ZERO, later).await.expect("a number"), 1);
    drop(left);
}
