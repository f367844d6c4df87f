DROP TABLE audit_log, idempotency_keys, settings;
DROP EXTENSION IF EXISTS pg_trgm;
DROP EXTENSION IF EXISTS btree_gist;
