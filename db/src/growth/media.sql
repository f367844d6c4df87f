INSERT INTO media (id, company_id, name, key, mime_type, size_bytes, sha256, width, height, duration_ms, created_at)
SELECT id, company_id, md5('grown media ' || id),
    company_id || CASE WHEN is_photo THEN '/photos/' ELSE '/videos/' END || md5('grown media ' || id), mime_type, size_bytes,
    sha256, width, height, duration_ms, created_at
FROM grown_media ORDER BY id;
