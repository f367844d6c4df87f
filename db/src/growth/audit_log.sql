-- Every order was made by somebody of its studio, or by a program of it.
INSERT INTO audit_log (id, company_id, entity_type, entity_id, action, changes, actor_kind, actor_id, actor_email, request_id,
    created_at)
SELECT base.id + row_number() OVER (ORDER BY o.n), o.company_id, 'arContent', o.id, 'arContentCreate',
    jsonb_build_object('order_number', jsonb_build_object('from', NULL, 'to', content.order_number)), actor.kind,
    CASE actor.kind WHEN 'USER' THEN people.id WHEN 'API_KEY' THEN key.id END,
    CASE actor.kind WHEN 'USER' THEN people.email END,
    CASE WHEN actor.kind <> 'SYSTEM' THEN pg_temp.uuid_of('request ' || o.id)::text END, o.created_at
FROM grown_order o
JOIN ar_content content ON content.id = o.id
JOIN users people ON lower(people.email) = 'editor.' || o.company_id || '@studio.example'
JOIN api_keys key ON key.prefix = left(md5('key ' || o.company_id || ' 1'), 16)
CROSS JOIN LATERAL (
    SELECT CASE WHEN pg_temp.chance(o.mark, 95) < 0.7 THEN 'USER' WHEN pg_temp.chance(o.mark, 95) < 0.95 THEN 'API_KEY'
                ELSE 'SYSTEM' END AS kind
) actor, (SELECT coalesce(max(id), 0) AS id FROM audit_log) base
ORDER BY o.n;
