-- A second place beside the program's own folder, which nothing is in.
INSERT INTO storage_connections (id, company_id, name, provider, bucket, base_path, is_active, last_tested_at, test_status,
    test_error, created_at, updated_at, deleted_at, deletion_id)
SELECT base.id + c.n, c.id, 'Архив', kept.provider, CASE kept.provider WHEN 'S3' THEN 'studio-' || c.id END, 'archive',
    pg_temp.chance(c.n, 90) < 0.9, CASE WHEN kept.test_status IS NOT NULL THEN c.created_at + interval '1 hour' END,
    kept.test_status, CASE kept.test_status WHEN 'ERROR' THEN 'nobody listens there' END, c.created_at, c.created_at,
    c.deleted_at, company.deletion_id
FROM grown_company c
JOIN companies company ON company.id = c.id
CROSS JOIN LATERAL (
    SELECT CASE WHEN pg_temp.chance(c.n, 91) < 0.2 THEN 'S3' ELSE 'LOCAL' END AS provider,
        CASE WHEN pg_temp.chance(c.n, 94) < 0.4 THEN 'SUCCESS' WHEN pg_temp.chance(c.n, 94) < 0.5 THEN 'ERROR' END AS test_status
) kept, (SELECT coalesce(max(id), 0) AS id FROM storage_connections) base
ORDER BY c.n;
