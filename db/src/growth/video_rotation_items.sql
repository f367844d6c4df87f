-- All videos of the order take turns, in their order.
INSERT INTO video_rotation_items (id, company_id, ar_content_id, video_rotation_schedule_id, video_id, position, weight)
SELECT base.id + row_number() OVER (ORDER BY rule.id, place), company_id, ar_content_id, rule.id, videos_after + place, place - 1,
    CASE WHEN rotation_type = 'RANDOM_DAILY' THEN 1 + (mark + place) % 5 ELSE 1 END
FROM grown_rule rule, generate_series(1, rule.videos) place, (SELECT coalesce(max(id), 0) AS id FROM video_rotation_items) base
WHERE rotation_type NOT IN ('FIXED', 'DATE_RULES') ORDER BY rule.id, place;
