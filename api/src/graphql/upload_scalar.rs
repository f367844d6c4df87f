//! The scalar `Upload`: a file that comes beside the operation, as the multipart request specification has it.
//!
//! Its value is a marker which neither JSON nor a document can spell, so that a client cannot make one up: only the
//! reader of multipart requests puts it where a file belongs. The file itself is in the request's data, once.

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::registry::{MetaType, MetaTypeId, Registry};
use async_graphql::{Context, InputType, InputValueError, InputValueResult, Value};
use bytes::Bytes;
use futures_util::stream::BoxStream;

use crate::domain::{Error, Result};

/// Where an input has a file.
#[derive(Debug, Clone, Copy)]
pub struct Upload;

/// A file as it comes in. Its name and type are what the client says.
pub struct UploadedFile {
    /// The client's name of it.
    pub name: Option<String>,
    /// The type that the client declares.
    pub content_type: Option<String>,
    /// The bytes: whoever reads them reads the network.
    pub bytes: BoxStream<'static, io::Result<Bytes>>,
}

/// The file of a request, until somebody takes it.
pub struct UploadSlot(Mutex<Option<UploadedFile>>);

impl UploadSlot {
    /// Holds a file for whoever takes it.
    #[must_use]
    pub fn new(file: UploadedFile) -> Self {
        Self(Mutex::new(Some(file)))
    }
}

impl Upload {
    /// The value that stands for the file.
    #[must_use]
    pub fn marker() -> Value {
        Value::Binary(Bytes::new())
    }

    /// The file itself.
    ///
    /// # Errors
    /// When another field of the same request took it.
    pub fn take(self, ctx: &Context<'_>) -> Result<UploadedFile> {
        let slot = ctx.data_opt::<UploadSlot>();
        let file = slot.and_then(|slot| slot.0.lock().unwrap_or_else(PoisonError::into_inner).take());
        file.ok_or_else(|| Error::bad_request("file", "one file serves one field"))
    }
}

impl InputType for Upload {
    type RawValueType = Self;

    fn type_name() -> Cow<'static, str> {
        Cow::Borrowed("Upload")
    }

    fn create_type_info(registry: &mut Registry) -> String {
        registry.create_input_type::<Self, _>(MetaTypeId::Scalar, |_| MetaType::Scalar {
            name: Self::type_name().into_owned(),
            description: Some(
                "A file sent beside the operation: `multipart/form-data` with the parts `operations`, `map` and the \
                 file, and the header `GraphQL-Require-Preflight: 1`. One file a request."
                    .to_owned(),
            ),
            is_valid: Some(Arc::new(|value| matches!(value, Value::Binary(_)))),
            visible: None,
            inaccessible: false,
            tags: Vec::new(),
            specified_by_url: Some("https://github.com/jaydenseric/graphql-multipart-request-spec".to_owned()),
            directive_invocations: Vec::new(),
            requires_scopes: Vec::new(),
        })
    }

    fn parse(value: Option<Value>) -> InputValueResult<Self> {
        match value {
            Some(Value::Binary(_)) => Ok(Self),
            _ => Err(InputValueError::custom("send the file as a part of multipart/form-data")),
        }
    }

    fn to_value(&self) -> Value {
        Value::Null
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }
}

impl fmt::Debug for UploadedFile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("UploadedFile").field("name", &self.name).finish_non_exhaustive()
    }
}
