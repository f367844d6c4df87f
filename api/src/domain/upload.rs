//! Uploads: taking a file, and using what it became.

use arvlite_db::models::{Upload, UploadKind, UploadStatus};

use super::{Error, Problem, ProblemCode, Result, Work};
use crate::global_id::NodeId;

/// The upload that an input names and the object that it became: of this kind, of this company, and ready.
///
/// # Errors
/// When there is no such upload or it cannot be used.
pub(super) async fn ready_media(
    work: &Work<'_>,
    field: &[&str],
    id: NodeId<Upload>,
    kind: UploadKind,
    company_id: i64,
) -> Result<(Upload, i64)> {
    let refused = |code, message: &str| Error::from(Problem::new(code, field.iter().copied(), message));
    let upload = work.find::<Upload>(id).await?;
    let upload = upload.filter(|upload| upload.company_id == company_id && upload.expires_at > work.now);
    let upload = upload.ok_or_else(|| refused(ProblemCode::NotFound, "was not found, or has expired"))?;
    if upload.kind != kind {
        return Err(refused(ProblemCode::MediaMismatch, "is an upload of another kind"));
    }
    match (upload.status, upload.media_id) {
        (UploadStatus::Ready, Some(media_id)) => Ok((upload, media_id)),
        _ => Err(refused(ProblemCode::Invalid, "is not ready")),
    }
}
