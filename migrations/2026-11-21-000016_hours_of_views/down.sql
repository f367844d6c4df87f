ALTER TABLE view_rollup_states DROP COLUMN time_zone_data;
