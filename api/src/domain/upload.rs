//! Uploads: taking a file, and using what it became.

use std::error::Error as StdError;
use std::sync::Arc;

use arvlite_db::models::{Company, Media, NewMedia, NewUpload, Upload, UploadKind, UploadStatus};
use arvlite_db::{DbError, Entity};
use bytes::Bytes;
use chrono::TimeDelta;
use futures_util::Stream;
use serde::Serialize;

use super::execute::{execute, require};
use super::{Changed, Checks, Command, Error, Executed, Problem, ProblemCode, Result, Work};
use crate::app::App;
use crate::auth::{Permission, Readable, Viewer};
use crate::global_id::NodeId;
use crate::monitoring::spawn;
use crate::storage::{self, MediaFacts, ReceiveError, StoredObject, Terms};

/// How long an upload can be used.
const LIFETIME: TimeDelta = TimeDelta::hours(24);

/// What a received file is answered with.
pub type Received = Changed<Upload>;

/// A file on its way in.
pub struct IncomingFile<S> {
    /// The name that the client gives it: only data.
    pub name: String,
    /// What the client says it is.
    pub declared_type: Option<String>,
    /// Its bytes, as they arrive.
    pub bytes: S,
}

/// Takes a file whole: refuses a caller who may not before the first byte is read, and a file that is too large or of
/// another kind as soon as that shows. Nothing of a refused file stays.
///
/// # Errors
/// When the caller may not, or the file is refused.
pub async fn receive<S, E>(
    app: &Arc<App>,
    viewer: &Viewer,
    company_id: NodeId<Company>,
    kind: UploadKind,
    file: IncomingFile<S>,
    key: Option<String>,
) -> Result<Received>
where
    S: Stream<Item = std::result::Result<Bytes, E>> + Send,
    E: Into<Box<dyn StdError + Send + Sync>>,
{
    let mut checks = Checks::default();
    let filename = checks.text("file", &file.name, 255);
    checks.finish()?;
    let company = may_upload_to(app, viewer, company_id).await?;
    let max_bytes = match kind {
        UploadKind::Photo => app.config.limits.photo_bytes,
        UploadKind::Video => app.config.limits.video_bytes,
    };
    let IncomingFile { declared_type, bytes, .. } = file;
    let terms = Terms { kind: stored_kind(kind), max_bytes, declared_type: declared_type.as_deref() };
    let received = app.store.receive(bytes, terms).await.map_err(refusal)?;
    let (app, viewer) = (Arc::clone(app), viewer.clone());
    // In a task of its own: what happens to the object is settled even if nobody waits for the answer any more.
    let settled = spawn(async move {
        let StoredObject { key: object_key, facts } = received.keep(company.id).await.map_err(Error::internal)?;
        let declared_type = declared_type.unwrap_or_else(|| facts.mime_type.to_owned());
        let command = UploadFile { company_id, kind, filename, declared_type, facts, object_key: object_key.clone() };
        let kept = execute(&app, &viewer, command, key).await;
        if is_orphan(&app, &viewer, &kept, &object_key).await
            && let Err(error) = app.store.delete(&object_key).await
        {
            tracing::warn!(%error, "an object that nobody needs could not be deleted");
        }
        match kept? {
            Executed::Done(changed) => Ok(changed),
            Executed::Valid(_) => Err(Error::NotFound),
        }
    });
    settled.await.map_err(Error::ended_early)?
}

/// Whether it is certain that no row points to the object. Where a commit got lost nobody knows: an object too many
/// harms nobody, one too few darkens a printed code.
async fn is_orphan(app: &App, viewer: &Viewer, kept: &Result<Executed<Received>>, object_key: &str) -> bool {
    match kept {
        Ok(Executed::Done(changed)) => {
            matches!(media_key(app, viewer, &changed.row).await, Ok(key) if key.as_deref() != Some(object_key))
        }
        Err(Error::Db(_) | Error::Internal(_)) => false,
        Ok(Executed::Valid(_)) | Err(_) => true,
    }
}

/// The company that an upload goes to, if the caller may send bytes there.
async fn may_upload_to(app: &App, viewer: &Viewer, company_id: NodeId<Company>) -> Result<Company> {
    require(viewer, Permission::WriteUploads)?;
    if let Some(company) = live_company(app, viewer, Permission::WriteUploads, company_id).await? {
        return Ok(company);
    }
    Err(match live_company(app, viewer, Company::NEEDS, company_id).await? {
        Some(_) => Error::refused(ProblemCode::NotAllowed, "companyId", "is not yours to change"),
        None => Error::refused(ProblemCode::NotFound, "companyId", "was not found"),
    })
}

/// The company, if it lives and the permission is open to the caller there.
async fn live_company(
    app: &App,
    viewer: &Viewer,
    permission: Permission,
    company_id: NodeId<Company>,
) -> Result<Option<Company>> {
    let session = app.db.session(viewer.scope(permission));
    let company = Company::by_ids(&session, &[company_id.number()]).await?.pop();
    Ok(company.filter(|company| company.deleted_at.is_none()))
}

/// Where the bytes of an upload are.
async fn media_key(app: &App, viewer: &Viewer, upload: &Upload) -> std::result::Result<Option<String>, DbError> {
    let session = app.db.session(viewer.scope(Permission::WriteUploads));
    let media = Media::by_ids(&session, upload.media_id.as_slice()).await?.pop();
    Ok(media.map(|media| media.key))
}

fn stored_kind(kind: UploadKind) -> storage::UploadKind {
    match kind {
        UploadKind::Photo => storage::UploadKind::Photo,
        UploadKind::Video => storage::UploadKind::Video,
    }
}

/// Why a file is not taken, as something that a user can mend.
fn refusal(error: ReceiveError) -> Error {
    let code = match &error {
        ReceiveError::UnsupportedType { .. } | ReceiveError::Damaged { .. } => ProblemCode::UnsupportedMedia,
        ReceiveError::Mismatch { .. } => ProblemCode::MediaMismatch,
        ReceiveError::TooLarge { .. } | ReceiveError::TooManyPixels { .. } => ProblemCode::TooLarge,
        ReceiveError::Empty | ReceiveError::Interrupted(_) => ProblemCode::Invalid,
        ReceiveError::Storage(_) => return Error::internal(error),
    };
    Error::refused(code, "file", error.to_string())
}

/// The write that makes a received file an upload.
#[derive(Debug, Serialize)]
struct UploadFile {
    company_id: NodeId<Company>,
    kind: UploadKind,
    filename: String,
    declared_type: String,
    #[serde(serialize_with = "digest_of")]
    facts: MediaFacts,
    // Random, so no part of what makes two writes alike.
    #[serde(skip)]
    object_key: String,
}

fn digest_of<S: serde::Serializer>(facts: &MediaFacts, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.serialize_str(&facts.sha256)
}

impl Command for UploadFile {
    const NAME: &'static str = "uploadFile";
    const NEEDS: Permission = Permission::WriteUploads;
    type Outcome = Changed<Upload>;

    fn validate_only(&self) -> bool {
        false
    }

    async fn run(&self, work: &Work<'_>) -> Result<Changed<Upload>> {
        let company = work.parent("companyId", self.company_id).await?;
        let facts = &self.facts;
        let media = NewMedia {
            company_id: company.id,
            name: format!("{:032x}", rand::random::<u128>()),
            key: self.object_key.clone(),
            mime_type: facts.mime_type.to_owned(),
            size_bytes: facts.size_bytes,
            sha256: facts.sha256.clone(),
            width: Some(facts.width),
            height: Some(facts.height),
            duration_ms: facts.duration_ms,
            created_at: work.now,
        };
        let media = Media::insert(work, &media).await?;
        let upload = NewUpload {
            company_id: company.id,
            kind: self.kind,
            status: UploadStatus::Ready,
            filename: self.filename.clone(),
            declared_mime_type: self.declared_type.chars().take(100).collect(),
            declared_size_bytes: facts.size_bytes,
            received_bytes: facts.size_bytes,
            media_id: Some(media.id),
            expires_at: work.now + LIFETIME,
            created_at: work.now,
        };
        Ok(Changed::created(Upload::insert(work, &upload).await?))
    }
}

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
