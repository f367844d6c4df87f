-- Of half of the orders people were told that they are there.
INSERT INTO notifications (id, company_id, project_id, ar_content_id, notification_type, subject, message, email_sent,
    email_sent_at, email_attempts, read_at, created_at)
SELECT base.id + row_number() OVER (ORDER BY o.id), o.company_id, o.project_id, o.id,
    pg_temp.pick(ARRAY['AR_CONTENT_CREATED', 'AR_READY', 'EXPIRY_WARNING'], o.mark, 103), 'Заказ ' || o.number,
    'Заказ ' || o.number || ' готов', true, o.created_at, 1,
    CASE WHEN pg_temp.chance(o.mark, 104) < 0.8 THEN o.created_at + interval '1 hour' END, o.created_at
FROM grown_order o, (SELECT coalesce(max(id), 0) AS id FROM notifications) base
WHERE pg_temp.chance(o.mark, 105) < 0.5
ORDER BY o.id;
