//! The text format 0.0.4 of Prometheus, read strictly: whatever is not as the format has it fails the test.

use std::collections::BTreeMap;

/// All that a program told at one moment: each series by its name and labels in alphabetical order.
#[derive(Debug)]
pub struct Exposition(BTreeMap<String, f64>);

/// What the samples that follow belong to.
#[derive(Default)]
struct Family {
    name: String,
    kind: String,
    samples: usize,
}

impl Exposition {
    pub fn read(text: &str) -> Self {
        assert!(text.ends_with('\n') && !text.contains('\r'), "lines end with a line feed");
        let (mut series, mut families) = (BTreeMap::new(), Vec::<Family>::new());
        let mut helped = None;
        for line in text.lines() {
            if let Some(said) = line.strip_prefix("# HELP ") {
                let (name, help) = said.split_once(' ').expect(line);
                assert!(is_name(name) && help.ends_with('.') && !help.contains('\\'), "{line}");
                assert!(families.iter().all(|family| family.name != name), "twice: {line}");
                assert!(helped.replace(name.to_owned()).is_none(), "help without a type before {line}");
            } else if let Some(said) = line.strip_prefix("# TYPE ") {
                let (name, kind) = said.split_once(' ').expect(line);
                assert_eq!(helped.take().as_deref(), Some(name), "no help before {line}");
                assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
                families.push(Family { name: name.to_owned(), kind: kind.to_owned(), samples: 0 });
            } else {
                let family = families.last_mut().expect(line);
                let (name, labels, value) = sample(line);
                assert!(helped.is_none() && family.has(&name, &labels), "{line} is not of {}", family.name);
                family.samples += 1;
                assert!(series.insert(written(&name, &labels), value).is_none(), "twice: {line}");
            }
        }
        for family in &families {
            assert!(family.samples > 0 || family.kind != "gauge", "{} says nothing", family.name);
        }
        let exposition = Self(series);
        families
            .iter()
            .filter(|family| family.kind == "histogram")
            .for_each(|family| exposition.check_histogram(family));
        exposition
    }

    /// The value of a series; nothing was counted yet where there is none.
    pub fn value(&self, series: &str) -> f64 {
        self.0.get(series).copied().unwrap_or_default()
    }

    pub fn has(&self, series: &str) -> bool {
        self.0.contains_key(series)
    }

    /// The sum of all series of a name.
    pub fn sum(&self, name: &str) -> f64 {
        let of_name =
            |series: &str| series.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('{'));
        self.0.iter().filter(|(series, _)| of_name(series)).map(|(_, value)| value).sum()
    }

    pub fn series(&self) -> Vec<&str> {
        self.0.keys().map(String::as_str).collect()
    }

    /// Buckets only grow, and the last one holds everything.
    fn check_histogram(&self, family: &Family) {
        let mut buckets = BTreeMap::<String, Vec<(f64, f64)>>::new();
        for (series, count) in
            self.0.iter().filter(|(series, _)| series.starts_with(&format!("{}_bucket", family.name)))
        {
            let (_, mut labels, _) = sample(&format!("{series} 0"));
            let bound = number(&labels.remove("le").expect("a bound"));
            buckets.entry(written(&format!("{}_count", family.name), &labels)).or_default().push((bound, *count));
        }
        for (total, mut buckets) in buckets {
            buckets.sort_by(|one, other| one.0.total_cmp(&other.0));
            assert!(buckets.is_sorted_by_key(|(_, count)| *count), "{total}: {buckets:?}");
            assert_eq!(buckets.last(), Some(&(f64::INFINITY, self.0[&total])), "{total}");
            assert!(self.has(&total.replacen("_count", "_sum", 1)), "{total} has no sum");
        }
    }
}

impl Family {
    fn has(&self, name: &str, labels: &BTreeMap<String, String>) -> bool {
        let ending = name.strip_prefix(self.name.as_str());
        let bounded = labels.contains_key("le");
        match self.kind.as_str() {
            "counter" => ending == Some("") && name.ends_with("_total") && !bounded,
            "gauge" => ending == Some("") && !name.ends_with("_total") && !bounded,
            _ => matches!((ending, bounded), (Some("_bucket"), true) | (Some("_sum" | "_count"), false)),
        }
    }
}

fn written(name: &str, labels: &BTreeMap<String, String>) -> String {
    if labels.is_empty() {
        return name.to_owned();
    }
    let labels: Vec<String> = labels.iter().map(|(name, value)| format!("{name}=\"{value}\"")).collect();
    format!("{name}{{{}}}", labels.join(","))
}

/// Name, labels and value of a line.
fn sample(line: &str) -> (String, BTreeMap<String, String>, f64) {
    let (series, value) = line.rsplit_once(' ').expect(line);
    let (name, inside) = match series.split_once('{') {
        Some((name, rest)) => (name, rest.strip_suffix('}').expect(line)),
        None => (series, ""),
    };
    assert!(is_name(name), "{line}");
    let mut labels = BTreeMap::new();
    // No value of ours has a quote, a comma or a backslash in it.
    for label in inside.split(',').filter(|label| !label.is_empty()) {
        let (name, quoted) = label.split_once('=').expect(line);
        let value = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).expect(line);
        assert!(is_name(name) && !name.contains(':') && !value.contains(['"', '\\']), "{line}");
        assert!(labels.insert(name.to_owned(), value.to_owned()).is_none(), "{line}");
    }
    (name.to_owned(), labels, number(value))
}

fn number(text: &str) -> f64 {
    match text {
        "+Inf" => f64::INFINITY,
        finite => finite.parse().ok().filter(|value: &f64| value.is_finite()).expect(finite),
    }
}

fn is_name(text: &str) -> bool {
    let starts = |letter: char| letter.is_ascii_alphabetic() || letter == '_' || letter == ':';
    text.starts_with(starts) && text.chars().all(|letter| starts(letter) || letter.is_ascii_digit())
}
