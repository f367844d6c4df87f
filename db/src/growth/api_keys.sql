-- Keys that nobody knows the secret of.
INSERT INTO api_keys (id, company_id, name, prefix, secret_sha256, role, scopes, expires_at, last_used_at, revoked_at, created_at)
SELECT base.id + row_number() OVER (ORDER BY c.n, place), c.id, (ARRAY['Сайт', 'Касса'])[place],
    left(md5('key ' || c.id || ' ' || place), 16), sha256(convert_to('secret ' || c.id || ' ' || place, 'UTF8')),
    (ARRAY['EDITOR', 'VIEWER'])[place], ARRAY['READ'], CASE WHEN pg_temp.chance(c.n * 2 + place, 43) < 0.8 THEN until + pg_temp.chance(c.n * 2 + place, 43) * interval '300 days' END,
    CASE WHEN pg_temp.chance(c.n * 2 + place, 40) < 0.7 THEN until - pg_temp.chance(c.n, 41) * interval '30 days' END,
    CASE WHEN pg_temp.chance(c.n * 2 + place, 42) < 0.1 THEN until - interval '9 days' END, c.created_at
FROM grown_company c, generate_series(1, 2) place, growth, (SELECT coalesce(max(id), 0) AS id FROM api_keys) base
ORDER BY c.n, place;
