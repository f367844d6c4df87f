//! A studio to test with: a company and what hangs below it, written through the commands.

use arvlite_api::auth::Viewer;
use arvlite_api::dates::Date;
use arvlite_api::domain::ar_content::ArContentCreate;
use arvlite_api::domain::company::CompanyCreate;
use arvlite_api::domain::execute::execute;
use arvlite_api::domain::project::ProjectCreate;
use arvlite_api::domain::storage_connection::encrypt_secrets;
use arvlite_api::domain::video_rotation_schedule::{
    DateRuleInput, RotationItemInput, RotationTermsInput, VideoRotationScheduleCreate,
};
use arvlite_api::domain::video_schedule::VideoScheduleCreate;
use arvlite_api::domain::{Command, Executed, Outcome};
use arvlite_api::enums::RotationType;
use arvlite_api::global_id::NodeId;
use arvlite_db::Scope;
use arvlite_db::models::{
    self, ArContent, ArContentStatus, Company, Folder, Media, NewClient, NewFolder, NewMedia, NewStorageConnection,
    NewStorageFolder, NewUpload, NewVideo, Project, StorageConnection, StorageFolder, StorageFolderType,
    StorageProvider, Upload, UploadKind, UploadStatus, Video, VideoRotationSchedule, VideoSchedule, VideoStatus,
};
use async_graphql::MaybeUndefined::Value;
use chrono::TimeDelta;

use super::TestApp;

/// A place for media: its row, a folder in it, and what it signs in with, which nobody may ever read.
pub struct Storage {
    pub connection: StorageConnection,
    pub folder: StorageFolder,
    pub secret: String,
}

/// A company with one project.
pub struct Studio {
    pub company: Company,
    pub project: Project,
}

impl TestApp {
    /// Runs a command as the program itself.
    pub async fn run<C: Command>(&self, command: C) -> <C::Outcome as Outcome>::Row {
        match execute(&self.app, &Viewer::system(), command, None).await {
            Ok(Executed::Done(outcome)) => outcome.row().clone(),
            other => panic!("{:?}", other.map(|_| "valid")),
        }
    }

    /// A company with one project.
    pub async fn studio(&self, name: &str) -> Studio {
        let company = self.run(CompanyCreate { name: name.to_owned(), ..CompanyCreate::default() }).await;
        let project = self.project(&company, "First").await;
        Studio { company, project }
    }

    /// A project.
    pub async fn project(&self, company: &Company, name: &str) -> Project {
        let company_id = NodeId::of(company.id);
        self.run(ProjectCreate { company_id, name: name.to_owned(), ..ProjectCreate::default() }).await
    }

    /// A folder of a project, in another one or at its top.
    pub async fn folder(&self, project: &Project, parent: Option<&Folder>, name: &str) -> Folder {
        let now = self.app.clock.now();
        let new = NewFolder {
            company_id: project.company_id,
            project_id: project.id,
            parent_id: parent.map(|parent| parent.id),
            parent_path: parent.map_or_else(String::new, |parent| parent.path.clone()),
            name: name.to_owned(),
            description: None,
            sort_order: 0,
            created_at: now,
            updated_at: now,
        };
        let tx = self.app.db.begin(Scope::Everything).await.unwrap();
        let folder = Folder::insert(&tx, &new).await.unwrap();
        tx.commit().await.unwrap();
        folder
    }

    /// A client of a company.
    pub async fn client(&self, company: &Company, name: &str) -> models::Client {
        let now = self.app.clock.now();
        let new = NewClient {
            company_id: company.id,
            name: name.to_owned(),
            phone: None,
            email: None,
            address: None,
            notes: None,
            created_at: now,
            updated_at: now,
        };
        let tx = self.app.db.begin(Scope::Everything).await.unwrap();
        let client = models::Client::insert(&tx, &new).await.unwrap();
        tx.commit().await.unwrap();
        client
    }

    /// An order without photo and videos.
    pub async fn content(&self, project: &Project, number: &str) -> ArContent {
        self.run(ArContentCreate {
            project_id: NodeId::of(project.id),
            order_number: Some(number.to_owned()),
            duration_years: 1,
            ..ArContentCreate::default()
        })
        .await
    }

    /// A video of an order.
    pub async fn video(&self, content: &ArContent, filename: &str) -> Video {
        let media = self.media(content.company_id, "video/mp4").await;
        let now = self.app.clock.now();
        let tx = self.app.db.begin(Scope::Everything).await.unwrap();
        let rotation_order = Video::next_rotation_order(&tx, content.id).await.unwrap();
        let new = NewVideo {
            company_id: content.company_id,
            ar_content_id: content.id,
            media_id: Some(media.id),
            filename: filename.to_owned(),
            status: VideoStatus::Ready,
            is_active: true,
            rotation_order,
            subscription_end: None,
            created_at: now,
            updated_at: now,
        };
        let video = Video::insert(&tx, &new).await.unwrap();
        tx.commit().await.unwrap();
        video
    }

    /// An object without bytes.
    pub async fn media(&self, company_id: i64, mime_type: &str) -> Media {
        let name = uuid::Uuid::new_v4().simple().to_string();
        let tx = self.app.db.begin(Scope::Everything).await.unwrap();
        let new = NewMedia {
            company_id,
            key: format!("{company_id}/{name}"),
            name,
            mime_type: mime_type.to_owned(),
            size_bytes: 1,
            sha256: "0".repeat(64),
            width: Some(4),
            height: Some(3),
            duration_ms: None,
            created_at: self.app.clock.now(),
        };
        let media = Media::insert(&tx, &new).await.unwrap();
        tx.commit().await.unwrap();
        media
    }

    /// An S3 with a secret, and one folder in it. All texts have this word in them.
    pub async fn storage(&self, company_id: i64, word: &str) -> Storage {
        let now = self.app.clock.now();
        let new = NewStorageConnection {
            company_id,
            name: format!("{word} storage"),
            provider: StorageProvider::S3,
            endpoint: Some(format!("https://{word}.example.com")),
            region: Some(format!("{word}-west")),
            bucket: Some(format!("{word}-bucket")),
            base_path: Some(format!("media/{word}")),
            is_default: false,
            created_at: now,
            updated_at: now,
        };
        let tx = self.app.db.begin(Scope::Everything).await.unwrap();
        let connection = StorageConnection::insert(&tx, &new).await.unwrap();
        let secret = format!("the secret access key of {word}");
        let encrypted = encrypt_secrets(&self.app.secret, &connection, secret.as_bytes());
        let kept = StorageConnection::set_secrets(&tx, connection.id, &encrypted.key_id, &encrypted.bytes, now);
        let connection = kept.await.unwrap();
        let new = NewStorageFolder {
            company_id,
            storage_connection_id: connection.id,
            name: format!("{word} videos"),
            path: format!("{word}/videos"),
            folder_type: StorageFolderType::Videos,
            files_count: 3,
            total_size_bytes: 5_000_000_000,
            created_at: now,
            updated_at: now,
        };
        let folder = StorageFolder::insert(&tx, &new).await.unwrap();
        tx.commit().await.unwrap();
        Storage { connection, folder, secret }
    }

    /// An upload that can be used for a day, of an object without bytes.
    pub async fn upload(&self, company_id: i64, kind: UploadKind) -> Upload {
        let mime_type = if kind == UploadKind::Photo { "image/jpeg" } else { "video/mp4" };
        let media = self.media(company_id, mime_type).await;
        let now = self.app.clock.now();
        let new = NewUpload {
            company_id,
            kind,
            status: UploadStatus::Ready,
            filename: format!("{}.bin", media.name),
            declared_mime_type: media.mime_type,
            declared_size_bytes: media.size_bytes,
            received_bytes: media.size_bytes,
            media_id: Some(media.id),
            expires_at: now + TimeDelta::hours(24),
            created_at: now,
        };
        let tx = self.app.db.begin(Scope::Everything).await.unwrap();
        let upload = Upload::insert(&tx, &new).await.unwrap();
        tx.commit().await.unwrap();
        upload
    }

    /// An order that plays: with a photo, and videos of these names.
    pub async fn playing(&self, project: &Project, number: &str, videos: &[&str]) -> (ArContent, Vec<Video>) {
        let content = self.content(project, number).await;
        let photo = self.media(content.company_id, "image/jpeg").await;
        let mut made = Vec::new();
        for name in videos {
            made.push(self.video(&content, name).await);
        }
        self.change(&format!("UPDATE ar_content SET photo_media_id = {} WHERE id = {}", photo.id, content.id)).await;
        let tx = self.app.db.begin(Scope::Everything).await.unwrap();
        let content = ArContent::set_status(&tx, content.id, ArContentStatus::Ready).await.unwrap();
        tx.commit().await.unwrap();
        (content, made)
    }

    /// A rule by which an order's videos take turns. With FIXED the first of them plays, with DATE_RULES it does on New
    /// Year's Day, with CRON they change every day at nine.
    pub async fn rotation(&self, videos: &[Video], rotation_type: RotationType) -> VideoRotationSchedule {
        let ids: Vec<NodeId<Video>> = videos.iter().map(|video| NodeId::of(video.id)).collect();
        let mut terms = RotationTermsInput::default();
        match rotation_type {
            RotationType::Fixed => terms.default_video_id = Value(ids[0]),
            RotationType::DateRules => {
                let date = Date("2020-01-01".parse().unwrap());
                terms.date_rules = Value(vec![DateRuleInput { date, yearly: true, video_id: ids[0] }]);
            }
            _ => terms.items = Value(ids.iter().map(|id| RotationItemInput { video_id: *id, weight: 1 }).collect()),
        }
        if rotation_type == RotationType::Cron {
            terms.cron_expression = Value("0 9 * * *".to_owned());
        }
        self.run(VideoRotationScheduleCreate {
            ar_content_id: NodeId::of(videos[0].ar_content_id),
            rotation_type,
            terms,
            is_active: true,
            validate_only: false,
        })
        .await
    }

    /// A window that opens and closes so many hours from now.
    pub async fn window(&self, video: &Video, opens: i64, closes: i64) -> VideoSchedule {
        let now = self.app.clock.now();
        self.run(VideoScheduleCreate {
            video_id: NodeId::of(video.id),
            start_time: now + TimeDelta::hours(opens),
            end_time: now + TimeDelta::hours(closes),
            ..VideoScheduleCreate::default()
        })
        .await
    }
}
