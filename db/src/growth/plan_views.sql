-- When each view began: over the last year, more often in the evening and at the weekend; and who looked.
CREATE TEMP TABLE grown_view ON COMMIT DROP AS
WITH dated AS (
    SELECT o.n AS content, o.views_after + place AS mark,
        greatest(o.created_at, until - interval '365 days')::date + 1 AS first_day, until::date AS last_day
    FROM grown_order o, generate_series(1, o.views) place, growth
), on_days AS (
    SELECT dated.*, first_day + floor((last_day - first_day) * pg_temp.chance(mark, 20))::int AS day FROM dated
), moved AS (
    SELECT on_days.*,
        CASE WHEN extract(isodow FROM day) IN (2, 3) AND day + 4 < last_day AND pg_temp.chance(mark, 21) < 0.4
             THEN day + 4 ELSE day END AS seen_on
    FROM on_days
), timed AS (
    SELECT content, mark, (seen_on::timestamp AT TIME ZONE 'UTC')
        + (6 + 9 * (pg_temp.chance(mark, 22) + pg_temp.chance(mark, 23)) - 0.001) * interval '1 hour' AS started_at
    FROM moved
), crowded AS (
    SELECT timed.*, o.company_id, o.project_id, count(*) OVER (PARTITION BY o.company_id, started_at::date) AS on_that_day
    FROM timed JOIN grown_order o ON o.n = timed.content
), looked AS (
    -- On most days most viewers look once.
    SELECT crowded.*, hashint8extended(company_id * 100000 + (started_at::date - date '2000-01-01'),
        floor(on_that_day * 0.8 * pg_temp.chance(mark, 24))::bigint) AS viewer
    FROM crowded
)
SELECT row_number() OVER (ORDER BY started_at, mark) AS n, base.id + row_number() OVER (ORDER BY started_at, mark) AS id,
    content, mark, started_at, viewer,
    row_number() OVER (PARTITION BY company_id, viewer ORDER BY started_at, mark) = 1 AS first_in_company,
    row_number() OVER (PARTITION BY company_id, viewer, project_id ORDER BY started_at, mark) = 1 AS first_in_project,
    row_number() OVER (PARTITION BY company_id, viewer, content ORDER BY started_at, mark) = 1 AS first_in_ar_content
FROM looked, (SELECT coalesce(max(id), 0) AS id FROM ar_view_sessions) base;
CREATE UNIQUE INDEX ON grown_view (n);
ANALYZE grown_view;
