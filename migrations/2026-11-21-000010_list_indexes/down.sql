DROP INDEX ar_content_expires_at_id_idx, videos_subscription_end_id_idx, video_schedules_start_time_id_idx,
    video_schedules_end_time_id_idx, uploads_status_id_idx, users_last_login_at_id_idx, api_keys_expires_at_id_idx,
    api_keys_revoked_at_id_idx, api_keys_role_id_idx, api_keys_search_idx, companies_slug_idx, folders_path_idx,
    storage_connections_search_idx, audit_log_search_idx;
