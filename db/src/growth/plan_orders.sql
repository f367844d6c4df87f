-- Orders, oldest first, so that the studios' rows lie mixed as they do in a table that grew. Three videos to each on
-- average; every twentieth has eight.
CREATE TEMP TABLE grown_content ON COMMIT DROP AS
WITH placed AS (
    SELECT c.n AS company, c.id AS company_id, c.projects, c.created_at AS opened, c.n * 1000000 + place AS mark,
        pg_temp.chance(c.n * 1000000 + place, 10) AS age
    FROM grown_company c, generate_series(1, c.contents) place
), dated AS (
    SELECT placed.*, opened + (until - interval '2 days' - opened) * age AS created_at FROM placed, growth
), numbered AS (
    SELECT row_number() OVER (ORDER BY created_at, mark) AS n,
        row_number() OVER (PARTITION BY company ORDER BY created_at, mark) AS number,
        row_number() OVER (ORDER BY pg_temp.chance(mark, 11), mark) AS shuffled, dated.*
    FROM dated
)
SELECT numbered.n, base.id + numbered.n AS id, numbered.company, numbered.company_id, p.id AS project_id, mark, number,
    numbered.created_at, pg_temp.chance(mark, 12) AS liked,
    (ARRAY[1,1,1,1,2,2,2,2,2,3,3,3,3,3,4,4,4,5,6,8])[1 + shuffled % 20] AS videos,
    CASE
        WHEN pg_temp.chance(mark, 13) < 0.90 THEN 'READY'
        WHEN pg_temp.chance(mark, 13) < 0.94 THEN 'ARCHIVED'
        WHEN pg_temp.chance(mark, 13) < 0.98 THEN 'PENDING'
        WHEN pg_temp.chance(mark, 13) < 0.99 THEN 'PROCESSING'
        ELSE 'FAILED'
    END AS status,
    (ARRAY[1,1,1,3,3,5])[1 + floor(6 * pg_temp.chance(mark, 14))] AS years,
    coalesce(p.deleted_at, CASE
        WHEN pg_temp.chance(mark, 15) < 0.02
        THEN numbered.created_at + (until - numbered.created_at) * pg_temp.chance(mark, 16)
    END) AS deleted_at,
    CASE WHEN pg_temp.chance(mark, 17) < 0.1 THEN 'PIN' WHEN pg_temp.chance(mark, 17) < 0.4 THEN 'SCHEDULE'
         WHEN pg_temp.chance(mark, 17) < 0.7 THEN 'ROTATION' ELSE 'DEFAULT' END AS source
FROM numbered
JOIN grown_project p ON p.company = numbered.company AND p.place = 1 + floor(numbered.projects * age), growth,
    (SELECT coalesce(max(id), 0) AS id FROM ar_content) base;

-- Views: a few orders are looked at by thousands, most by a handful.
CREATE TEMP TABLE grown_order ON COMMIT DROP AS
WITH ranked AS (
    SELECT n, row_number() OVER (ORDER BY liked, n) AS rank FROM grown_content WHERE status IN ('READY', 'ARCHIVED')
), summed AS (
    SELECT n, rank, sum(1.0 / (rank + 20)) OVER (ORDER BY rank) / sum(1.0 / (rank + 20)) OVER () AS share FROM ranked
), seen AS (
    SELECT n, (round(view_sessions * share) - lag(round(view_sessions * share), 1, 0) OVER (ORDER BY rank))::int AS views
    FROM summed, growth
)
SELECT c.*, coalesce(views, 0) AS views, base.id + coalesce(sum(c.videos) OVER before, 0) AS videos_after,
    coalesce(sum(views) OVER before, 0) AS views_after
FROM grown_content c LEFT JOIN seen USING (n), (SELECT coalesce(max(id), 0) AS id FROM videos) base
WINDOW before AS (ORDER BY n ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING);
CREATE UNIQUE INDEX ON grown_order (n);
ANALYZE grown_company, grown_project, grown_media, grown_order;
