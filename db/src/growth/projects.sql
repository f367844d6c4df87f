INSERT INTO projects (id, company_id, name, status, created_at, updated_at, deleted_at, deletion_id)
SELECT p.id, p.company_id,
    pg_temp.pick(ARRAY['Свадьбы', 'Школьные альбомы', 'Новогодние открытки', 'Выпускные', 'Юбилеи', 'Крестины', 'City Prints',
        'Портреты', 'Календари', 'Weddings'], p.n, 45) || ' ' || to_char(p.created_at, 'YYYY') || ', ' || p.place,
    CASE WHEN pg_temp.chance(p.n, 46) < 0.85 THEN 'ACTIVE' WHEN pg_temp.chance(p.n, 46) < 0.95 THEN 'INACTIVE' ELSE 'ARCHIVED' END,
    p.created_at, p.created_at + (until - p.created_at) * pg_temp.chance(p.n, 47) * 0.1, p.deleted_at,
    CASE WHEN p.deleted_at = c.deleted_at THEN pg_temp.uuid_of('company ' || c.n)
         WHEN p.deleted_at IS NOT NULL THEN pg_temp.uuid_of('project ' || p.n) END
FROM grown_project p JOIN grown_company c ON c.n = p.company, growth ORDER BY p.id;
