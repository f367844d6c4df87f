//! From OpenMetrics, which the library writes, to the text format 0.0.4 of Prometheus, which every collector reads.
//!
//! The formats differ in few things: here a counter is declared under the name of its samples, with `_total`, there
//! without it; and only there the text has a marked end.

use std::collections::HashSet;

/// The media type of the text format.
pub const MEDIA_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The same numbers in the text format of Prometheus.
pub(super) fn of_open_metrics(text: &str) -> String {
    let declared = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.strip_suffix(" counter"));
    let counters: HashSet<&str> = declared.collect();
    let mut written = String::with_capacity(text.len() + counters.len() * 16);
    for line in text.lines().filter(|line| *line != "# EOF") {
        match declaration(line) {
            Some((start, name, rest)) if counters.contains(name) => {
                written.extend([start, name, "_total ", rest, "\n"]);
            }
            _ => written.extend([line, "\n"]),
        }
    }
    written
}

/// What a line declares: its keyword, the name, and what it says of it.
fn declaration(line: &str) -> Option<(&str, &str, &str)> {
    let keyword = ["# HELP ", "# TYPE "].into_iter().find(|keyword| line.starts_with(keyword))?;
    let (start, said) = line.split_at(keyword.len());
    let (name, rest) = said.split_once(' ')?;
    Some((start, name, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_are_declared_under_the_name_of_their_samples() {
        let open = "# HELP a Is counted.\n# TYPE a counter\na_total 1\n# HELP b Is not.\n# TYPE b gauge\nb 2\n# EOF\n";
        let text =
            "# HELP a_total Is counted.\n# TYPE a_total counter\na_total 1\n# HELP b Is not.\n# TYPE b gauge\nb 2\n";
        assert_eq!(of_open_metrics(open), text);
    }
}
