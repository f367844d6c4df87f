-- When each view began: over the last year, more often in the evening and at the weekend.
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
)
SELECT row_number() OVER (ORDER BY started_at, mark) AS n, base.id + row_number() OVER (ORDER BY started_at, mark) AS id,
    content, mark, started_at
FROM (
    SELECT content, mark, (seen_on::timestamp AT TIME ZONE 'UTC')
        + (6 + 9 * (pg_temp.chance(mark, 22) + pg_temp.chance(mark, 23)) - 0.001) * interval '1 hour' AS started_at
    FROM moved
) view, (SELECT coalesce(max(id), 0) AS id FROM ar_view_sessions) base;
CREATE UNIQUE INDEX ON grown_view (n);
ANALYZE grown_view;
