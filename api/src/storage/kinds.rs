//! What may be uploaded: the one table of types and sizes.

/// What an upload is meant to become.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UploadKind {
    /// The picture that is printed and recognised.
    Photo,
    /// The video that plays over it.
    Video,
}

impl UploadKind {
    /// The folder of a company that its objects are in.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Photo => "photos",
            Self::Video => "videos",
        }
    }

    /// The MIME types that this kind accepts.
    pub fn mime_types(self) -> &'static [&'static str] {
        match self {
            Self::Photo => &["image/jpeg", "image/png", "image/webp"],
            Self::Video => &["video/mp4", "video/webm", "video/quicktime"],
        }
    }

    /// The accepted type that a client means by its words, if any: parameters, case and old names aside.
    pub(super) fn accepted(self, mime_type: &str) -> Option<&'static str> {
        let essence = mime_type.split(';').next().unwrap_or_default().trim();
        let name = essence.to_ascii_lowercase();
        let canonical = match name.as_str() {
            "image/jpg" | "image/pjpeg" => "image/jpeg",
            "video/x-m4v" => "video/mp4",
            other => other,
        };
        let mut types = self.mime_types().iter().copied();
        types.find(|accepted| *accepted == canonical)
    }
}

/// The largest upload of each kind, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UploadLimits {
    /// For photos.
    pub photo_bytes: u64,
    /// For videos.
    pub video_bytes: u64,
}

/// A megabyte here is 1,048,576 bytes: a file that a person's computer shows as "10 MB" in either counting is taken.
const MEGABYTE: u64 = 1024 * 1024;

impl UploadLimits {
    /// No configuration may raise the limit of videos above this.
    pub const MOST_VIDEO_BYTES: u64 = 500 * MEGABYTE;

    /// The limit of one kind.
    pub fn of(&self, kind: UploadKind) -> u64 {
        match kind {
            UploadKind::Photo => self.photo_bytes,
            UploadKind::Video => self.video_bytes,
        }
    }
}

impl Default for UploadLimits {
    fn default() -> Self {
        Self { photo_bytes: 10 * MEGABYTE, video_bytes: 100 * MEGABYTE }
    }
}
