INSERT INTO companies (id, name, slug, contact_email, status, time_zone, created_at, updated_at, deleted_at, deletion_id)
SELECT id,
    pg_temp.pick(ARRAY['Студия «Рассвет»', 'Фото-Град', 'Мастерская «Кадр»', 'Живые снимки', 'Printwerk', 'Светопись',
        'Северный свет', 'Alba Studio', 'Семейный альбом', 'Atelier Nord', 'Ретушь и Ко', 'Bright Prints'], n, 30) || ' ' || n,
    'studio-' || id, CASE WHEN pg_temp.chance(n, 33) < 0.9 THEN 'hello' || n || '@studio.example' END,
    CASE WHEN pg_temp.chance(n, 31) < 0.95 THEN 'ACTIVE' WHEN pg_temp.chance(n, 31) < 0.98 THEN 'SUSPENDED' ELSE 'ARCHIVED' END,
    pg_temp.pick(ARRAY['Europe/Moscow', 'Europe/Moscow', 'Europe/Samara', 'Asia/Yekaterinburg', 'Asia/Novosibirsk',
        'Asia/Almaty', 'Europe/Berlin', 'Europe/Paris'], n, 32),
    created_at, created_at, deleted_at, CASE WHEN deleted_at IS NOT NULL THEN pg_temp.uuid_of('company ' || n) END
FROM grown_company ORDER BY id;
