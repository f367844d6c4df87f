//! What of a migration would hold up a busy database, or the processes of the version before, which still run while it
//! is applied. Each finding has an advice.
//!
//! A finding is accepted by a comment in `up.sql`, with the reason:
//! `-- lint: accepted drop, rename: why that does no harm here`. What a function or a `DO` block does is not seen.

mod rules;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt::Write;

use super::Migration;
use super::sql::{Reader, Statement, comments, statements};

/// Something that a migration had better not do.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its name, for comments that accept it.
    pub name: &'static str,
    /// What it does to a busy database.
    pub harm: &'static str,
    /// What to do instead.
    pub advice: &'static str,
}

/// A statement that breaks a rule.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The rule.
    pub rule: &'static Rule,
    /// The file.
    pub file: &'static str,
    /// Its line.
    pub line: usize,
    /// How the statement begins.
    pub statement: String,
    /// Why that does no harm here, as the migration says.
    pub accepted: Option<String>,
}

/// Findings as text: each rule once, with its advice or why it is accepted, and the statements that break it.
#[must_use]
pub fn report(findings: &[Finding]) -> String {
    let mut rules: Vec<&Rule> = Vec::new();
    let mut told = String::new();
    for Finding { rule, accepted, .. } in findings {
        if rules.contains(rule) {
            continue;
        }
        rules.push(rule);
        let _ = match accepted {
            Some(why) => writeln!(told, "{}, accepted: {why}", rule.name),
            None => writeln!(told, "{}: {}. {}.", rule.name, rule.harm, rule.advice),
        };
        for Finding { file, line, statement, .. } in findings.iter().filter(|finding| finding.rule == *rule) {
            let _ = writeln!(told, "  {file}:{line}: {statement}");
        }
    }
    told
}

/// What is found in a migration, in the order of its lines; what it accepts too.
#[must_use]
pub fn lint(migration: &Migration) -> Vec<Finding> {
    let acceptances = acceptances(migration.up);
    let mut found = Vec::new();
    let mut seen = Seen::default();
    for statement in statements(migration.up) {
        let words = Reader(&statement.tokens);
        let broken = rules::broken_by(words, &seen, migration.in_transaction);
        found.extend(broken.into_iter().map(|rule| finding(rule, "up.sql", &statement)));
        seen.note(words);
    }
    for statement in statements(migration.down) {
        let broken = rules::broken_on_the_way_back(Reader(&statement.tokens), migration.in_transaction);
        found.extend(broken.into_iter().map(|rule| finding(rule, "down.sql", &statement)));
    }
    for finding in &mut found {
        let fitting = acceptances.iter().find(|acceptance| acceptance.rules.contains(&finding.rule.name));
        finding.accepted = fitting.map(|acceptance| acceptance.why.to_owned());
    }
    for Acceptance { line, rules, why } in &acceptances {
        let idle = rules.iter().any(|rule| !found.iter().any(|finding| finding.rule.name == *rule));
        if idle || why.is_empty() {
            let statement = format!("accepted {}: {why}", rules.join(", "));
            found.push(Finding { rule: &rules::ACCEPTANCE, file: "up.sql", line: *line, statement, accepted: None });
        }
    }
    found
}

fn finding(rule: &'static Rule, file: &'static str, statement: &Statement<'_>) -> Finding {
    let words: Vec<&str> = statement.text.split_whitespace().collect();
    let mut begins: String = words.join(" ").chars().take(72).collect();
    if begins.chars().count() == 72 {
        begins.push('…');
    }
    Finding { rule, file, line: statement.line, statement: begins, accepted: None }
}

/// A comment that accepts some rules.
struct Acceptance<'a> {
    line: usize,
    rules: Vec<&'a str>,
    why: &'a str,
}

fn acceptances(sql: &str) -> Vec<Acceptance<'_>> {
    comments(sql).filter_map(|(line, comment)| Acceptance::read(line, comment)).collect()
}

impl<'a> Acceptance<'a> {
    fn read(line: usize, comment: &'a str) -> Option<Self> {
        let (rules, why) = comment.strip_prefix("lint: accepted ")?.split_once(':')?;
        Some(Self { line, rules: rules.split(',').map(str::trim).collect(), why: why.trim() })
    }
}

/// What the statements before did.
#[derive(Default)]
struct Seen {
    /// Tables that this migration made: nobody waits for them.
    made: BTreeSet<String>,
    /// Tables with a constraint that this migration validated.
    validated: BTreeSet<String>,
}

impl Seen {
    fn note(&mut self, mut words: Reader<'_, '_>) {
        if words.pass("create") {
            let is_table = rules::pass_until(&mut words, "table") || rules::pass_until(&mut words, "view");
            words.pass("if not exists");
            self.made.extend(words.name().filter(|_| is_table));
        } else if let Some(table) = rules::altered_table(&mut words)
            && words.has("validate constraint")
        {
            self.validated.insert(table);
        }
    }
}
