//! Orders: creating one; changing it, and the operator's choice of what it plays, are below.

use arvlite_db::models::{
    ArContent, ArContentStatus, Client, Folder, NewArContent, NewVideo, Project, Upload, UploadKind, Video, VideoStatus,
};
use async_graphql::{InputObject, Json};
use chrono::{DateTime, Months, Utc};
use rand::RngExt;
use serde::Serialize;
use uuid::Uuid;

use super::upload::ready_media;
use super::{Changed, Checks, Command, Error, Problem, ProblemCode, Result, Work};
use crate::auth::Permission;
use crate::global_id::NodeId;

mod edit;

pub use edit::{ArContentPinVideo, ArContentUpdate};

/// How long the JSON of an order's metadata may be, in bytes.
const LONGEST_METADATA: usize = 16 * 1024;
/// How many videos an order can be created with.
const MOST_VIDEOS: usize = 20;

/// A new order.
#[derive(Debug, Clone, Default, Serialize, InputObject)]
#[graphql(name = "ArContentCreateInput")]
pub struct ArContentCreate {
    /// The project.
    pub project_id: NodeId<Project>,
    /// The folder of the project that it lies in; none unless it is given.
    pub folder_id: Option<NodeId<Folder>>,
    /// The studio's number, of 1 to 50 characters, unique in the project. Made up unless it is given.
    pub order_number: Option<String>,
    /// The client of the same studio who ordered it.
    pub client_id: Option<NodeId<Client>>,
    /// For whom it is made.
    pub customer_name: Option<String>,
    /// Their telephone number.
    pub customer_phone: Option<String>,
    /// Their e-mail address.
    pub customer_email: Option<String>,
    /// How many calendar years its code plays: 1, 3 or 5.
    #[graphql(default = 1)]
    pub duration_years: i32,
    /// Whatever the studio keeps with it: an object of at most 16 KiB.
    pub metadata: Option<Json<serde_json::Value>>,
    /// The upload of its photo.
    pub photo_upload_id: Option<NodeId<Upload>>,
    /// The uploads of its videos, at most 20, in their order.
    pub video_upload_ids: Option<Vec<NodeId<Upload>>>,
    /// Only try: nothing is stored.
    #[graphql(default)]
    pub validate_only: bool,
}

impl Command for ArContentCreate {
    const NAME: &'static str = "arContentCreate";
    const NEEDS: Permission = Permission::WriteContent;
    type Outcome = Changed<ArContent>;

    fn validate_only(&self) -> bool {
        self.validate_only
    }

    async fn run(&self, work: &Work<'_>) -> Result<Changed<ArContent>> {
        let mut checks = Checks::default();
        let order_number = self.order_number.as_ref().map(|number| checks.text("orderNumber", number, 50));
        let customer_name = checks.optional_text("customerName", self.customer_name.as_deref(), 255);
        let customer_phone = checks.optional_text("customerPhone", self.customer_phone.as_deref(), 50);
        let customer_email = checks.optional_email("customerEmail", self.customer_email.as_deref());
        if !matches!(self.duration_years, 1 | 3 | 5) {
            checks.add(Problem::new(ProblemCode::Invalid, ["durationYears"], "must be 1, 3 or 5"));
        }
        check_metadata(&mut checks, self.metadata.as_ref());
        let video_uploads = self.video_upload_ids.clone().unwrap_or_default();
        if video_uploads.len() > MOST_VIDEOS {
            let message = format!("an order is created with at most {MOST_VIDEOS} videos");
            checks.add(Problem::new(ProblemCode::TooLarge, ["videoUploadIds"], message));
        }
        checks.finish()?;
        let project = work.parent("projectId", self.project_id).await?;
        let folder = work.optional_parent("folderId", self.folder_id).await?;
        let client = work.optional_parent("clientId", self.client_id).await?;
        check_places(project.company_id, project.id, folder.as_ref(), client.as_ref())?;
        let photo = match self.photo_upload_id {
            Some(id) => Some(ready_media(work, &["photoUploadId"], id, UploadKind::Photo, project.company_id).await?),
            None => None,
        };
        let mut videos = Vec::with_capacity(video_uploads.len());
        for (place, id) in video_uploads.into_iter().enumerate() {
            let field = ["videoUploadIds", &place.to_string()];
            videos.push(ready_media(work, &field, id, UploadKind::Video, project.company_id).await?);
        }
        let order_number = match order_number {
            Some(number) => number,
            None => free_number(work, project.id).await?,
        };
        let ready = photo.is_some() && !videos.is_empty();
        let new = NewArContent {
            company_id: project.company_id,
            project_id: project.id,
            folder_id: folder.map(|folder| folder.id),
            client_id: client.map(|client| client.id),
            photo_media_id: photo.map(|(_, media)| media),
            unique_id: Uuid::new_v4(),
            order_number,
            customer_name,
            customer_phone,
            customer_email,
            duration_years: self.duration_years,
            expires_at: years_after(work.now, self.duration_years),
            status: if ready { ArContentStatus::Ready } else { ArContentStatus::Pending },
            content_metadata: self.metadata.as_ref().map_or_else(|| serde_json::json!({}), |json| json.0.clone()),
            created_at: work.now,
            updated_at: work.now,
        };
        let content = ArContent::insert(work, &new).await?;
        for (place, (upload, media)) in (0..).zip(videos) {
            let video = NewVideo {
                company_id: content.company_id,
                ar_content_id: content.id,
                media_id: Some(media),
                filename: upload.filename,
                status: VideoStatus::Ready,
                is_active: true,
                rotation_order: place,
                subscription_end: None,
                created_at: work.now,
                updated_at: work.now,
            };
            Video::insert(work, &video).await?;
        }
        Ok(Changed::created(content))
    }
}

/// Refuses a folder of another project, and a client of another studio.
fn check_places(company_id: i64, project_id: i64, folder: Option<&Folder>, client: Option<&Client>) -> Result<()> {
    let mut checks = Checks::default();
    if folder.is_some_and(|folder| folder.project_id != project_id) {
        checks.add(Problem::new(ProblemCode::NotFound, ["folderId"], "is not a folder of this project"));
    }
    if client.is_some_and(|client| client.company_id != company_id) {
        checks.add(Problem::new(ProblemCode::NotFound, ["clientId"], "is not a client of this company"));
    }
    checks.finish()
}

/// Lets an order that waits play, if it has all that it waited for.
pub(super) async fn complete(work: &Work<'_>, content: &ArContent) -> Result<()> {
    let status = status_with(work, content, content.photo_media_id).await?;
    if content.status == ArContentStatus::Pending && status == ArContentStatus::Ready {
        ArContent::set_status(work, content.id, status).await?;
    }
    Ok(())
}

/// Where an order stands that has this photo and is not put away.
async fn status_with(work: &Work<'_>, content: &ArContent, photo: Option<i64>) -> Result<ArContentStatus> {
    let is_complete = photo.is_some() && Video::any_is_ready(work, content.id).await?;
    Ok(if is_complete { ArContentStatus::Ready } else { ArContentStatus::Pending })
}

fn check_metadata(checks: &mut Checks, metadata: Option<&Json<serde_json::Value>>) {
    let Some(Json(metadata)) = metadata else { return };
    let text = metadata.to_string();
    // Without the escaped backslashes: one before "u0000" makes no NUL of it.
    let has_nul = text.replace(r"\\", "").contains(r"\u0000");
    if !metadata.is_object() {
        checks.add(Problem::new(ProblemCode::Invalid, ["metadata"], "must be an object"));
    } else if text.len() > LONGEST_METADATA {
        let message = format!("has {} bytes, at most {LONGEST_METADATA} are allowed", text.len());
        checks.add(Problem::new(ProblemCode::TooLong, ["metadata"], message));
    } else if has_nul {
        checks.add(Problem::new(ProblemCode::Invalid, ["metadata"], "contains the character NUL"));
    }
}

/// A number that no live order of the project has. The rare number that another write takes meanwhile is refused by
/// the database.
async fn free_number(work: &Work<'_>, project_id: i64) -> Result<String> {
    for digits in [4, 4, 6, 6, 8, 8] {
        let drawn = rand::rng().random_range(0..10_u32.pow(digits));
        let number = format!("ORD-{}-{drawn:0width$}", work.now.format("%Y%m%d"), width = digits as usize);
        if !ArContent::number_is_taken(work, project_id, &number).await? {
            return Ok(number);
        }
    }
    Err(Error::refused(ProblemCode::Required, "orderNumber", "could not be made up: give one"))
}

/// The same calendar day and time some years later, in UTC; 29 February becomes the 28th.
#[must_use]
pub fn years_after(instant: DateTime<Utc>, years: i32) -> DateTime<Utc> {
    let months = Months::new(u32::try_from(years).unwrap_or(0) * 12);
    instant.checked_add_months(months).unwrap_or(instant)
}

#[cfg(test)]
mod tests {
    use chrono::{Datelike, NaiveDate};

    use super::*;

    #[test]
    fn years_are_calendar_years() {
        let noon = |year, month, day| {
            NaiveDate::from_ymd_opt(year, month, day).unwrap().and_hms_opt(12, 0, 0).unwrap().and_utc()
        };
        assert_eq!(years_after(noon(2026, 11, 21), 3), noon(2029, 11, 21));
        assert_eq!(years_after(noon(2028, 2, 29), 1), noon(2029, 2, 28));
        assert_eq!(years_after(noon(2028, 2, 29), 5).year(), 2033);
    }
}
