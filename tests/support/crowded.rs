//! A studio with many rows in every list.

use super::{Client, TestApp, Values};

/// Rows of each list, with more rows that were deleted between them.
pub const ROWS: usize = 9;

/// A studio whose lists are longer than a page; the clock stood still, so that many sort keys are equal.
pub async fn crowded() -> (TestApp, Client, Values) {
    let app = TestApp::start().await;
    let studio = app.everything("bergamot").await;
    let company = studio.company_id;
    let folder = arvlite_api::global_id::decode(&studio.values.ids["Folder"].0).unwrap().1;
    let rows = format!("generate_series(1, {}) n", ROWS + 4);
    let now = "'2026-11-21T12:00:00Z'::timestamptz";
    app.change(&format!(
        "INSERT INTO companies (name, slug, created_at, updated_at) SELECT 'c' || n, 'c' || n, {now}, {now} FROM {rows};
         INSERT INTO projects (company_id, name, created_at, updated_at) SELECT {company}, 'p' || n, {now}, {now} FROM {rows};
         INSERT INTO folders (company_id, project_id, parent_id, parent_path, name, created_at, updated_at)
             SELECT company_id, project_id, id, path, 'f' || n, {now}, {now} FROM folders, {rows} WHERE id = {folder};
         INSERT INTO clients (company_id, name, created_at, updated_at)
             SELECT {company}, chr(65 + n * 7 % 5), {now} + n / 3 * interval '1 second', {now} FROM {rows};
         INSERT INTO ar_content (company_id, project_id, folder_id, client_id, unique_id, order_number, status, expires_at, created_at, updated_at)
             SELECT company_id, project_id, folder_id, client_id, gen_random_uuid(), chr(65 + n * 7 % 13) || n,
                 CASE WHEN n % 2 = 0 THEN 'READY' ELSE 'PENDING' END, expires_at + n / 4 * interval '1 year',
                 {now} + n / 3 * interval '1 second', {now} - n / 5 * interval '1 second'
             FROM ar_content, {rows};
         INSERT INTO videos (company_id, ar_content_id, filename, created_at, updated_at)
             SELECT company_id, id, 'v' || n, {now}, {now} FROM ar_content, {rows} WHERE unique_id = '{0}';
         INSERT INTO video_schedules (company_id, ar_content_id, video_id, start_time, end_time, created_at, updated_at)
             SELECT company_id, ar_content_id, id, {now} + n * interval '1 day', {now} + (n + 1) * interval '1 day', {now}, {now}
             FROM (SELECT * FROM videos ORDER BY id LIMIT 1) v, {rows};
         INSERT INTO video_rotation_schedules (company_id, ar_content_id, rotation_type, anchor_at, is_active, created_at, updated_at)
             SELECT company_id, id, 'DAILY', {now}, false, {now} + n / 3 * interval '1 second', {now}
             FROM ar_content, {rows} WHERE unique_id = '{0}';
         INSERT INTO ar_view_sessions (company_id, project_id, ar_content_id, session_id, source, status, device_type,
                 tracking_quality, started_at, updated_at, last_seen_at)
             SELECT company_id, project_id, id, gen_random_uuid(), 'NONE', 'ENDED', 'MOBILE', 'GOOD', {now}, {now}, {now}
             FROM ar_content, {rows} WHERE unique_id = '{0}';
         INSERT INTO users (email, hashed_password, full_name, created_at, updated_at)
             SELECT n || '@example.com', '', 'u' || n, {now}, {now} FROM {rows};
         INSERT INTO memberships (company_id, user_id, role, created_at) SELECT {company}, id, 'VIEWER', {now}
             FROM users WHERE full_name LIKE 'u%';
         INSERT INTO api_keys (company_id, name, prefix, secret_sha256, role, scopes, created_at)
             SELECT {company}, 'k' || n, 'prefix' || n, sha256('x'), 'VIEWER', '{{}}', {now} FROM {rows};
         INSERT INTO uploads (company_id, kind, status, filename, declared_mime_type, declared_size_bytes, expires_at, created_at)
             SELECT {company}, 'PHOTO', 'WAITING', 'f' || n, 'image/png', 1, {now} + interval '1 day', {now} FROM {rows};
         INSERT INTO notifications (company_id, notification_type, created_at)
             SELECT {company}, 'SYSTEM_ALERT', {now} + n / 3 * interval '1 second' FROM {rows};
         INSERT INTO email_queue (company_id, recipient_to, subject, body, scheduled_at, created_at, updated_at)
             SELECT {company}, n || '@example.com', 's', '', {now}, {now} + n / 3 * interval '1 second', {now} FROM {rows};
         UPDATE clients SET deleted_at = {now}, deletion_id = gen_random_uuid() WHERE id % 4 = 0 AND length(name) = 1;
         INSERT INTO storage_connections (company_id, name, provider, created_at, updated_at)
             SELECT {company}, 's' || n, 'LOCAL', {now}, {now} FROM {rows};
         INSERT INTO storage_folders (company_id, storage_connection_id, name, path, folder_type, created_at, updated_at)
             SELECT company_id, id, 'f' || n, 'f' || n, 'CUSTOM', {now}, {now} FROM storage_connections, {rows}
             WHERE provider = 'S3';
         UPDATE storage_connections SET deleted_at = {now}, deletion_id = gen_random_uuid()
             WHERE id % 4 = 0 AND provider = 'LOCAL';
         UPDATE companies SET deleted_at = {now}, deletion_id = gen_random_uuid() WHERE id % 4 = 2 AND id <> {company};
         UPDATE projects SET deleted_at = {now}, deletion_id = gen_random_uuid() WHERE id % 4 = 0 AND name LIKE 'p%';
         UPDATE folders SET deleted_at = {now}, deletion_id = gen_random_uuid() WHERE id % 4 = 0 AND name LIKE 'f%';
         UPDATE ar_content SET deleted_at = {now}, deletion_id = gen_random_uuid() WHERE id % 4 = 0 AND unique_id <> '{0}';
         UPDATE videos SET deleted_at = {now}, deletion_id = gen_random_uuid() WHERE id % 4 = 0 AND filename LIKE 'v%';",
        studio.values.unique_id
    ))
    .await;
    // Somebody who sees several companies; for them the roots offer two orders only.
    let caller = app.admin().await;
    (app, caller, studio.values)
}
