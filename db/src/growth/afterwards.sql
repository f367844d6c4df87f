-- That it was done, and how much, is known from now on; it is done once.
INSERT INTO settings (name, value)
SELECT 'growth', jsonb_build_object('companies', companies, 'contents', contents, 'view_sessions', view_sessions) FROM growth;
;
-- The counters of the orders have the views of the log already.
UPDATE view_rollup_progress SET rolled_through = (SELECT coalesce(max(position), 0) FROM view_events)
