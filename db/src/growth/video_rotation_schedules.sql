-- Orders whose videos take turns; a third of them also have dates.
CREATE TEMP TABLE grown_rule ON COMMIT DROP AS
SELECT base.id + row_number() OVER (ORDER BY o.n, place) AS id, o.company_id, o.id AS ar_content_id, o.mark, o.videos,
    o.videos_after, o.created_at,
    CASE WHEN place = 2 THEN 'DATE_RULES'
         ELSE pg_temp.pick(ARRAY['DAILY', 'DAILY', 'WEEKLY', 'MONTHLY', 'CRON', 'RANDOM_DAILY', 'FIXED'], o.mark, 110)
    END AS rotation_type
FROM grown_order o, generate_series(1, 2) place, (SELECT coalesce(max(id), 0) AS id FROM video_rotation_schedules) base
WHERE o.source = 'ROTATION' AND o.videos > 1 AND (place = 1 OR pg_temp.chance(o.mark, 111) < 0.3);

INSERT INTO video_rotation_schedules (id, company_id, ar_content_id, rotation_type, time_of_day, day_of_week, day_of_month,
    cron_expression, anchor_at, default_video_id, is_active, created_at, updated_at)
SELECT id, company_id, ar_content_id, rotation_type,
    CASE WHEN rotation_type IN ('DAILY', 'WEEKLY', 'MONTHLY', 'RANDOM_DAILY') AND mark % 3 = 0 THEN time '09:00' END,
    CASE WHEN rotation_type = 'WEEKLY' THEN pg_temp.pick(ARRAY['MONDAY', 'FRIDAY', 'SUNDAY'], mark, 112) END,
    CASE WHEN rotation_type = 'MONTHLY' THEN 1 + mark % 31 END,
    CASE WHEN rotation_type = 'CRON' THEN '0 9,18 * * MON-FRI' END,
    created_at, CASE WHEN rotation_type = 'FIXED' THEN videos_after + 2 END, pg_temp.chance(id, 113) < 0.9, created_at, created_at
FROM grown_rule ORDER BY id;
