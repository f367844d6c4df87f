-- A second place beside the program's own folder, which nothing is in.
INSERT INTO storage_connections (id, company_id, name, provider, base_path, is_active, last_tested_at, test_status, created_at,
    updated_at, deleted_at, deletion_id)
SELECT base.id + c.n, c.id, 'Архив', 'LOCAL', 'archive', pg_temp.chance(c.n, 90) < 0.9, tested.at,
    CASE WHEN tested.at IS NOT NULL THEN 'SUCCESS' END, c.created_at, c.created_at, c.deleted_at, company.deletion_id
FROM grown_company c
JOIN companies company ON company.id = c.id
CROSS JOIN LATERAL (SELECT CASE WHEN pg_temp.chance(c.n, 91) < 0.5 THEN c.created_at + interval '1 hour' END AS at) tested,
    (SELECT coalesce(max(id), 0) AS id FROM storage_connections) base
ORDER BY c.n;
