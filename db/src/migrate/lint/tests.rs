use super::*;

fn migration(up: &'static str, in_transaction: bool) -> Migration {
    Migration { name: "2026-11-21-000009_tried", up, down: "", in_transaction }
}

/// The names of the rules that a text breaks.
fn broken(up: &'static str) -> Vec<&'static str> {
    lint(&migration(up, true)).iter().map(|finding| finding.rule.name).collect()
}

#[test]
fn what_rewrites_or_blocks_a_table_is_named() {
    for (up, rule) in [
        ("ALTER TABLE a ADD COLUMN b uuid NOT NULL DEFAULT gen_random_uuid()", "add-column-rewrites"),
        ("ALTER TABLE a ADD b int, ADD COLUMN c timestamptz DEFAULT clock_timestamp()", "add-column-rewrites"),
        ("ALTER TABLE a ADD b bigserial", "add-column-rewrites"),
        ("ALTER TABLE a ADD b int GENERATED ALWAYS AS (c + 1) STORED", "add-column-rewrites"),
        ("ALTER TABLE a ADD b text NOT NULL", "add-column-not-null"),
        ("ALTER TABLE a ADD CONSTRAINT c CHECK (b > 0)", "add-constraint"),
        ("ALTER TABLE IF EXISTS ONLY public.a ADD FOREIGN KEY (b) REFERENCES c (d)", "add-constraint"),
        ("ALTER TABLE a ADD UNIQUE (b)", "add-constraint"),
        ("ALTER TABLE a ADD COLUMN b bigint REFERENCES c (id)", "add-constraint"),
        ("ALTER TABLE a ADD b text CHECK (char_length(b) < 9)", "add-constraint"),
        ("CREATE INDEX b ON a (c)", "create-index"),
        ("create unique index if not exists b on a (c) where d is null", "create-index"),
        ("CREATE TABLE other (id int); CREATE INDEX b ON a (c)", "create-index"),
        ("ALTER TABLE a ALTER COLUMN b TYPE bigint USING b::bigint", "column-type"),
        ("ALTER TABLE a ALTER b SET DATA TYPE text", "column-type"),
        ("ALTER TABLE a ALTER b SET NOT NULL", "set-not-null"),
        ("DROP TABLE a", "drop"),
        ("ALTER TABLE a DROP b", "drop"),
        ("ALTER TABLE a DROP COLUMN IF EXISTS b CASCADE", "drop"),
        ("TRUNCATE a", "drop"),
        ("ALTER TABLE a RENAME TO b", "rename"),
        ("ALTER TABLE a RENAME COLUMN b TO c", "rename"),
        ("LOCK TABLE a IN ACCESS EXCLUSIVE MODE", "lock-table"),
        ("UPDATE a SET b = 'where'", "unbounded-write"),
        ("DELETE FROM a -- where\n", "unbounded-write"),
        ("CLUSTER a USING b", "rewrite"),
        ("CREATE INDEX CONCURRENTLY b ON a (c)", "concurrently-in-transaction"),
        ("COMMIT", "transaction-control"),
    ] {
        assert_eq!(broken(up), [rule], "{up}");
    }
    assert_eq!(broken("VACUUM (FULL) a"), ["concurrently-in-transaction", "rewrite"]);
    assert_eq!(broken("ALTER TABLE a DROP b, RENAME c TO d"), ["drop", "rename"]);
}

#[test]
fn what_holds_up_nobody_is_not_named() {
    for up in [
        "ALTER TABLE a ADD COLUMN b int",
        "ALTER TABLE a ADD b varchar(9) NOT NULL DEFAULT 'random()'::varchar(9)",
        "ALTER TABLE a ADD b timestamptz NOT NULL DEFAULT now(), ADD c boolean DEFAULT false",
        "ALTER TABLE a ADD CONSTRAINT c CHECK (b > 0) NOT VALID",
        "ALTER TABLE a ADD CONSTRAINT c UNIQUE USING INDEX d",
        "ALTER TABLE a VALIDATE CONSTRAINT c; ALTER TABLE a ALTER b SET NOT NULL",
        "ALTER TABLE a ALTER b DROP NOT NULL, ALTER b SET DEFAULT gen_random_uuid(), DROP CONSTRAINT c",
        "CREATE TABLE IF NOT EXISTS a (b int); CREATE INDEX ON a (b); ALTER TABLE public.A ADD UNIQUE (b); UPDATE a SET b = 1",
        "UPDATE a SET b = 1 WHERE c",
        "DROP INDEX b; ALTER INDEX b RENAME TO c",
        "CREATE FUNCTION f() RETURNS void LANGUAGE sql AS $$ DROP TABLE a; LOCK TABLE b $$",
        "-- DROP TABLE a;\nSELECT 'DROP TABLE a;'",
    ] {
        assert_eq!(broken(up), Vec::<&str>::new(), "{up}");
    }
}

#[test]
fn outside_of_a_transaction_a_way_back_stands_a_half() {
    let concurrent =
        Migration { down: "DROP INDEX CONCURRENTLY b", ..migration("CREATE INDEX CONCURRENTLY b ON a (c)", false) };
    let found = lint(&concurrent);
    assert_eq!((found.len(), found[0].rule.name, found[0].file), (1, "half-reverted", "down.sql"));
    assert!(lint(&Migration { down: "DROP INDEX CONCURRENTLY IF EXISTS b", ..concurrent }).is_empty());
}

#[test]
fn a_finding_is_accepted_with_a_reason_and_nothing_else_is() {
    let up = "-- lint: accepted drop, rename: nothing was released yet\nDROP TABLE a;\n\nALTER TABLE b RENAME TO c";
    let found = lint(&migration(up, true));
    assert_eq!(found.len(), 2);
    assert!(found.iter().all(|finding| finding.accepted.as_deref() == Some("nothing was released yet")));
    let told = "drop, accepted: nothing was released yet\n  up.sql:2: DROP TABLE a\n\
                rename, accepted: nothing was released yet\n  up.sql:4: ALTER TABLE b RENAME TO c\n";
    assert_eq!(report(&found), told);

    assert_eq!(broken("-- lint: accepted drop: it is empty\nSELECT 1"), ["acceptance"]);
    assert_eq!(broken("-- lint: accepted drop:\nDROP TABLE a"), ["drop", "acceptance"]);
    let found = lint(&migration("-- lint: accepted rename: no\nDROP TABLE a", true));
    assert!(found.iter().all(|finding| finding.accepted.is_none()));
}

#[test]
fn the_migrations_hold_up_nobody_or_say_why() {
    for migration in super::super::Migrations::embedded().all() {
        let mut open = lint(migration);
        open.retain(|finding| finding.accepted.is_none());
        assert!(open.is_empty(), "{}\n{}", migration.name, report(&open));
    }
}
