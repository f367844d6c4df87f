-- Rollups are made anew: nobody knows with which time zone data those were made that are there.
DELETE FROM view_rollup_states;
DELETE FROM view_rollups;
-- The version of the time zone data with which the edges of days and months were found. With other data they lie elsewhere.
ALTER TABLE view_rollup_states ADD COLUMN time_zone_data text NOT NULL DEFAULT '';
