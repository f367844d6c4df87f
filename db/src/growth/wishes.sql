-- What is wanted, one row of it; every other file reads it. All of it is gone with the transaction.
CREATE TEMP TABLE growth (
    companies bigint NOT NULL,
    contents bigint NOT NULL,
    view_sessions bigint NOT NULL,
    until timestamptz NOT NULL,
    hashed_password text NOT NULL,
    files_of bigint[] NOT NULL
) ON COMMIT DROP;

-- From 0 up to, not including, 1: always the same for the same number and matter.
CREATE FUNCTION pg_temp.chance(number bigint, matter bigint) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (hashint8extended(number, matter) & 4294967295)::float8 / 4294967296;

CREATE FUNCTION pg_temp.pick(list text[], number bigint, matter bigint) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN list[1 + floor(pg_temp.chance(number, matter) * cardinality(list))];

-- A UUID that looks like a random one.
CREATE FUNCTION pg_temp.uuid_of(what text) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN overlay(overlay(md5(what) PLACING '4' FROM 13) PLACING 'a' FROM 17)::uuid;

SET LOCAL TimeZone = 'UTC';
-- Sorting a million views is worth the memory.
SET LOCAL work_mem = '128MB';
SET LOCAL jit = off;
