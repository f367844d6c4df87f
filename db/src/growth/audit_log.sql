INSERT INTO audit_log (id, company_id, entity_type, entity_id, action, changes, actor_kind, created_at)
SELECT base.id + row_number() OVER (ORDER BY o.n), o.company_id, 'arContent', o.id, 'arContentCreate',
    jsonb_build_object('order_number', jsonb_build_object('from', NULL, 'to', content.order_number)), 'SYSTEM', o.created_at
FROM grown_order o JOIN ar_content content ON content.id = o.id, (SELECT coalesce(max(id), 0) AS id FROM audit_log) base
ORDER BY o.n;
