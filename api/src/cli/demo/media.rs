//! The photos and videos of the demo studio, carried in the binary.

type Files = &'static [(&'static str, &'static [u8])];

macro_rules! embedded {
    ($($name:literal)*) => {
        &[$(($name, include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/demo/", $name)))),*]
    };
}

const PHOTOS: Files = embedded![
    "alpine-lake.jpg"
    "aurora.jpg"
    "autumn-forest.jpg"
    "balloons.jpg"
    "birthday-cake.jpg"
    "cherry-blossom.jpg"
    "desert-dunes.jpg"
    "ferris-wheel.jpg"
    "fireworks.jpg"
    "harbour.jpg"
    "hot-cocoa.jpg"
    "koi-pond.jpg"
    "lemons.jpg"
    "lighthouse.jpg"
    "misty-mountains.jpg"
    "night-skyline.jpg"
    "old-bridge.jpg"
    "old-town-street.jpg"
    "palm-beach.jpg"
    "paper-lanterns.jpg"
    "snow-village.jpg"
    "tulip-field.jpg"
    "vase-of-flowers.jpg"
    "waterfall.jpg"
];

const VIDEOS: Files = embedded![
    "aurora-dance.mp4"
    "balloons-rising.mp4"
    "birthday-candles.mp4"
    "fireworks-show.mp4"
    "harbour-sunrise.mp4"
    "koi-swimming.mp4"
    "lanterns-rising.mp4"
    "snowfall.mp4"
];

/// The photos: file name and bytes, all JPEG.
pub fn photos() -> impl Iterator<Item = (&'static str, &'static [u8])> {
    PHOTOS.iter().copied()
}

/// The videos: file name and bytes, all MP4.
pub fn videos() -> impl Iterator<Item = (&'static str, &'static [u8])> {
    VIDEOS.iter().copied()
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use bytes::Bytes;
    use futures_util::stream;

    use super::*;
    use crate::storage::{Store, Terms, UploadKind};

    #[test]
    fn every_file_is_listed_and_all_are_small() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/demo");
        let files = std::fs::read_dir(folder).expect("the folder").flatten();
        let names = files.map(|file| file.file_name().to_string_lossy().into_owned());
        let mut present: Vec<String> = names.filter(|name| name != "README.md").collect();
        let mut listed: Vec<&str> = photos().chain(videos()).map(|(name, _)| name).collect();
        present.sort();
        listed.sort_unstable();
        assert_eq!(listed, present);
        let bytes: usize = photos().chain(videos()).map(|(_, bytes)| bytes.len()).sum();
        assert!(bytes < 2_500_000);
    }
    #[tokio::test]
    async fn every_file_passes_as_an_upload() {
        let store = Store::over(std::sync::Arc::new(object_store::memory::InMemory::new()));
        let photos = photos().map(|file| (file, UploadKind::Photo));
        let videos = videos().map(|file| (file, UploadKind::Video));
        for ((name, bytes), kind) in photos.chain(videos) {
            let terms = Terms { kind, max_bytes: 200_000, declared_type: None };
            let bytes = stream::iter([Ok::<_, Infallible>(Bytes::from_static(bytes))]);
            let received = store.receive(bytes, terms).await;
            assert!(received.is_ok(), "{name}: {:?}", received.err());
        }
    }
}
