DROP TABLE view_rollup_progress, view_rollup_states, view_rollups;
