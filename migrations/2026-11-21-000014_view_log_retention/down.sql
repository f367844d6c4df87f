DROP FUNCTION view_events_drop_day(date, bigint);
DROP TABLE view_log_retention;
