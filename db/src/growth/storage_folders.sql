INSERT INTO storage_folders (id, company_id, storage_connection_id, name, path, folder_type, files_count, total_size_bytes,
    created_at, updated_at)
SELECT base.id + row_number() OVER (ORDER BY kept.id, folder.place), kept.company_id, kept.id,
    (ARRAY['Первая', 'Вторая'])[folder.place], (ARRAY['first', 'second'])[folder.place],
    (ARRAY['AR_CONTENT', 'VIDEOS', 'MARKERS', 'THUMBNAILS', 'QR_CODES', 'PORTRAITS', 'CUSTOM'])[1 + (2 * c.n + folder.place) % 7], floor(1000 * pg_temp.chance(kept.id, 92)),
    floor(100000000 * pg_temp.chance(kept.id, 93)), kept.created_at, kept.created_at
FROM grown_company c JOIN storage_connections kept ON kept.company_id = c.id AND kept.name = 'Архив',
    generate_series(1, 2) AS folder(place), (SELECT coalesce(max(id), 0) AS id FROM storage_folders) base
ORDER BY kept.id, folder.place;
