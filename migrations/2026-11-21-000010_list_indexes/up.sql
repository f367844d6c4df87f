-- lint: accepted create-index: no release was made yet, so no database is busy.
-- What lists across all companies are narrowed by, as tests/plans.rs asks them.
--
-- The first description of the data recommends indexes; they are there, or better ones:
--   projects.company_id, ar_content.project_id and .company_id, videos.ar_content_id: several lead with each of them, one
--     for each order of the lists below that parent;
--   users.email: users_email_key, over lower(email); ar_content.unique_id: ar_content_unique_id_key;
--   companies.name, projects.name, ar_content.order_number: (name, id), (company_id, name, id), (project_id, order_number, id)
--     for their orders, and trigrams for a part of them, ignoring case;
--   (company_id, project_id): a project is of one company, so an index by the project alone leaves as few rows;
--   (project_id, order_number): ar_content_project_id_order_number_key, over live rows;
--   (created_at, company_id) for analytics: the other way round, (company_id, started_at, id), so that a span of one
--     company's time is one stretch of the index.
-- The second one's are of tables that there are not.
CREATE INDEX ar_content_expires_at_id_idx ON ar_content (expires_at, id);
CREATE INDEX videos_subscription_end_id_idx ON videos (subscription_end, id);
CREATE INDEX video_schedules_start_time_id_idx ON video_schedules (start_time, id);
CREATE INDEX video_schedules_end_time_id_idx ON video_schedules (end_time, id);
CREATE INDEX uploads_status_id_idx ON uploads (status, id);
CREATE INDEX users_last_login_at_id_idx ON users (last_login_at, id);
CREATE INDEX api_keys_expires_at_id_idx ON api_keys (expires_at, id);
CREATE INDEX api_keys_revoked_at_id_idx ON api_keys (revoked_at, id);
CREATE INDEX api_keys_role_id_idx ON api_keys (role, id);
CREATE INDEX api_keys_search_idx ON api_keys USING gin (name gin_trgm_ops, prefix gin_trgm_ops);
CREATE INDEX companies_slug_idx ON companies USING gin (slug gin_trgm_ops);
CREATE INDEX folders_path_idx ON folders USING gin (path gin_trgm_ops);
CREATE INDEX storage_connections_search_idx ON storage_connections USING gin (name gin_trgm_ops);
CREATE INDEX audit_log_search_idx ON audit_log USING gin (
    entity_type gin_trgm_ops, action gin_trgm_ops, actor_email gin_trgm_ops, request_id gin_trgm_ops
);
