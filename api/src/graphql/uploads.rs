//! Files at the root of mutations.

use arvlite_db::models;
use async_graphql::{Context, InputObject};
use futures_util::TryStreamExt;

use super::context::ContextExt;
use super::error::Result;
use super::payload::{Payload, payload};
use super::types::MediaUpload;
use super::upload_scalar::Upload;
use crate::domain::Error;
use crate::domain::upload::{self, IncomingFile};
use crate::enums::UploadKind;
use crate::global_id::NodeId;

payload! {
    /// What became of a file.
    UploadPayload { upload: MediaUpload }
}

/// A small file in one request, by the GraphQL multipart request specification.
#[derive(Debug, Clone, InputObject)]
#[graphql(name = "UploadFileInput")]
pub struct UploadFile {
    /// The company that it belongs to.
    company_id: NodeId<models::Company>,
    /// What it is. A photo is JPEG, PNG or WebP; a video is MP4, WebM or QuickTime. `serviceLimits` tells how large.
    kind: UploadKind,
    /// The file. Its bytes must be of the type that it declares.
    file: Upload,
}

/// Takes a file while it arrives.
pub(super) async fn take(ctx: &Context<'_>, input: UploadFile) -> Result<UploadPayload> {
    let UploadFile { company_id, kind, file } = input;
    let file = file.take(ctx)?;
    let incoming = IncomingFile {
        name: file.name.unwrap_or_else(|| "file".to_owned()),
        declared_type: file.content_type,
        bytes: file.bytes.map_err(|error| Box::new(error) as Box<dyn std::error::Error + Send + Sync>),
    };
    let key = ctx.idempotency_key();
    match upload::receive(ctx.app(), ctx.viewer(), company_id, kind.into(), incoming, key).await {
        Ok(changed) => Ok(UploadPayload::done(changed)),
        Err(Error::Refused(problems)) => Ok(<UploadPayload as Payload<upload::Received>>::refused(problems)),
        Err(error) => Err(error.into()),
    }
}
