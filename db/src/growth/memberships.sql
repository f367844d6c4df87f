INSERT INTO memberships (id, company_id, user_id, role, created_at)
SELECT base.id + row_number() OVER (ORDER BY c.n, place), c.id, u.id, (ARRAY['MANAGER', 'EDITOR', 'VIEWER'])[place], c.created_at
FROM grown_company c, generate_series(1, 3) place
JOIN LATERAL (
    SELECT id FROM users
    WHERE lower(email) = (ARRAY['manager', 'editor', 'viewer'])[place] || '.' || c.id || '@studio.example'
) u ON true, (SELECT coalesce(max(id), 0) AS id FROM memberships) base
ORDER BY c.n, place;
