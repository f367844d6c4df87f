//! The way of an upload: a stream of bytes becomes a temporary object, and that, once it proved good, a kept one.
//!
//! Size, type and hash are found while the bytes pass, so that a refusal comes early and nothing is read twice;
//! only then is the whole file opened and measured.

use std::error::Error;
use std::pin::pin;

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use object_store::path::Path;
use sha2::{Digest, Sha256};

use super::probe::{self, Measures};
use super::temporary::Temporary;
use super::{StorageError, Store, UploadKind, random_name};

/// All types that we accept show themselves within this many bytes.
const HEAD_BYTES: usize = 512;

/// What an upload must fulfil.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    /// What it is meant to become.
    pub kind: UploadKind,
    /// More bytes than this are refused, see [`UploadLimits`](super::UploadLimits).
    pub max_bytes: u64,
    /// The MIME type that the client declared, if it did.
    pub declared_type: Option<&'a str>,
}

/// What is known of a received file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaFacts {
    /// Its length.
    pub size_bytes: i64,
    /// The SHA-256 of its bytes in lower-case hex.
    pub sha256: String,
    /// Its type by content.
    pub mime_type: &'static str,
    /// How wide it is shown, in pixels.
    pub width: i32,
    /// How high it is shown, in pixels.
    pub height: i32,
    /// How long it plays; `None` for photos and for videos that do not say.
    pub duration_ms: Option<i64>,
}

/// A received file that nobody has claimed: dropping it removes its bytes.
pub struct Received {
    /// What is known of it.
    pub facts: MediaFacts,
    kind: UploadKind,
    temporary: Temporary,
}

impl Received {
    /// Moves the bytes to a lasting random key of the company. A caller whose row then fails deletes the object.
    pub async fn keep(self, company_id: i64) -> Result<StoredObject, StorageError> {
        let key = Path::from_iter([&company_id.to_string(), self.kind.folder(), &random_name()]);
        self.temporary.rename(key.clone()).await?;
        Ok(StoredObject { key: key.into(), facts: self.facts })
    }
}

impl std::fmt::Debug for Received {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.facts.fmt(f)
    }
}

/// A kept object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredObject {
    /// Where it is: the company, the folder of its kind, then 128 random bits in hex.
    pub key: String,
    /// What is known of it.
    pub facts: MediaFacts,
}

/// Why an upload was not taken. The words are fit for a client.
#[derive(Debug, thiserror::Error)]
pub enum ReceiveError {
    /// There was not a single byte.
    #[error("the file is empty")]
    Empty,
    /// The file is longer than allowed.
    #[error("the file is larger than {limit_bytes} bytes")]
    TooLarge {
        /// How many bytes are allowed.
        limit_bytes: u64,
    },
    /// Neither the content nor the declared type is one that this kind accepts.
    #[error("this type of file is not supported; supported are {}", .supported.join(", "))]
    UnsupportedType {
        /// What is accepted instead.
        supported: &'static [&'static str],
    },
    /// The content is not what the client declared.
    #[error("the file is declared as {declared}, but its content is {}", .found.unwrap_or("something else"))]
    Mismatch {
        /// The declared type.
        declared: &'static str,
        /// The type by content, if it is one that we know.
        found: Option<&'static str>,
    },
    /// It begins like a supported file and cannot be shown: damaged, cut off, or without pictures.
    #[error("the file begins like {mime_type}, but it is damaged or incomplete")]
    Damaged {
        /// The type by its first bytes.
        mime_type: &'static str,
    },
    /// A photo of more pixels than can be handled safely.
    #[error("the photo has more than {limit_megapixels} megapixels")]
    TooManyPixels {
        /// How many are allowed.
        limit_megapixels: u64,
    },
    /// The sender went away or its stream failed.
    #[error("the upload was interrupted")]
    Interrupted(#[source] Box<dyn Error + Send + Sync>),
    /// Our side failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl From<object_store::Error> for ReceiveError {
    fn from(error: object_store::Error) -> Self {
        Self::Storage(error.into())
    }
}

impl Store {
    /// Takes a file in. Memory stays bounded whatever its size; if it is refused, or the caller goes away,
    /// nothing of it remains.
    pub async fn receive<S, E>(&self, stream: S, terms: Terms<'_>) -> Result<Received, ReceiveError>
    where
        S: Stream<Item = Result<Bytes, E>>,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        let mut stream = pin!(stream);
        let mut intake = Intake::new(terms);
        let mut temporary = Temporary::create(self).await?;
        while let Some(chunk) = stream.next().await {
            let chunk = chunk.map_err(|error| ReceiveError::Interrupted(error.into()))?;
            intake.take(&chunk)?;
            while let Some(part) = intake.next_part(self.part_bytes) {
                temporary.write(part).await?;
            }
        }
        let (mime_type, rest) = intake.end()?;
        if !rest.is_empty() {
            temporary.write(rest).await?;
        }
        let temporary = temporary.finish().await?;

        let measures = probe::measure(self, temporary.key(), mime_type).await?;
        Ok(Received { facts: intake.facts(mime_type, measures), kind: terms.kind, temporary })
    }
}

/// What has been learnt of the bytes so far, and those not yet written.
struct Intake<'a> {
    terms: Terms<'a>,
    mime_type: Option<&'static str>,
    size: u64,
    hash: Sha256,
    unwritten: BytesMut,
}

impl<'a> Intake<'a> {
    fn new(terms: Terms<'a>) -> Self {
        Self { terms, mime_type: None, size: 0, hash: Sha256::new(), unwritten: BytesMut::new() }
    }

    fn take(&mut self, chunk: &[u8]) -> Result<(), ReceiveError> {
        self.size += chunk.len() as u64;
        if self.size > self.terms.max_bytes {
            return Err(ReceiveError::TooLarge { limit_bytes: self.terms.max_bytes });
        }
        self.hash.update(chunk);
        // Copied, because a small chunk may hold on to the large buffer that it was cut from.
        self.unwritten.extend_from_slice(chunk);
        if self.mime_type.is_none() && self.unwritten.len() >= HEAD_BYTES {
            self.mime_type = Some(type_by_content(&self.unwritten, self.terms)?);
        }
        Ok(())
    }

    fn next_part(&mut self, part_bytes: usize) -> Option<Bytes> {
        (self.unwritten.len() >= part_bytes).then(|| self.unwritten.split_to(part_bytes).freeze())
    }

    fn end(&mut self) -> Result<(&'static str, Bytes), ReceiveError> {
        if self.size == 0 {
            return Err(ReceiveError::Empty);
        }
        let rest = self.unwritten.split().freeze();
        let mime_type = match self.mime_type {
            Some(found) => found,
            None => type_by_content(&rest, self.terms)?,
        };
        Ok((mime_type, rest))
    }

    fn facts(self, mime_type: &'static str, measures: Measures) -> MediaFacts {
        MediaFacts {
            size_bytes: self.size.cast_signed(),
            sha256: self.hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect(),
            mime_type,
            width: measures.width,
            height: measures.height,
            duration_ms: measures.duration_ms,
        }
    }
}

/// A declared type that is unsupported is told as such, one that is supported must be true.
fn type_by_content(head: &[u8], terms: Terms<'_>) -> Result<&'static str, ReceiveError> {
    let supported = terms.kind.mime_types();
    let found = infer::get(head).map(|found| found.mime_type());
    let accepted = found.and_then(|found| terms.kind.accepted(found));
    // Browsers send the second where they do not know.
    let declared =
        terms.declared_type.filter(|declared| !declared.is_empty() && *declared != "application/octet-stream");
    let Some(declared) = declared else {
        return accepted.ok_or(ReceiveError::UnsupportedType { supported });
    };
    let declared = terms.kind.accepted(declared).ok_or(ReceiveError::UnsupportedType { supported })?;
    match accepted {
        Some(accepted) if accepted == declared => Ok(accepted),
        _ => Err(ReceiveError::Mismatch { declared, found }),
    }
}
