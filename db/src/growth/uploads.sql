-- Two uploads to five orders; the older ones are not kept.
INSERT INTO uploads (id, company_id, kind, status, filename, declared_mime_type, declared_size_bytes, received_bytes,
    media_id, failure_code, failure_message, expires_at, created_at)
SELECT base.id + row_number() OVER (ORDER BY o.n, kind), o.company_id, kind, stands.status,
    CASE kind WHEN 'PHOTO' THEN 'photo-' ELSE 'video-' END || o.number || CASE kind WHEN 'PHOTO' THEN '.jpg' ELSE '.mp4' END,
    CASE kind WHEN 'PHOTO' THEN 'image/jpeg' ELSE 'video/mp4' END, m.size_bytes,
    CASE stands.status WHEN 'READY' THEN m.size_bytes WHEN 'WAITING' THEN 0 ELSE m.size_bytes / 2 END,
    CASE stands.status WHEN 'READY' THEN m.id END,
    CASE stands.status WHEN 'FAILED' THEN 'MEDIA_MISMATCH' END, CASE stands.status WHEN 'FAILED' THEN 'is no picture' END,
    o.created_at + interval '1 day', o.created_at
FROM grown_order o
CROSS JOIN (VALUES ('PHOTO'), ('VIDEO')) kinds(kind)
CROSS JOIN LATERAL (
    SELECT CASE WHEN pg_temp.chance(o.mark, 50) < 0.90 THEN 'READY' WHEN pg_temp.chance(o.mark, 50) < 0.94 THEN 'WAITING'
                WHEN pg_temp.chance(o.mark, 50) < 0.97 THEN 'FAILED' ELSE 'EXPIRED' END AS status
) AS stands
JOIN grown_media m ON m.company = o.company AND m.is_photo = (kind = 'PHOTO') AND m.place = 1 + o.n % 4,
    (SELECT coalesce(max(id), 0) AS id FROM uploads) base
WHERE o.n % 5 = 0 ORDER BY o.n, kind;
