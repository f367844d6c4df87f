INSERT INTO ar_view_sessions (id, company_id, project_id, ar_content_id, video_id, session_id, source, status, device_type,
    browser, os, country, network, duration_seconds, tracking_quality, tracking_quality_second, video_played, version,
    started_at, updated_at, last_seen_at, ended_at, viewer, first_in_company, first_in_project, first_in_ar_content)
SELECT view.id, o.company_id, o.project_id, o.id,
    o.videos_after + CASE plays.source WHEN 'SCHEDULE' THEN 2 WHEN 'ROTATION' THEN 1 + view.mark % 2 ELSE 1 END,
    pg_temp.uuid_of('view ' || o.id || ' ' || view.mark), plays.source,
    CASE WHEN pg_temp.chance(view.mark, 82) < 0.88 THEN 'ENDED' ELSE 'TIMED_OUT' END, device.device_type, device.browser, device.os,
    (ARRAY['RU', 'RU', 'RU', 'RU', 'KZ', 'BY', 'DE', 'FR', NULL, NULL])[1 + floor(10 * pg_temp.chance(view.mark, 83))],
    '203.0.113.0/24', lasted.seconds,
    (ARRAY['GOOD', 'GOOD', 'GOOD', 'FAIR', 'FAIR', 'POOR', 'LOST', 'UNKNOWN'])[1 + floor(8 * pg_temp.chance(view.mark, 84))],
    lasted.seconds, lasted.seconds > 4, 2, view.started_at, lasted.until, lasted.until, lasted.until,
    view.viewer, view.first_in_company, view.first_in_project, view.first_in_ar_content
FROM grown_view view
JOIN grown_order o ON o.n = view.content
CROSS JOIN LATERAL (
    SELECT CASE WHEN o.source = 'SCHEDULE' AND (o.videos = 1 OR pg_temp.chance(view.mark, 80) < 0.7) THEN 'DEFAULT'
                WHEN o.source = 'ROTATION' AND o.videos = 1 THEN 'DEFAULT' ELSE o.source END AS source
) plays
CROSS JOIN LATERAL (SELECT 2 + floor(90 * pg_temp.chance(view.mark, 81) ^ 2)::int AS seconds) length
CROSS JOIN LATERAL (SELECT length.seconds, view.started_at + length.seconds * interval '1 second' AS until) lasted
JOIN (VALUES (0, 'MOBILE', 'Safari', 'iOS'), (1, 'MOBILE', 'Chrome', 'Android'), (2, 'MOBILE', 'Chrome', 'Android'),
    (3, 'MOBILE', 'Yandex Browser', 'Android'), (4, 'MOBILE', 'Safari', 'iOS'), (5, 'TABLET', 'Safari', 'iPadOS'),
    (6, 'DESKTOP', 'Chrome', 'Windows'), (7, 'UNKNOWN', NULL, NULL)) device(place, device_type, browser, os)
    ON device.place = floor(8 * pg_temp.chance(view.mark, 85))
WHERE view.n BETWEEN ? AND ? ORDER BY view.n
