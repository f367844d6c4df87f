//! A studio that has a row in every table that a studio has rows in, each with the studio's own word in its texts.

use arvlite_api::auth::Who;
use arvlite_api::enums::RotationType;
use arvlite_api::global_id::{Tagged, encode};
use arvlite_db::models::{self, ApiKeyScope, Role};

use super::{Client, TestApp, Values};

/// A studio with everything.
pub struct Everything {
    pub company_id: i64,
    pub values: Values,
    pub manager: Client,
    pub editor: Client,
    pub viewer: Client,
    pub key: Client,
    /// Texts that nobody else may ever see.
    pub secrets: Vec<String>,
}

/// The scopes of a key that may do all that keys may.
pub const ALL_SCOPES: &[ApiKeyScope] = &[
    ApiKeyScope::Read,
    ApiKeyScope::WriteContent,
    ApiKeyScope::WriteSchedules,
    ApiKeyScope::WriteUploads,
    ApiKeyScope::ReadAnalytics,
    ApiKeyScope::WriteViews,
];

impl TestApp {
    /// A studio with everything, whose texts have this word in them: lower-case Latin letters.
    pub async fn everything(&self, word: &str) -> Everything {
        let studio = self.studio(word).await;
        let company = studio.company.id;
        let project = self.project(&studio.company, &format!("{word} project")).await;
        let outer = self.folder(&project, None, &format!("{word} folder")).await;
        let folder = self.folder(&project, Some(&outer), &format!("{word} inner folder")).await;
        let client = self.client(&studio.company, &format!("{word} client")).await;
        let file = format!("{word}.mp4");
        let (content, videos) = self.playing(&project, &format!("{word}-order"), &[&file]).await;
        let window = self.window(&videos[0], 1, 2).await;
        let rule = self.rotation(&videos, RotationType::Daily).await;
        // For the calls that remove them, or choose another than the one that is chosen.
        let ending_rule = self.rotation(&videos, RotationType::DateRules).await;
        let ending_window = self.window(&videos[0], 3, 4).await;
        let other_video = self.video(&content, &file).await;
        let ending_video = self.video(&content, &file).await;
        let deleted_video = self.video(&content, &file).await;
        // What is created by its own call is the one that counts.
        self.change(&format!("UPDATE video_rotation_schedules SET is_active = false WHERE id = {}", rule.id)).await;
        let photo = self.media(company, "image/jpeg").await;
        let manager = self.member(company, Role::Manager).await;
        let editor = self.member(company, Role::Editor).await;
        let viewer = self.member(company, Role::Viewer).await;
        let key = self.key(company, Role::Manager, ALL_SCOPES).await;
        let (content_id, video_id) = (content.id, videos[0].id);
        self.change(&format!(
            "UPDATE companies SET contact_email = '{word}@example.com' WHERE id = {company};
             UPDATE api_keys SET name = '{word} key' WHERE company_id = {company};
             UPDATE users SET full_name = '{word} person' WHERE id IN (SELECT user_id FROM memberships WHERE company_id = {company});
             UPDATE video_schedules SET description = '{word} window' WHERE company_id = {company};
             UPDATE videos SET deleted_at = created_at, deletion_id = gen_random_uuid() WHERE id = {};
             UPDATE folders SET description = '{word} folders' WHERE company_id = {company};
             UPDATE clients SET phone = '{word}', email = '{word}@example.com', address = '{word} street',
                 notes = '{word} notes' WHERE company_id = {company};
             UPDATE ar_content SET folder_id = {}, client_id = {}, customer_name = '{word} customer', customer_phone = '{word}', active_video_id = {video_id},
                 customer_email = '{word}@example.com', content_metadata = '{{\"note\": \"{word}\"}}' WHERE id = {content_id};
             INSERT INTO ar_view_sessions (company_id, project_id, ar_content_id, video_id, session_id, source, status,
                 device_type, browser, tracking_quality, started_at, updated_at, last_seen_at)
             VALUES ({company}, {}, {content_id}, {video_id}, gen_random_uuid(), 'DEFAULT', 'ACTIVE', 'MOBILE',
                 '{word} browser', 'GOOD', '2026-11-21T12:00:00Z', '2026-11-21T12:00:00Z', '2026-11-21T12:00:00Z');
             SELECT view_events_make_day('2026-11-21');
             INSERT INTO view_events (recorded_at, company_id, project_id, ar_content_id, kind, view_session)
             SELECT started_at, company_id, project_id, ar_content_id, 'STARTED', to_jsonb(s)
                 FROM ar_view_sessions s WHERE company_id = {company};
             INSERT INTO notifications (company_id, project_id, ar_content_id, notification_type, subject, message, metadata,
                 email_error, telegram_error, created_at)
             SELECT company_id, project_id, id, 'AR_READY', '{word} subject', '{word} message', content_metadata,
                 '{word} error', '{word} error', created_at FROM ar_content WHERE id = {content_id};
             INSERT INTO email_queue (company_id, recipient_to, recipient_cc, recipient_bcc, subject, body, html, template_id,
                 variables, last_error, scheduled_at, created_at, updated_at)
             SELECT company_id, customer_email, customer_email, customer_email, '{word} mail', '{word} body', '{word} html',
                 '{word}', content_metadata, '{word} error', created_at, created_at, created_at
                 FROM ar_content WHERE id = {content_id};",
            deleted_video.id, folder.id, client.id, project.id,
        ))
        .await;
        let storage = self.storage(company, word).await;
        self.change(&format!(
            "UPDATE storage_connections SET metadata = '{{\"note\": \"{word}\"}}', last_tested_at = created_at,
                 test_status = 'ERROR', test_error = '{word} did not answer' WHERE id = {0};
             UPDATE media SET storage_connection_id = {0} WHERE company_id = {company};",
            storage.connection.id,
        ))
        .await;
        let upload = |kind: &str, media: i64| {
            format!(
                "INSERT INTO uploads (company_id, kind, status, filename, declared_mime_type, declared_size_bytes,
                     received_bytes, media_id, expires_at, created_at)
                 VALUES ({company}, '{kind}', 'READY', '{word}.bin', 'image/jpeg', 1, 1, {media},
                     '2027-01-01T00:00:00Z', '2026-11-21T12:00:00Z') RETURNING id"
            )
        };
        let photo_upload: i64 = self.column(&upload("PHOTO", photo.id)).await[0];
        let video_upload: i64 = self.column(&upload("VIDEO", videos[0].media_id.unwrap())).await[0];
        let views: String = format!("FROM ar_view_sessions WHERE company_id = {company}");
        let view: i64 = self.column(&format!("SELECT id {views}")).await[0];
        let session_id: String = self.column(&format!("SELECT session_id::text {views}")).await.remove(0);
        let only = |table: &str| format!("SELECT id FROM {table} WHERE company_id = {company}");
        let notification: i64 = self.column(&only("notifications")).await[0];
        let email_message: i64 = self.column(&only("email_queue")).await[0];
        let entry =
            format!("SELECT id FROM audit_log WHERE company_id = {company} AND entity_type = 'project' LIMIT 1");
        let entry: i64 = self.column(&entry).await[0];
        let mut values = Values::default();
        values.word = word.to_owned();
        values.unique_id = content.unique_id.to_string();
        values.session_id = session_id;
        values.has::<models::Company>("Company", company);
        values.has::<models::Project>("Project", project.id);
        values.has::<models::Folder>("Folder", folder.id);
        values.has::<models::ArContent>("ArContent", content_id);
        values.has::<models::Client>("Client", client.id);
        values.has::<models::Notification>("Notification", notification);
        values.has::<models::EmailMessage>("EmailMessage", email_message);
        values.has::<models::Video>("Video", video_id);
        values.has::<models::VideoSchedule>("VideoSchedule", window.id);
        values.has::<models::VideoRotationSchedule>("VideoRotationSchedule", rule.id);
        values.has::<models::VideoRotationSchedule>("videoRotationScheduleDelete.id", ending_rule.id);
        values.has::<models::Video>("arContentPinVideo.videoId", other_video.id);
        values.has::<models::Video>("videoDelete.id", ending_video.id);
        values.has::<models::Video>("videoRestore.id", deleted_video.id);
        values.has::<models::VideoSchedule>("videoScheduleDelete.id", ending_window.id);
        values.has::<models::Media>("Media", photo.id);
        values.has::<models::Upload>("MediaUpload", video_upload);
        values.has::<models::Upload>("Upload", video_upload);
        values.has::<models::Upload>("VideoUpload", video_upload);
        values.has::<models::Upload>("PhotoUpload", photo_upload);
        values.has::<models::ViewSession>("ViewSession", view);
        values.has::<models::AuditEntry>("AuditEntry", entry);
        values.has::<models::StorageConnection>("StorageConnection", storage.connection.id);
        values.has::<models::StorageFolder>("StorageFolder", storage.folder.id);
        // The person is one of its own, who may be changed and removed without anybody here losing a right.
        let colleague = self.member(company, Role::Viewer).await;
        values.has::<models::User>("User", person(&colleague));
        values.has::<models::ApiKey>("ApiKey", key_id(&self.key(company, Role::Viewer, &[]).await));
        let mut secrets: Vec<String> = values.ids.values().map(|(id, _)| format!("\"{id}\"")).collect();
        secrets.extend([word.to_owned(), values.unique_id.clone(), values.session_id.clone()]);
        let media = format!("SELECT name FROM media WHERE company_id = {company}");
        secrets.extend(self.column::<String>(&media).await);
        let people =
            format!("SELECT email FROM users JOIN memberships m ON m.user_id = users.id WHERE company_id = {company}");
        secrets.extend(self.column::<String>(&people).await);
        secrets
            .extend(self.column::<String>(&format!("SELECT prefix FROM api_keys WHERE company_id = {company}")).await);
        Everything { company_id: company, values, manager, editor, viewer, key, secrets }
    }
}

impl Values {
    /// Says which row is meant by this type.
    pub fn has<E: Tagged>(&mut self, name: &str, number: i64) {
        let absent = number + 1_000_000;
        self.ids.insert(name.to_owned(), (encode::<E>(number).0, encode::<E>(absent).0));
    }
}

impl Everything {
    /// Something of this studio in an answer.
    pub fn told_in(&self, answer: &str) -> Option<&str> {
        self.secrets.iter().map(String::as_str).find(|secret| answer.contains(secret))
    }
}

fn person(client: &Client) -> i64 {
    match &client.viewer.who {
        Who::User(signed_in) => signed_in.user.id,
        other => panic!("{other:?} is no person"),
    }
}

fn key_id(client: &Client) -> i64 {
    match &client.viewer.who {
        Who::ApiKey(holder) => holder.key.id,
        other => panic!("{other:?} is no key"),
    }
}
