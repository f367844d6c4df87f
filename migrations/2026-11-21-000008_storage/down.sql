ALTER TABLE media DROP COLUMN storage_connection_id;
DROP TABLE storage_folders, storage_connections;
