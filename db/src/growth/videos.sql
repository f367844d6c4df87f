INSERT INTO videos (id, company_id, ar_content_id, media_id, filename, status, failure, is_active, rotation_order,
    subscription_end, created_at, updated_at, deleted_at, deletion_id)
SELECT v.id, o.company_id, o.id, CASE WHEN v.status <> 'FAILED' THEN m.id END,
    pg_temp.pick(ARRAY['поздравление', 'танец', 'clip', 'свадьба', 'portrait', 'праздник'], v.id, 65) || '-' || v.place || '.mp4',
    v.status, CASE v.status WHEN 'FAILED' THEN 'is no video that can play' END,
    v.place = 1 OR pg_temp.chance(v.id, 66) < 0.9, v.place - 1,
    CASE WHEN v.place > 1 AND pg_temp.chance(v.id, 67) < 0.1
         THEN until + (pg_temp.chance(v.id, 68) - 0.5) * interval '300 days' END,
    o.created_at + v.place * interval '1 minute', o.created_at + v.place * interval '1 hour', v.deleted_at,
    CASE WHEN v.deleted_at IS NULL THEN NULL WHEN v.deleted_at = o.deleted_at THEN content.deletion_id
         ELSE pg_temp.uuid_of('deleted video ' || v.id) END
FROM growth
CROSS JOIN grown_order o
JOIN ar_content content ON content.id = o.id
CROSS JOIN generate_series(1, o.videos) AS place
CROSS JOIN LATERAL (
    SELECT place, o.videos_after + place AS id,
        CASE WHEN place <= 2 OR pg_temp.chance(o.videos_after + place, 69) < 0.94 THEN 'READY'
             WHEN pg_temp.chance(o.videos_after + place, 69) < 0.96 THEN 'UPLOADED'
             WHEN pg_temp.chance(o.videos_after + place, 69) < 0.98 THEN 'PROCESSING' ELSE 'FAILED' END AS status,
        coalesce(o.deleted_at, CASE WHEN place > 2 AND pg_temp.chance(o.videos_after + place, 70) < 0.05
            THEN until - pg_temp.chance(o.videos_after + place, 71) * interval '30 days' END) AS deleted_at
) v
JOIN grown_media m ON m.company = o.company AND NOT m.is_photo AND m.place = 1 + (o.n + v.place) % 4
ORDER BY v.id;

-- The operator's choice of some orders.
UPDATE ar_content content SET active_video_id = o.videos_after + 1
FROM grown_order o WHERE content.id = o.id AND o.source = 'PIN';
