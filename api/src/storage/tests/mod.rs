//! The store against a real folder. Start with [`Folder`].

mod contents;
mod receiving;

use std::convert::Infallible;
use std::path::PathBuf;

use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};

use super::{ReceiveError, Received, Store, Terms, UploadKind, UploadLimits, random_name};

/// A store in a folder of its own, which goes when the test ends.
struct Folder {
    path: PathBuf,
    store: Store,
}

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("arvlite-storage-{}", random_name()));
        let store = Store::local(&path).expect("a folder");
        Self { path, store }
    }

    async fn receive(&self, bytes: impl Into<Bytes>, terms: Terms<'_>) -> Result<Received, ReceiveError> {
        self.store.receive(pieces(&bytes.into()), terms).await
    }

    /// All files, whatever object_store thinks of them.
    fn files(&self) -> Vec<PathBuf> {
        let mut files = Vec::new();
        let mut folders = vec![self.path.clone()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
                let kind = entry.file_type().expect("a type");
                if kind.is_dir() { &mut folders } else { &mut files }.push(entry.path());
            }
        }
        files
    }

    /// Removal runs in the background, so this waits for it.
    async fn is_empty_in_the_end(&self) {
        let empty = async {
            while !self.files().is_empty() {
                tokio::task::yield_now().await;
            }
        };
        let waited = tokio::time::timeout(std::time::Duration::from_secs(20), empty).await;
        assert!(waited.is_ok(), "left behind: {:?}", self.files());
    }

    /// A file is closed by the thread that was at it last, which may be a moment after it is removed.
    async fn is_closed_in_the_end(&self) {
        let open = || {
            let handles = std::fs::read_dir("/proc/self/fd").expect("handles").flatten();
            let files = handles.filter_map(|handle| std::fs::read_link(handle.path()).ok());
            files.filter(|file| file.starts_with(&self.path)).collect::<Vec<_>>()
        };
        let closed = async {
            while !open().is_empty() {
                tokio::task::yield_now().await;
            }
        };
        let waited = tokio::time::timeout(std::time::Duration::from_secs(20), closed).await;
        assert!(waited.is_ok(), "still open: {:?}", open());
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.path));
    }
}

/// As a network brings them: in pieces of odd sizes.
fn pieces(bytes: &[u8]) -> impl Stream<Item = Result<Bytes, Infallible>> + use<> {
    let pieces: Vec<Bytes> = bytes.chunks(60_001).map(Bytes::copy_from_slice).collect();
    stream::iter(pieces).map(Ok)
}

fn photo() -> Terms<'static> {
    terms(UploadKind::Photo)
}

fn video() -> Terms<'static> {
    terms(UploadKind::Video)
}

fn terms(kind: UploadKind) -> Terms<'static> {
    Terms { kind, max_bytes: UploadLimits::default().of(kind), declared_type: None }
}

fn encoded(format: image::ImageFormat, width: u32, height: u32) -> Vec<u8> {
    let picture =
        image::RgbImage::from_fn(width, height, |x, y| image::Rgb([(x * 7) as u8, (y * 5) as u8, (x ^ y) as u8]));
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).expect("an encoded picture");
    bytes.into_inner()
}
