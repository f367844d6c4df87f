//! What is let in and what is not, by content.

use std::sync::Arc;

use image::ImageFormat;
use object_store::memory::InMemory;

use super::*;

const PLAIN: &[u8] = include_bytes!("../../../assets/demo/harbour-sunrise.mp4");
const FRAGMENTED: &[u8] = include_bytes!("../samples/fragmented.mp4");
const UPRIGHT: &[u8] = include_bytes!("../samples/upright.mp4");
const MOV: &[u8] = include_bytes!("../samples/clip.mov");
const WEBM: &[u8] = include_bytes!("../samples/clip.webm");
const SOUND_MP4: &[u8] = include_bytes!("../samples/sound-only.mp4");
const SOUND_WEBM: &[u8] = include_bytes!("../samples/sound-only.webm");

#[tokio::test]
async fn true_contents_are_measured() {
    let folder = Folder::new();
    let jpeg = encoded(ImageFormat::Jpeg, 64, 48);
    let png = encoded(ImageFormat::Png, 33, 17);
    let webp = encoded(ImageFormat::WebP, 20, 10);
    let table = [
        (jpeg.clone(), photo(), "image/jpeg", 64, 48, None),
        (turned(&jpeg), photo(), "image/jpeg", 48, 64, None),
        (png, photo(), "image/png", 33, 17, None),
        (webp, photo(), "image/webp", 20, 10, None),
        (PLAIN.to_vec(), video(), "video/mp4", 480, 360, Some(4000)),
        (FRAGMENTED.to_vec(), video(), "video/mp4", 160, 120, Some(2000)),
        (UPRIGHT.to_vec(), video(), "video/mp4", 120, 160, Some(2000)),
        (MOV.to_vec(), video(), "video/quicktime", 160, 120, Some(2000)),
        (WEBM.to_vec(), video(), "video/webm", 160, 120, Some(2000)),
    ];
    for (bytes, terms, mime_type, width, height, duration_ms) in table {
        let received = folder.receive(bytes, terms).await;
        let facts = received.unwrap_or_else(|error| panic!("{mime_type}: {error}")).facts;
        assert_eq!((facts.mime_type, facts.width, facts.height), (mime_type, width, height));
        assert_eq!(facts.duration_ms, duration_ms, "{mime_type}");
    }
}

/// The same picture as a phone held upright stores it: lying, with a note to turn it.
fn turned(jpeg: &[u8]) -> Vec<u8> {
    let note = b"\xFF\xE1\x00\x22Exif\0\0MM\0\x2A\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    [&jpeg[..2], note, &jpeg[2..]].concat()
}

#[tokio::test]
async fn false_contents_are_refused() {
    let folder = Folder::new();
    let jpeg = encoded(ImageFormat::Jpeg, 400, 300);
    let png = encoded(ImageFormat::Png, 400, 300);
    let webp = encoded(ImageFormat::WebP, 400, 300);
    let half = |bytes: &[u8]| bytes[..bytes.len() / 2].to_vec();
    let with_rubbish = |start: &[u8]| [start, &[0x5A; 2000]].concat();
    let gif = [b"GIF89a".as_slice(), &[0; 600]].concat();
    let photos: [(&str, Vec<u8>); 13] = [
        ("text", b"only words, whatever the name says".to_vec()),
        ("a page", b"<!doctype html><script>alert(1)</script>".to_vec()),
        ("a drawing with script", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>".to_vec()),
        ("a program", with_rubbish(b"\x7FELF")),
        ("an archive", with_rubbish(b"PK\x03\x04")),
        ("a document", with_rubbish(b"%PDF-1.7")),
        ("an animation", gif),
        ("a video", PLAIN.to_vec()),
        ("the head of a JPEG and rubbish", with_rubbish(&jpeg[..20])),
        ("the head of a PNG and rubbish", with_rubbish(&png[..33])),
        ("half a JPEG", half(&jpeg)),
        ("half a PNG", half(&png)),
        ("half a WebP", half(&webp)),
    ];
    for (what, bytes) in photos {
        assert!(folder.receive(bytes, photo()).await.is_err(), "{what} was taken for a photo");
    }
    let videos: [(&str, Vec<u8>); 9] = [
        ("text", b"only words, whatever the name says".to_vec()),
        ("a photo", jpeg),
        ("the head of an MP4 and rubbish", with_rubbish(&PLAIN[..32])),
        ("half an MP4", half(PLAIN)),
        ("an MP4 without pictures", SOUND_MP4.to_vec()),
        ("the head of a WebM and rubbish", with_rubbish(&WEBM[..40])),
        ("half a WebM", half(WEBM)),
        ("a WebM without pictures", SOUND_WEBM.to_vec()),
        ("boxes without end", [&PLAIN[..32], &b"\0\0\0\x08free".repeat(30_000)].concat()),
    ];
    for (what, bytes) in videos {
        assert!(folder.receive(bytes, video()).await.is_err(), "{what} was taken for a video");
    }
    folder.is_empty_in_the_end().await;
}

#[tokio::test]
async fn a_declared_type_must_be_true() {
    let folder = Folder::new();
    let jpeg = encoded(ImageFormat::Jpeg, 64, 48);
    let declared = |declared_type| Terms { declared_type: Some(declared_type), ..photo() };
    for fine in ["image/jpeg", "IMAGE/JPG", "image/jpeg; charset=binary", "application/octet-stream", ""] {
        assert!(folder.receive(jpeg.clone(), declared(fine)).await.is_ok(), "{fine}");
    }
    let other = folder.receive(jpeg.clone(), declared("image/png")).await.err();
    assert!(matches!(other, Some(ReceiveError::Mismatch { declared: "image/png", found: Some("image/jpeg") })));
    let text = folder.receive("only words", declared("image/jpeg")).await.err();
    assert!(matches!(text, Some(ReceiveError::Mismatch { declared: "image/jpeg", .. })));
    let unknown = folder.receive(jpeg, declared("image/tiff")).await.err();
    assert!(matches!(unknown, Some(ReceiveError::UnsupportedType { .. })));
    let undeclared = folder.receive("only words", photo()).await.err();
    assert!(matches!(undeclared, Some(ReceiveError::UnsupportedType { .. })));
    let empty = folder.receive("", photo()).await.err();
    assert!(matches!(empty, Some(ReceiveError::Empty)));
    let damaged = folder.receive(PLAIN[..5000].to_vec(), video()).await.err();
    assert!(matches!(damaged, Some(ReceiveError::Damaged { mime_type: "video/mp4" })));
}

#[tokio::test]
async fn a_bomb_of_pixels_is_refused_before_it_opens() {
    let folder = Folder::new();
    let mut png = encoded(ImageFormat::Png, 8, 8);
    // Width and height of the header, then its checksum.
    png[16..24].copy_from_slice(&[0, 0, 0x7F, 0xFF, 0, 0, 0x7F, 0xFF]);
    let checksum = crc32(&png[12..29]);
    png[29..33].copy_from_slice(&checksum.to_be_bytes());
    let refused = folder.receive(png, photo()).await.err();
    assert!(matches!(refused, Some(ReceiveError::TooManyPixels { .. })), "{refused:?}");
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes
        .iter()
        .fold(u32::MAX, |sum, byte| (0..8).fold(sum ^ u32::from(*byte), |sum, _| sum >> 1 ^ (0xEDB8_8320 * (sum & 1))))
}

#[tokio::test]
async fn no_flipped_byte_breaks_the_readers() {
    let store = Store::over(Arc::new(InMemory::new()));
    for sample in [FRAGMENTED, MOV, WEBM] {
        for position in 0..sample.len() {
            for value in [0, 1, 0x7F, 0xFF] {
                let mut bytes = sample.to_vec();
                bytes[position] = value;
                let outcome = store.receive(pieces(&bytes), video()).await;
                let ours = matches!(outcome, Err(ReceiveError::Storage(_)));
                assert!(!ours, "byte {position} as {value}");
            }
        }
    }
}
