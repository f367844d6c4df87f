-- Three folders to a project, the third one inside the first.
INSERT INTO folders (id, company_id, project_id, parent_id, parent_path, name, sort_order, is_active, created_at, updated_at,
    deleted_at, deletion_id)
SELECT p.folders_after + folder.place, p.company_id, p.id, CASE WHEN folder.place = 3 THEN p.folders_after + 1 END,
    CASE WHEN folder.place = 3 THEN '/Готово' ELSE '' END, (ARRAY['Готово', 'В работе', 'Отдано заказчику'])[folder.place], folder.place,
    pg_temp.chance(p.n * 3 + folder.place, 48) < 0.95, p.created_at, p.created_at, p.deleted_at, project.deletion_id
FROM grown_project p JOIN projects project ON project.id = p.id, generate_series(1, 3) AS folder(place)
ORDER BY p.folders_after + folder.place;
