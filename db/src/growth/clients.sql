-- Twenty clients to a studio.
INSERT INTO clients (id, company_id, name, phone, email, address, notes, is_active, created_at, updated_at, deleted_at,
    deletion_id)
SELECT base.id + (c.n - 1) * 20 + client.place, c.id,
    pg_temp.pick(ARRAY['Смирнова', 'Орлов', 'Волков', 'Белая', 'Соколов', 'Зайцева', 'Lindqvist', 'Hofmann'],
        c.n * 20 + client.place, 97) || ' ' || c.n || '-' || client.place,
    CASE WHEN pg_temp.chance(c.n * 20 + client.place, 108) < 0.9
         THEN '+7 8' || lpad(floor(pg_temp.chance(c.n * 20 + client.place, 98) * 1000000000)::bigint::text, 9, '0') END,
    CASE WHEN pg_temp.chance(c.n * 20 + client.place, 99) < 0.8
         THEN 'client.' || c.n || '.' || client.place || '@example.com' END,
    NULL, NULL, pg_temp.chance(c.n * 20 + client.place, 100) < 0.95, c.created_at, c.created_at, c.deleted_at,
    CASE WHEN c.deleted_at IS NOT NULL THEN pg_temp.uuid_of('company ' || c.n) END
FROM grown_company c, generate_series(1, 20) AS client(place), (SELECT coalesce(max(id), 0) AS id FROM clients) base
ORDER BY c.n, client.place;
