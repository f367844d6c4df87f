-- The second video plays on New Year's Day of every year, and on nine days more.
INSERT INTO video_rotation_dates (id, company_id, ar_content_id, video_rotation_schedule_id, video_id, date, yearly)
SELECT base.id + row_number() OVER (ORDER BY rule.id, place), company_id, ar_content_id, rule.id, videos_after + 2,
    CASE WHEN place = 1 THEN date '2020-01-01' ELSE (until + (mark % 10 + place * 10) * interval '1 day')::date END, place = 1
FROM grown_rule rule, generate_series(1, 10) place, growth, (SELECT coalesce(max(id), 0) AS id FROM video_rotation_dates) base
WHERE rotation_type = 'DATE_RULES' ORDER BY rule.id, place;
