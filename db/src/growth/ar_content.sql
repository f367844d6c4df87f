INSERT INTO ar_content (id, company_id, project_id, folder_id, client_id, photo_media_id, unique_id, order_number, customer_name,
    customer_phone, customer_email, duration_years, expires_at, views_count, status, content_metadata, created_at, updated_at, deleted_at,
    deletion_id)
SELECT o.id, o.company_id, o.project_id,
    CASE WHEN pg_temp.chance(o.mark, 53) < 0.4 THEN p.folders_after + 1 + floor(3 * pg_temp.chance(o.mark, 54)) END,
    CASE WHEN pg_temp.chance(o.mark, 101) < 0.3
         THEN client.before + (o.company - 1) * 20 + 1 + floor(20 * pg_temp.chance(o.mark, 102)) END,
    CASE WHEN o.status <> 'PENDING' THEN m.id END, pg_temp.uuid_of('order ' || o.id),
    to_char(o.created_at, 'YYYY') || '-' || lpad(o.number::text, 6, '0'),
    CASE WHEN pg_temp.chance(o.mark, 55) < 0.95 THEN
        pg_temp.pick(ARRAY['Анна', 'Пётр', 'Мария', 'Илья', 'Ольга', 'Денис', 'Дарья', 'Антон', 'Вера', 'Глеб', 'Юлия', 'Артём',
            'Елена', 'Роман', 'Katya', 'Max', 'Lena', 'Фёдор', 'Нина', 'Захар'], o.mark, 56) || ' ' ||
        pg_temp.pick(ARRAY['Смирнов', 'Орлов', 'Волков', 'Белый', 'Соколов', 'Зайцев', 'Ковалёв', 'Никитин', 'Фёдоров', 'Громов',
            'Лапин', 'Ильин', 'Lindqvist', 'Hofmann', 'Шевченко', 'Ахметов', 'Цой', 'Щербаков', 'Ежов', 'Юдин'], o.mark, 57) ||
        CASE WHEN pg_temp.chance(o.mark, 58) < 0.3 THEN ' и Ко' ELSE '' END
    END,
    CASE WHEN pg_temp.chance(o.mark, 59) < 0.9
         THEN '+7 9' || lpad(floor(pg_temp.chance(o.mark, 60) * 1000000000)::bigint::text, 9, '0') END,
    CASE WHEN pg_temp.chance(o.mark, 61) < 0.7 THEN 'customer' || o.id || '@example.com' END,
    o.years, o.created_at + o.years * interval '1 year', o.views, o.status,
    jsonb_build_object('paper', pg_temp.pick(ARRAY['matte', 'glossy', 'canvas'], o.mark, 62), 'format', '20x30'),
    o.created_at, o.created_at + (until - o.created_at) * pg_temp.chance(o.mark, 63) * 0.1, o.deleted_at,
    CASE WHEN o.deleted_at IS NULL THEN NULL
         WHEN o.deleted_at = c.deleted_at THEN pg_temp.uuid_of('company ' || c.n)
         WHEN o.deleted_at = p.deleted_at THEN pg_temp.uuid_of('project ' || p.n)
         ELSE pg_temp.uuid_of('deleted order ' || o.id) END
FROM grown_order o
JOIN grown_company c ON c.n = o.company
JOIN grown_project p ON p.id = o.project_id
JOIN grown_media m ON m.company = o.company AND m.is_photo AND m.place = 1 + o.n % 8, growth,
    (SELECT max(id) - 20 * (SELECT count(*) FROM grown_company) AS before FROM clients) client
ORDER BY o.id;
