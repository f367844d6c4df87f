ALTER TABLE ar_content DROP COLUMN folder_id;
DROP TABLE folders;
