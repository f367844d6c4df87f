-- Of half of the orders the customer was written to; some mail did not arrive.
INSERT INTO email_queue (id, company_id, recipient_to, subject, body, status, attempts, last_error, priority, scheduled_at,
    sent_at, created_at, updated_at)
SELECT base.id + row_number() OVER (ORDER BY o.id), o.company_id, 'customer' || o.id || '@example.com',
    'Ваш заказ ' || o.number, 'Ваш заказ готов.', mail.status, 1, NULL, 5, o.created_at,
    CASE WHEN mail.status = 'SENT' THEN o.created_at END, o.created_at, o.created_at
FROM grown_order o
CROSS JOIN LATERAL (SELECT CASE WHEN pg_temp.chance(o.mark, 106) < 0.95 THEN 'SENT' ELSE 'FAILED' END AS status) mail,
    (SELECT coalesce(max(id), 0) AS id FROM email_queue) base
WHERE pg_temp.chance(o.mark, 107) < 0.5
ORDER BY o.id;
