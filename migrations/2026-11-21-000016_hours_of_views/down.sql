DELETE FROM view_rollup_states;
DELETE FROM view_rollups;
ALTER TABLE view_rollups
    DROP CONSTRAINT view_rollups_facet_check,
    ADD CONSTRAINT view_rollups_facet_check CHECK (facet IN ('TOTAL', 'DEVICE', 'CONTENT', 'SOURCE', 'CITY')),
    DROP COLUMN hour;
ALTER TABLE view_rollup_states DROP COLUMN time_zone_data;
