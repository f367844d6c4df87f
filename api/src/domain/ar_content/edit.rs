//! Changing an order, and the operator's choice of what it plays.

use arvlite_db::Editable;
use arvlite_db::models::{ArContent, ArContentEdit, ArContentStatus, Client, Folder, Upload, UploadKind, Video};
use async_graphql::{InputObject, Json, MaybeUndefined};
use serde::Serialize;

use super::{check_metadata, check_places, status_with};
use crate::auth::Permission;
use crate::domain::edit::refuse_stale;
use crate::domain::upload::ready_media;
use crate::domain::{Changed, Checks, Command, Error, ProblemCode, Result, Work, oddities};
use crate::global_id::NodeId;

/// What is to become of an order: a field that is not given stays as it is.
#[derive(Debug, Clone, Default, Serialize, InputObject)]
#[graphql(name = "ArContentUpdateInput")]
pub struct ArContentUpdate {
    /// The order.
    pub id: NodeId<ArContent>,
    /// The version that the caller has read: a later one is refused.
    pub expected_version: Option<i32>,
    /// The studio's number, of 1 to 50 characters, unique in the project.
    #[serde(skip_serializing_if = "MaybeUndefined::is_undefined")]
    pub order_number: MaybeUndefined<String>,
    /// For whom it is made; null for nobody.
    #[serde(skip_serializing_if = "MaybeUndefined::is_undefined")]
    pub customer_name: MaybeUndefined<String>,
    /// Their telephone number; null for none.
    #[serde(skip_serializing_if = "MaybeUndefined::is_undefined")]
    pub customer_phone: MaybeUndefined<String>,
    /// Their e-mail address; null for none.
    #[serde(skip_serializing_if = "MaybeUndefined::is_undefined")]
    pub customer_email: MaybeUndefined<String>,
    /// The client of the same studio who ordered it; null for none.
    #[serde(skip_serializing_if = "MaybeUndefined::is_undefined")]
    pub client_id: MaybeUndefined<NodeId<Client>>,
    /// The folder of its project that it lies in; null for none.
    #[serde(skip_serializing_if = "MaybeUndefined::is_undefined")]
    pub folder_id: MaybeUndefined<NodeId<Folder>>,
    /// Puts it away, so that its code says so, or (false) takes it back.
    #[serde(skip_serializing_if = "MaybeUndefined::is_undefined")]
    pub archived: MaybeUndefined<bool>,
    /// Whatever the studio keeps with it, in place of what it kept: an object of at most 16 KiB.
    #[serde(skip_serializing_if = "MaybeUndefined::is_undefined")]
    pub metadata: MaybeUndefined<Json<serde_json::Value>>,
    /// The upload of its photo, in place of the one before; null for none.
    #[serde(skip_serializing_if = "MaybeUndefined::is_undefined")]
    pub photo_upload_id: MaybeUndefined<NodeId<Upload>>,
    /// Only try: nothing is stored.
    #[graphql(default)]
    pub validate_only: bool,
}

impl Command for ArContentUpdate {
    const NAME: &'static str = "arContentUpdate";
    const NEEDS: Permission = Permission::WriteContent;
    type Outcome = Changed<ArContent>;

    fn validate_only(&self) -> bool {
        self.validate_only
    }

    async fn run(&self, work: &Work<'_>) -> Result<Changed<ArContent>> {
        let mut checks = Checks::default();
        let order_number = checks.required("orderNumber", &self.order_number);
        let order_number = order_number.map(|number| checks.text("orderNumber", number, 50));
        let customer_name = self.customer_name.as_opt_deref();
        let customer_name = customer_name.map(|name| checks.optional_text("customerName", name, 255));
        let customer_phone = self.customer_phone.as_opt_deref();
        let customer_phone = customer_phone.map(|phone| checks.optional_text("customerPhone", phone, 50));
        let customer_email = self.customer_email.as_opt_deref();
        let customer_email = customer_email.map(|email| checks.optional_email("customerEmail", email));
        let archived = checks.required("archived", &self.archived).copied();
        let metadata = checks.required("metadata", &self.metadata);
        check_metadata(&mut checks, metadata);
        checks.finish()?;
        let folder = work.optional_parent("folderId", self.folder_id.value().copied()).await?;
        let client = work.optional_parent("clientId", self.client_id.value().copied()).await?;
        let content = work.target("id", self.id).await?;
        check_places(content.company_id, content.project_id, folder.as_ref(), client.as_ref())?;
        let photo_media_id = match self.photo_upload_id {
            MaybeUndefined::Undefined => content.photo_media_id,
            MaybeUndefined::Null => None,
            MaybeUndefined::Value(id) => {
                let photo = ready_media(work, &["photoUploadId"], id, UploadKind::Photo, content.company_id);
                Some(photo.await?.1)
            }
        };
        let status = match (archived, content.status) {
            (Some(true), _) => ArContentStatus::Archived,
            (Some(false), ArContentStatus::Archived) | (_, ArContentStatus::Pending) => {
                status_with(work, &content, photo_media_id).await?
            }
            (_, status) => status,
        };
        let is = content.edit();
        let wanted = ArContentEdit {
            folder_id: if self.folder_id.is_undefined() { is.folder_id } else { folder.map(|folder| folder.id) },
            client_id: if self.client_id.is_undefined() { is.client_id } else { client.map(|client| client.id) },
            active_video_id: is.active_video_id,
            photo_media_id,
            order_number: order_number.unwrap_or(is.order_number),
            customer_name: customer_name.unwrap_or(is.customer_name),
            customer_phone: customer_phone.unwrap_or(is.customer_phone),
            customer_email: customer_email.unwrap_or(is.customer_email),
            status,
            content_metadata: metadata.map_or(is.content_metadata, |metadata| metadata.0.clone()),
        };
        refuse_stale(&content, &wanted, self.expected_version)?;
        let mut changed = work.edit(content, &wanted).await?;
        if let Some(before) = &changed.before {
            changed.warnings.extend(oddities::of_content(work, before, &changed.row).await?);
        }
        Ok(changed)
    }
}

/// The operator's choice of what an order plays.
#[derive(Debug, Clone, Default, Serialize, InputObject)]
#[graphql(name = "ArContentPinVideoInput")]
pub struct ArContentPinVideo {
    /// The order.
    pub id: NodeId<ArContent>,
    /// The video; null removes the choice. It must be given.
    pub video_id: MaybeUndefined<NodeId<Video>>,
    /// The version that the caller has read: a later one is refused.
    pub expected_version: Option<i32>,
    /// Only try: nothing is stored.
    #[graphql(default)]
    pub validate_only: bool,
}

impl Command for ArContentPinVideo {
    const NAME: &'static str = "arContentPinVideo";
    const NEEDS: Permission = Permission::WriteSchedules;
    type Outcome = Changed<ArContent>;

    fn validate_only(&self) -> bool {
        self.validate_only
    }

    async fn run(&self, work: &Work<'_>) -> Result<Changed<ArContent>> {
        if self.video_id.is_undefined() {
            let message = "give a video, or null to remove the choice";
            return Err(Error::refused(ProblemCode::Required, "videoId", message));
        }
        let content = work.target("id", self.id).await?;
        let video = work.optional_parent("videoId", self.video_id.value().copied()).await?;
        if video.as_ref().is_some_and(|video| video.ar_content_id != content.id) {
            return Err(Error::refused(ProblemCode::NotFound, "videoId", "is not a video of this order"));
        }
        let chosen = video.as_ref().map(|video| video.id);
        let wanted = ArContentEdit { active_video_id: chosen, ..content.edit() };
        refuse_stale(&content, &wanted, self.expected_version)?;
        let mut changed = work.edit(content, &wanted).await?;
        changed.warnings.extend(video.and_then(|video| oddities::of_pin(&video, work.now)));
        Ok(changed)
    }
}
