//! What numbers mean: averages, shares and the median.

use arvlite_db::models::{DURATION_CLASSES, ViewNumbers};

/// What is told of some views.
#[derive(Debug, Clone, PartialEq)]
pub struct Metrics {
    /// What they add up to.
    pub numbers: ViewNumbers,
    /// The most that were alive at one instant, where that was asked for.
    pub peak: Option<i64>,
}

impl Metrics {
    pub(super) fn of(numbers: ViewNumbers) -> Self {
        Self { numbers, peak: None }
    }

    /// Seconds, over the views whose length is known.
    #[must_use]
    pub fn average_seconds(&self) -> Option<f64> {
        share(self.numbers.watch_seconds, self.numbers.timed)
    }

    /// Seconds that half of the views whose length is known do not go beyond.
    #[must_use]
    pub fn median_seconds(&self) -> Option<f64> {
        median(&self.numbers.durations)
    }

    /// Of all views those in which the video played.
    #[must_use]
    pub fn play_rate(&self) -> Option<f64> {
        share(self.numbers.played, self.numbers.views)
    }

    /// Of the views whose tracking is known those in which the photo was lost.
    #[must_use]
    pub fn tracking_loss_rate(&self) -> Option<f64> {
        share(self.numbers.lost, self.numbers.tracked)
    }
}

#[expect(clippy::cast_precision_loss, reason = "no count comes near 2^53")]
fn share(part: i64, of: i64) -> Option<f64> {
    (of > 0).then(|| part as f64 / of as f64)
}

/// In the class in which the middle is, lengths are taken to lie at equal distances.
#[expect(clippy::cast_precision_loss, reason = "no count comes near 2^53")]
fn median(classes: &[i64]) -> Option<f64> {
    let all: i64 = classes.iter().sum();
    if all == 0 {
        return None;
    }
    let middle = all as f64 / 2.0;
    let mut before = 0;
    for (class, count) in classes.iter().enumerate() {
        if *count > 0 && (before + count) as f64 >= middle {
            let first = f64::from(DURATION_CLASSES[class]);
            let last = DURATION_CLASSES.get(class + 1).map_or(LONGEST, |next| f64::from(next - 1));
            return Some(first + (last - first) * (middle - before as f64) / *count as f64);
        }
        before += count;
    }
    None
}

/// The longest view that is told, in seconds.
const LONGEST: f64 = 86_400.0;

#[cfg(test)]
mod tests {
    use super::*;

    fn classes(lengths: &[i32]) -> Vec<i64> {
        let mut classes = vec![0; DURATION_CLASSES.len()];
        for length in lengths {
            classes[DURATION_CLASSES.partition_point(|start| start <= length) - 1] += 1;
        }
        classes
    }

    #[test]
    fn short_medians_are_exact_and_long_ones_near() {
        assert_eq!(median(&classes(&[])), None);
        assert_eq!(median(&classes(&[0, 0, 5])), Some(0.0));
        assert_eq!(median(&classes(&[1, 2, 2, 3, 86_400])), Some(2.0));
        for length in [7, 14, 33, 61, 119] {
            let told = median(&classes(&[1, length, 3_000])).unwrap();
            assert!((told - f64::from(length)).abs() <= f64::from(length) * 0.25, "{length} is told as {told}");
        }
        assert_eq!(median(&classes(&[2_000])), Some(44_100.0));
    }
}
