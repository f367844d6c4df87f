-- Orders with a second video play it in windows: one that was, one that is open, one that comes.
INSERT INTO video_schedules (id, company_id, ar_content_id, video_id, start_time, end_time, priority, status, description,
    created_at, updated_at)
SELECT base.id + row_number() OVER (ORDER BY o.n, place), o.company_id, o.id, o.videos_after + 2,
    until + (place - 2) * interval '40 days' - floor(10 * pg_temp.chance(o.mark, 75)) * interval '1 day',
    until + (place - 2) * interval '40 days' + interval '14 days', (place = 3)::int,
    CASE WHEN pg_temp.chance(o.mark * 3 + place, 76) < 0.9 THEN 'ACTIVE' ELSE 'DISABLED' END,
    (ARRAY['Праздничное видео', 'Акция', 'Годовщина'])[place], o.created_at, o.created_at
FROM grown_order o, generate_series(1, 3) place, growth, (SELECT coalesce(max(id), 0) AS id FROM video_schedules) base
WHERE o.source = 'SCHEDULE' AND o.videos > 1 ORDER BY o.n, place;
