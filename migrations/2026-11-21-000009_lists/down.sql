DROP INDEX ar_view_sessions_project_id_started_at_id_idx, ar_view_sessions_ar_content_id_started_at_id_idx,
    ar_view_sessions_company_id_started_at_id_idx, ar_view_sessions_company_id_started_at_id_active_idx,
    ar_view_sessions_project_id_started_at_id_active_idx, ar_view_sessions_ar_content_id_started_at_id_active_idx;
CREATE INDEX ar_view_sessions_project_id_id_idx ON ar_view_sessions (project_id, id);
CREATE INDEX ar_view_sessions_ar_content_id_id_idx ON ar_view_sessions (ar_content_id, id);
CREATE INDEX ar_view_sessions_company_id_started_at_idx
    ON ar_view_sessions (company_id, started_at) INCLUDE (device_type, ar_content_id, duration_seconds, video_played);
CREATE INDEX ar_view_sessions_company_id_id_active_idx ON ar_view_sessions (company_id, id) WHERE status = 'ACTIVE';
CREATE INDEX ar_view_sessions_project_id_id_active_idx ON ar_view_sessions (project_id, id) WHERE status = 'ACTIVE';
CREATE INDEX ar_view_sessions_ar_content_id_id_active_idx ON ar_view_sessions (ar_content_id, id) WHERE status = 'ACTIVE';
DROP INDEX companies_name_id_idx, companies_search_idx, projects_company_id_name_id_idx,
    projects_company_id_created_at_id_idx, projects_search_idx, videos_company_id_created_at_id_idx,
    videos_company_id_status_id_idx, videos_status_id_idx, videos_company_id_subscription_end_id_idx,
    videos_search_idx, video_schedules_company_id_start_time_id_idx, users_full_name_id_idx, users_created_at_id_idx,
    users_search_idx, api_keys_created_at_id_idx, api_keys_company_id_created_at_id_idx,
    uploads_company_id_created_at_id_idx, uploads_company_id_status_id_idx, audit_log_created_at_id_idx,
    audit_log_company_id_created_at_id_idx;
