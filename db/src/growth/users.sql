INSERT INTO users (id, email, hashed_password, full_name, is_active, last_login_at, created_at, updated_at)
SELECT base.id + row_number() OVER (ORDER BY c.n, place),
    (ARRAY['manager', 'editor', 'viewer'])[place] || '.' || c.id || '@studio.example', hashed_password,
    pg_temp.pick(ARRAY['Анна', 'Мария', 'Ольга', 'Елена', 'Дарья', 'Вера', 'Юлия', 'Lena', 'Katya', 'Нина'], c.n * 3 + place, 35)
        || ' ' ||
    pg_temp.pick(ARRAY['Громова', 'Орлова', 'Волкова', 'Белая', 'Соколова', 'Зайцева', 'Ковалёва', 'Hofmann', 'Lindqvist',
        'Ильина'], c.n * 3 + place, 36),
    pg_temp.chance(c.n * 3 + place, 37) < 0.97,
    CASE WHEN pg_temp.chance(c.n * 3 + place, 38) < 0.8
         THEN until - pg_temp.chance(c.n * 3 + place, 38) * interval '60 days' END,
    c.created_at, c.created_at
FROM grown_company c, generate_series(1, 3) place, growth, (SELECT coalesce(max(id), 0) AS id FROM users) base
ORDER BY c.n, place;
