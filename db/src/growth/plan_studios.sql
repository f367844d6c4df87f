-- Studios: how many orders fall to each. A few are big, most are small, and the big ones are not the first.
CREATE TEMP TABLE grown_company ON COMMIT DROP AS
WITH ranked AS (
    SELECT n, row_number() OVER (ORDER BY pg_temp.chance(n, 1), n) AS rank FROM growth, generate_series(1, companies) n
), summed AS (
    SELECT n, rank, sum(1.0 / (rank + 5)) OVER (ORDER BY rank) / sum(1.0 / (rank + 5)) OVER () AS share FROM ranked
), shared AS (
    SELECT n, (round(g.contents * share) - lag(round(g.contents * share), 1, 0) OVER (ORDER BY rank))::int AS contents
    FROM summed, growth g
)
SELECT n, base.id + n AS id, shared.contents, 1 + least(shared.contents / 12, 60) AS projects,
    until - (400 + floor(700 * pg_temp.chance(n, 2))) * interval '1 day' - pg_temp.chance(n, 3) * interval '1 day'
        AS created_at,
    CASE WHEN pg_temp.chance(n, 4) < 0.01 THEN until - (1 + floor(90 * pg_temp.chance(n, 5))) * interval '1 day' END
        AS deleted_at
FROM shared, growth, (SELECT coalesce(max(id), 0) AS id FROM companies) base;
CREATE UNIQUE INDEX ON grown_company (n);

-- Projects follow each other over a studio's years.
CREATE TEMP TABLE grown_project ON COMMIT DROP AS
SELECT row_number() OVER (ORDER BY c.n, place) AS n, base.id + row_number() OVER (ORDER BY c.n, place) AS id,
    folder.id + 3 * (row_number() OVER (ORDER BY c.n, place) - 1) AS folders_after, c.n AS company, c.id AS company_id, place,
    c.created_at + (until - c.created_at) * ((place - 1)::float8 / c.projects) AS created_at, c.deleted_at
FROM grown_company c, generate_series(1, c.projects) place, growth,
    (SELECT coalesce(max(id), 0) AS id FROM projects) base, (SELECT coalesce(max(id), 0) AS id FROM folders) folder;
CREATE UNIQUE INDEX ON grown_project (company, place);
UPDATE grown_project SET deleted_at = until - (1 + floor(60 * pg_temp.chance(n, 6))) * interval '1 day'
FROM growth WHERE deleted_at IS NULL AND pg_temp.chance(n, 7) < 0.01;

-- The files that the studios share: those of the demo, or, where there are none, the names of some.
CREATE TEMP TABLE grown_original ON COMMIT DROP AS
SELECT row_number() OVER (PARTITION BY is_photo ORDER BY sha256) AS place, count(*) OVER (PARTITION BY is_photo) AS among,
    original.*
FROM (
    SELECT DISTINCT ON (sha256) mime_type LIKE 'image/%' AS is_photo, mime_type, size_bytes, sha256, width, height,
        duration_ms
    FROM growth, media LEFT JOIN storage_connections place ON place.id = storage_connection_id
    -- Those in the program's own folder, whether that has a name or not.
    WHERE media.company_id = ANY (files_of)
        AND (place.id IS NULL OR place.provider = 'LOCAL' AND place.base_path IS NULL)
    ORDER BY sha256, media.id
) original;
INSERT INTO grown_original
SELECT place, 8, is_photo, CASE WHEN is_photo THEN 'image/jpeg' ELSE 'video/mp4' END, 60000 + place,
    encode(sha256(convert_to(is_photo || ' ' || place, 'UTF8')), 'hex'), 1280, 720, CASE WHEN NOT is_photo THEN 4000 END
FROM generate_series(1, 8) place, (VALUES (true), (false)) kind(is_photo)
WHERE NOT EXISTS (SELECT FROM grown_original o WHERE o.is_photo = kind.is_photo);

-- Each studio has eight photos and four videos, which its orders share.
CREATE TEMP TABLE grown_media ON COMMIT DROP AS
SELECT base.id + row_number() OVER (ORDER BY c.n, is_photo, o.place) AS id, c.n AS company, c.id AS company_id, c.created_at,
    is_photo, row_number() OVER (PARTITION BY c.n, is_photo ORDER BY o.place) AS place,
    mime_type, size_bytes, sha256, width, height, duration_ms
FROM grown_company c
JOIN grown_original o ON (o.place + c.n) % o.among < CASE WHEN o.is_photo THEN 8 ELSE 4 END,
    (SELECT coalesce(max(id), 0) AS id FROM media) base;
CREATE UNIQUE INDEX ON grown_media (company, is_photo, place);
