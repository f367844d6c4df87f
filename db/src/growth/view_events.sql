-- The log reaches back a week.
SELECT view_events_make_day(until::date - days) FROM growth, generate_series(0, 7) days ORDER BY days DESC;

INSERT INTO view_events (recorded_at, company_id, project_id, ar_content_id, kind, view_session)
SELECT at, company_id, project_id, ar_content_id, kind, state
FROM (
    SELECT view.*, to_jsonb(view) - '{user_agent,viewer,first_in_company,first_in_project,first_in_ar_content}'::text[] AS told
    FROM growth, grown_view grown JOIN ar_view_sessions view USING (id)
    WHERE grown.started_at >= until - interval '7 days'
) view
CROSS JOIN LATERAL (VALUES
    (1, 'STARTED', started_at, told || '{"status": "ACTIVE", "version": 1, "duration_seconds": null, "ended_at": null}'),
    (2, CASE status WHEN 'ENDED' THEN 'ENDED' ELSE 'TIMED_OUT' END, ended_at, told)
) AS step(place, kind, at, state)
ORDER BY at, id, place;
