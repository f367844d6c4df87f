//! The rules, and which of them a statement breaks.

use super::super::sql::{Kind, Reader, Token};
use super::{Rule, Seen};

const ADD_COLUMN: Rule = Rule {
    name: "add-column-rewrites",
    harm: "The whole table is written anew, and nobody reads or writes it meanwhile",
    advice: "Add the column empty, give it its default in a statement of its own, and fill the rows in batches",
};
const ADD_COLUMN_NOT_NULL: Rule = Rule {
    name: "add-column-not-null",
    harm: "It fails as soon as the table has a row, and processes of the version before cannot insert",
    advice: "Give it a constant DEFAULT, or let it be NULL until it is filled",
};
const ADD_CONSTRAINT: Rule = Rule {
    name: "add-constraint",
    harm: "Every row is checked while nobody writes the table",
    advice: "Add it NOT VALID and VALIDATE CONSTRAINT in a later migration; make a unique one USING an INDEX that was \
             built CONCURRENTLY",
};
const CREATE_INDEX: Rule = Rule {
    name: "create-index",
    harm: "Nobody writes the table until the index is built",
    advice: "CREATE INDEX CONCURRENTLY, in a migration whose metadata.toml says run_in_transaction = false",
};
const COLUMN_TYPE: Rule = Rule {
    name: "column-type",
    harm: "The whole table and its indexes may be written anew, and nobody reads or writes it meanwhile",
    advice: "Add a column of the new type, write both, fill it in batches, and drop the old one a version later",
};
const SET_NOT_NULL: Rule = Rule {
    name: "set-not-null",
    harm: "Every row is read while nobody reads or writes the table",
    advice: "Add CHECK (... IS NOT NULL) NOT VALID, VALIDATE it in a later migration, and only then SET NOT NULL",
};
const DROP: Rule = Rule {
    name: "drop",
    harm: "Processes of the version before still read it until they are replaced",
    advice: "Ship a version that does not name it, and drop it in a migration of the one after",
};
const RENAME: Rule = Rule {
    name: "rename",
    harm: "Processes of the version before know only the old name until they are replaced",
    advice: "Add the new one beside it, write both, and drop the old one a version later",
};
const LOCK_TABLE: Rule = Rule {
    name: "lock-table",
    harm: "Everybody waits until the migration ends",
    advice: "Do without: statements take the locks that they need",
};
const UNBOUNDED_WRITE: Rule = Rule {
    name: "unbounded-write",
    harm: "Every row is written and stays locked until the migration ends",
    advice: "Write in batches with a WHERE, by a job rather than a migration",
};
const REWRITE: Rule = Rule {
    name: "rewrite",
    harm: "The whole table is written anew, and nobody reads or writes it meanwhile",
    advice: "Leave it to autovacuum, or do it by hand in a quiet hour",
};
const CONCURRENTLY: Rule = Rule {
    name: "concurrently-in-transaction",
    harm: "PostgreSQL refuses CONCURRENTLY and VACUUM in a transaction",
    advice: "Move it to a migration of its own whose metadata.toml says run_in_transaction = false",
};
const TRANSACTION_CONTROL: Rule = Rule {
    name: "transaction-control",
    harm: "What follows a COMMIT is not rolled back when the migration fails",
    advice: "Leave it out: a migration runs in a transaction of its own, unless its metadata.toml says otherwise",
};
const HALF_REVERTED: Rule = Rule {
    name: "half-reverted",
    harm: "A migration that runs in no transaction can stop half-way, and this would fail where the half is missing",
    advice: "Say IF EXISTS in each statement of its down.sql",
};
/// A comment that accepts what is not there, or says no reason.
pub(super) const ACCEPTANCE: Rule = Rule {
    name: "acceptance",
    harm: "It accepts what this migration does not do, or does not say why",
    advice: "Write -- lint: accepted <rule>: <the reason>, or leave it out",
};

/// Functions that give every row of one statement the same value: then a default is no rewrite.
const STEADY: [&str; 6] =
    ["now", "transaction_timestamp", "statement_timestamp", "current_setting", "make_interval", "to_timestamp"];

/// Which rules a statement of `up.sql` breaks.
pub(super) fn broken_by(words: Reader<'_, '_>, seen: &Seen, in_transaction: bool) -> Vec<&'static Rule> {
    let mut broken = Vec::new();
    let is_concurrent = words.has("concurrently") || starts(words, "vacuum");
    if is_concurrent && in_transaction {
        broken.push(&CONCURRENTLY);
    }
    broken.extend(transaction_control(words, in_transaction));
    let mut rest = words;
    if starts(words, "vacuum") && words.has("full") || starts(words, "cluster") {
        broken.push(&REWRITE);
    } else if rest.pass("lock") {
        broken.push(&LOCK_TABLE);
    } else if rest.pass("drop") {
        let drops = ["table", "view", "materialized view", "function", "type", "sequence", "schema"];
        broken.extend(drops.iter().any(|what| starts(rest, what)).then_some(&DROP));
    } else if rest.pass("truncate") {
        broken.push(&DROP);
    } else if rest.pass("create index") || rest.pass("create unique index") {
        let on = pass_until(&mut rest, "on") && !rest.pass("only");
        let is_ours = on && rest.name().is_some_and(|table| seen.made.contains(&table));
        broken.extend((!is_ours && !words.has("concurrently")).then_some(&CREATE_INDEX));
    } else if rest.pass("update") || rest.pass("delete from") {
        rest.pass("only");
        let is_ours = rest.name().is_some_and(|table| seen.made.contains(&table));
        broken.extend((!is_ours && !words.has("where")).then_some(&UNBOUNDED_WRITE));
    } else if let Some(table) = altered_table(&mut rest) {
        if !seen.made.contains(&table) {
            let is_validated = seen.validated.contains(&table);
            broken.extend(rest.list().into_iter().filter_map(|action| broken_by_action(action, is_validated)));
        }
    } else if rest.pass("alter view") || rest.pass("alter type") || rest.pass("alter function") {
        broken.extend(rest.has("rename").then_some(&RENAME));
    }
    broken.dedup();
    broken
}

/// Which rules a statement of `down.sql` breaks. What it drops and locks is what reverting means.
pub(super) fn broken_on_the_way_back(words: Reader<'_, '_>, in_transaction: bool) -> Vec<&'static Rule> {
    let mut broken: Vec<&'static Rule> = transaction_control(words, in_transaction).into_iter().collect();
    if words.has("concurrently") && in_transaction {
        broken.push(&CONCURRENTLY);
    }
    if !in_transaction && !words.has("if exists") {
        broken.push(&HALF_REVERTED);
    }
    broken
}

fn transaction_control(words: Reader<'_, '_>, in_transaction: bool) -> Option<&'static Rule> {
    let controls = ["begin", "commit", "rollback", "end", "start transaction", "savepoint"];
    (in_transaction && controls.iter().any(|control| starts(words, control))).then_some(&TRANSACTION_CONTROL)
}

/// What one part of an ALTER TABLE breaks.
fn broken_by_action(mut action: Reader<'_, '_>, is_validated: bool) -> Option<&'static Rule> {
    if action.pass("rename") {
        return Some(&RENAME);
    }
    if action.pass("drop") {
        let harmless = ["constraint", "expression", "identity"];
        return (!harmless.iter().any(|what| starts(action, what))).then_some(&DROP);
    }
    if action.pass("alter") {
        action.pass("column");
        action.name()?;
        return if starts(action, "type") || starts(action, "set data type") {
            Some(&COLUMN_TYPE)
        } else {
            (starts(action, "set not null") && !is_validated).then_some(&SET_NOT_NULL)
        };
    }
    if starts(action, "set logged") || starts(action, "set unlogged") || starts(action, "set tablespace") {
        return Some(&REWRITE);
    }
    if !action.pass("add") {
        return None;
    }
    let constraints = ["constraint", "check", "unique", "primary key", "foreign key", "exclude"];
    if constraints.iter().any(|what| starts(action, what)) {
        return (!action.has("not valid") && !action.has("using index")).then_some(&ADD_CONSTRAINT);
    }
    broken_by_column(action)
}

/// What a new column breaks, whose definition begins with its name.
fn broken_by_column(definition: Reader<'_, '_>) -> Option<&'static Rule> {
    let outside = outside_of_parentheses(definition);
    let has = |words: &str| Reader(&outside).has(words);
    let is_made = ["serial", "bigserial", "smallserial", "identity", "stored"].iter().any(|what| has(what));
    if is_made || has("default") && default_varies(definition) {
        Some(&ADD_COLUMN)
    } else if ["check", "references", "unique", "primary key"].iter().any(|what| has(what)) {
        Some(&ADD_CONSTRAINT)
    } else {
        (has("not null") && !has("default")).then_some(&ADD_COLUMN_NOT_NULL)
    }
}

/// Whether a default calls a function that may give each row another value. One that is not known may.
fn default_varies(mut definition: Reader<'_, '_>) -> bool {
    let ends = ["not", "null", "check", "references", "unique", "primary", "constraint", "collate"];
    pass_until(&mut definition, "default");
    let expression: Vec<_> =
        definition.0.iter().copied().take_while(|token| !ends.iter().any(|end| token.is(end))).collect();
    expression.windows(2).enumerate().any(|(at, pair)| {
        let is_cast = at > 0 && expression[at - 1].is(":");
        let is_call = matches!(pair[0].kind, Kind::Word | Kind::Quoted) && pair[1].is("(") && !is_cast;
        is_call && !STEADY.iter().any(|steady| pair[0].is(steady))
    })
}

/// The words of the outermost level.
fn outside_of_parentheses<'a>(words: Reader<'_, 'a>) -> Vec<Token<'a>> {
    let mut depth = 0_i32;
    let outside = |token: &&Token<'a>| {
        depth -= i32::from(token.is(")"));
        let is_outside = depth == 0;
        depth += i32::from(token.is("("));
        is_outside
    };
    words.0.iter().filter(outside).copied().collect()
}

/// The table that a statement alters; afterwards what it does to it is read.
pub(super) fn altered_table(words: &mut Reader<'_, '_>) -> Option<String> {
    if !words.pass("alter table") {
        return None;
    }
    words.pass("if exists");
    words.pass("only");
    let table = words.name();
    words.pass("*");
    table
}

/// Passes words up to and with this one; if it is not there, none.
pub(super) fn pass_until(words: &mut Reader<'_, '_>, word: &str) -> bool {
    let mut rest = *words;
    while let Some(token) = rest.next() {
        if token.is(word) {
            *words = rest;
            return true;
        }
    }
    false
}

fn starts(mut words: Reader<'_, '_>, with: &str) -> bool {
    words.pass(with)
}
