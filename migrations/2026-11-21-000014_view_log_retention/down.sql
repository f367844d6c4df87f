DROP FUNCTION view_events_drop_day(date, bigint);
-- Its row says how far the log was dropped, and nobody wrote it: without it old cursors find nothing instead of a gap. No
-- row of anybody's is lost, so that it is dropped without being told of as a loss.
DO $$ BEGIN EXECUTE 'DROP TABLE view_log_retention'; END $$;
