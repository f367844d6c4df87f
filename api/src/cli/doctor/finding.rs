//! A check, what it found, and how that is told.

use serde::Serialize;
use serde_json::json;

/// What is looked at. A check may depend on those before it, not on those after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Check {
    Configuration,
    SecretKey,
    PublicUrl,
    Port,
    Storage,
    FreeSpace,
    Countries,
    Database,
    Version,
    Role,
    Encoding,
    Collation,
    Clock,
    Connections,
    Schema,
    Extensions,
}

/// How it stands with a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Verdict {
    /// As it should be.
    Ok,
    /// It works; there is advice.
    Look,
    /// The program does not work with it.
    Bad,
    /// Not looked at, because of a check that is bad.
    Skip,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) check: Check,
    pub(super) verdict: Verdict,
    pub(super) found: String,
    pub(super) advice: Option<String>,
}

impl Check {
    /// All of them, in the order in which they are made.
    pub(super) const ALL: [Self; 16] = [
        Self::Configuration,
        Self::SecretKey,
        Self::PublicUrl,
        Self::Port,
        Self::Storage,
        Self::FreeSpace,
        Self::Countries,
        Self::Database,
        Self::Version,
        Self::Role,
        Self::Encoding,
        Self::Collation,
        Self::Clock,
        Self::Connections,
        Self::Schema,
        Self::Extensions,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Configuration => "configuration",
            Self::SecretKey => "secret key",
            Self::PublicUrl => "public URL",
            Self::Port => "port",
            Self::Storage => "storage",
            Self::FreeSpace => "free space",
            Self::Countries => "country database",
            Self::Database => "database",
            Self::Version => "version",
            Self::Schema => "schema",
            Self::Extensions => "extensions",
            Self::Role => "role",
            Self::Encoding => "encoding",
            Self::Collation => "collation",
            Self::Clock => "clock",
            Self::Connections => "connections",
        }
    }

    /// The check that follows the last of these findings.
    pub(super) fn after(findings: &[Finding]) -> Self {
        let last = findings.last().map(|finding| finding.check);
        let mut rest = Self::ALL.into_iter().skip_while(|check| last.is_some_and(|last| *check as u8 <= last as u8));
        rest.next().unwrap_or(Self::Extensions)
    }

    pub(super) fn ok(self, found: impl Into<String>) -> Finding {
        self.finding(Verdict::Ok, found, None)
    }

    pub(super) fn look(self, found: impl Into<String>, advice: impl Into<String>) -> Finding {
        self.finding(Verdict::Look, found, Some(advice.into()))
    }

    pub(super) fn bad(self, found: impl Into<String>, advice: impl Into<String>) -> Finding {
        self.finding(Verdict::Bad, found, Some(advice.into()))
    }

    fn finding(self, verdict: Verdict, found: impl Into<String>, advice: Option<String>) -> Finding {
        Finding { check: self, verdict, found: one_line(&found.into()), advice: advice.map(|advice| one_line(&advice)) }
    }
}

impl Finding {
    /// With this finding, and every later check skipped because of it.
    pub(super) fn and_skip_the_rest(self) -> Vec<Finding> {
        let check = self.check;
        let reason = format!("it depends on: {}", check.name());
        let later = Check::ALL.into_iter().filter(|later| *later as u8 > check as u8);
        let skipped = later.map(|later| later.finding(Verdict::Skip, reason.as_str(), None)).collect::<Vec<_>>();
        std::iter::once(self).chain(skipped).collect()
    }
}

/// A line for each finding: for people.
pub(super) fn as_lines(findings: &[Finding]) -> String {
    let line = |finding: &Finding| {
        let advice = finding.advice.as_ref().map(|advice| format!(": {advice}")).unwrap_or_default();
        let verdict = match finding.verdict {
            Verdict::Ok => "ok",
            Verdict::Look => "look",
            Verdict::Bad => "bad",
            Verdict::Skip => "skip",
        };
        format!("{verdict:<5} {:<14} {}{advice}\n", finding.check.name(), finding.found)
    };
    findings.iter().map(line).collect()
}

/// One object: for scripts.
pub(super) fn as_json(findings: &[Finding]) -> String {
    let is_bad = findings.iter().any(|finding| finding.verdict == Verdict::Bad);
    let findings = findings.iter().map(|finding| {
        json!({
            "check": finding.check.name(),
            "verdict": finding.verdict,
            "found": finding.found,
            "advice": finding.advice,
        })
    });
    json!({ "ok": !is_bad, "findings": findings.collect::<Vec<_>>() }).to_string()
}

/// Words without the line breaks that they had.
pub(super) fn one_line(words: &str) -> String {
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_depends_on_a_bad_check_is_skipped_and_says_so() {
        let findings = Check::Connections.bad("two\n  lines", "help").and_skip_the_rest();
        let lines = as_lines(&findings);
        assert_eq!(
            lines.lines().collect::<Vec<_>>(),
            [
                "bad   connections    two lines: help",
                "skip  schema         it depends on: connections",
                "skip  extensions     it depends on: connections",
            ],
        );
        assert_eq!((Check::after(&[]), Check::after(&findings[..2])), (Check::Configuration, Check::Extensions));
        assert_eq!(Check::Configuration.ok("").and_skip_the_rest().len(), Check::ALL.len());
    }

    #[test]
    fn scripts_get_every_part() {
        let told: serde_json::Value = serde_json::from_str(&as_json(&[Check::PublicUrl.look("a", "b")])).unwrap();
        let finding = json!({ "check": "public URL", "verdict": "look", "found": "a", "advice": "b" });
        assert_eq!(told, json!({ "ok": true, "findings": [finding] }));
    }
}
