ALTER TABLE ar_content DROP COLUMN client_id;
DROP TABLE clients;
