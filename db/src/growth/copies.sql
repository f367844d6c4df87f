-- Where the bytes of each medium that was made here are, and where they are to be.
SELECT original.key, made.key
FROM media made
JOIN (
    SELECT DISTINCT ON (sha256) sha256, key
    FROM media LEFT JOIN storage_connections place ON place.id = storage_connection_id
    WHERE media.company_id = ANY (?) AND media.name <> md5('grown media ' || media.id)
        AND (place.id IS NULL OR place.provider = 'LOCAL' AND place.base_path IS NULL)
    ORDER BY sha256, media.id
) original USING (sha256)
WHERE made.name = md5('grown media ' || made.id)
ORDER BY made.id
