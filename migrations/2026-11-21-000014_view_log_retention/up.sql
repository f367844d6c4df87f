-- Up to where the log of views was dropped for its age: one row. Without it nobody could tell events that are gone from
-- positions that a transaction took and never used.
CREATE TABLE view_log_retention (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    dropped_through bigint NOT NULL
);
INSERT INTO view_log_retention (dropped_through) VALUES (0);

-- Drops the partition of one UTC day and says, in the same transaction, how far its events went. Nothing is dropped that
-- goes further than what was consumed already. It answers whether the partition is gone.
CREATE FUNCTION view_events_drop_day(day date, consumed_through bigint) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    part text := 'view_events_' || to_char(day, 'YYYYMMDD');
    newest bigint;
BEGIN
    IF to_regclass(part) IS NULL THEN
        RETURN false;
    END IF;
    -- The locks that dropping takes anyway, before it is looked: nobody can add to the day any more.
    EXECUTE format('LOCK TABLE ONLY view_events, %I IN ACCESS EXCLUSIVE MODE', part);
    EXECUTE format('SELECT coalesce(max(position), 0) FROM %I', part) INTO newest;
    IF newest > consumed_through THEN
        RETURN false;
    END IF;
    UPDATE view_log_retention SET dropped_through = greatest(dropped_through, newest);
    EXECUTE format('DROP TABLE %I', part);
    RETURN true;
END $$;
