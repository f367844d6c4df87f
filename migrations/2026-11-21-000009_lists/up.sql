-- lint: accepted create-index: no release was made yet, so no database is busy.
-- What lists are ordered and narrowed by, each led by the column of the row above, and what `search` looks at.
CREATE INDEX companies_name_id_idx ON companies (name, id);
CREATE INDEX companies_search_idx ON companies USING gin (name gin_trgm_ops, contact_email gin_trgm_ops);
CREATE INDEX projects_company_id_name_id_idx ON projects (company_id, name, id);
CREATE INDEX projects_company_id_created_at_id_idx ON projects (company_id, created_at, id);
CREATE INDEX projects_search_idx ON projects USING gin (name gin_trgm_ops);
CREATE INDEX videos_company_id_created_at_id_idx ON videos (company_id, created_at, id);
CREATE INDEX videos_company_id_status_id_idx ON videos (company_id, status, id);
CREATE INDEX videos_status_id_idx ON videos (status, id);
CREATE INDEX videos_company_id_subscription_end_id_idx ON videos (company_id, subscription_end, id);
CREATE INDEX videos_search_idx ON videos USING gin (filename gin_trgm_ops);
CREATE INDEX video_schedules_company_id_start_time_id_idx ON video_schedules (company_id, start_time, id);
CREATE INDEX users_full_name_id_idx ON users (full_name, id);
CREATE INDEX users_created_at_id_idx ON users (created_at, id);
CREATE INDEX users_search_idx ON users USING gin (email gin_trgm_ops, full_name gin_trgm_ops);
CREATE INDEX api_keys_created_at_id_idx ON api_keys (created_at, id);
CREATE INDEX api_keys_company_id_created_at_id_idx ON api_keys (company_id, created_at, id);
CREATE INDEX uploads_company_id_created_at_id_idx ON uploads (company_id, created_at, id);
CREATE INDEX uploads_company_id_status_id_idx ON uploads (company_id, status, id);
CREATE INDEX audit_log_created_at_id_idx ON audit_log (created_at, id);
CREATE INDEX audit_log_company_id_created_at_id_idx ON audit_log (company_id, created_at, id);

-- Views are listed by their start, so that one index serves both a page and a span of time.
DROP INDEX ar_view_sessions_project_id_id_idx, ar_view_sessions_ar_content_id_id_idx,
    ar_view_sessions_company_id_started_at_idx, ar_view_sessions_company_id_id_active_idx,
    ar_view_sessions_project_id_id_active_idx, ar_view_sessions_ar_content_id_id_active_idx;
CREATE INDEX ar_view_sessions_project_id_started_at_id_idx ON ar_view_sessions (project_id, started_at, id);
CREATE INDEX ar_view_sessions_ar_content_id_started_at_id_idx ON ar_view_sessions (ar_content_id, started_at, id);
CREATE INDEX ar_view_sessions_company_id_started_at_id_idx
    ON ar_view_sessions (company_id, started_at, id) INCLUDE (device_type, ar_content_id, duration_seconds, video_played);
CREATE INDEX ar_view_sessions_company_id_started_at_id_active_idx
    ON ar_view_sessions (company_id, started_at, id) WHERE status = 'ACTIVE';
CREATE INDEX ar_view_sessions_project_id_started_at_id_active_idx
    ON ar_view_sessions (project_id, started_at, id) WHERE status = 'ACTIVE';
CREATE INDEX ar_view_sessions_ar_content_id_started_at_id_active_idx
    ON ar_view_sessions (ar_content_id, started_at, id) WHERE status = 'ACTIVE';
