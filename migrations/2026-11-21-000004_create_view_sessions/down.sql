DROP FUNCTION view_events_make_day(date);
DROP TABLE view_events, ar_view_sessions CASCADE;
