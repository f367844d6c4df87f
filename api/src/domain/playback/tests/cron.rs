use chrono::Days;
use croner::parser::CronParser;

use super::*;

#[test]
fn takes_names_ranges_steps_lists_and_the_last_day() {
    for expression in [
        "* * * * *",
        "0 0 * * *",
        "*/5 9-17 * * MON-FRI",
        "0,30 8-18/2 1,15 jan,JUL sun",
        "0 0 L * *",
        "0 0 1,L 2-4 *",
        "0 0 * * 5L",
        "0 0 * * fril",
        "0 0 * * 7",
        "0 0 * * FRI-SUN",
        " 0  0 * * * ",
        "0 0 29 2 *",
        "59 23 31 */2 *",
    ] {
        assert!(Cron::parse(expression).is_ok(), "{expression}");
    }
}

#[test]
fn refuses_what_is_no_expression_of_five_fields() {
    for expression in [
        "",
        "* * * *",
        "* * * * * *",
        "0 0 0 * * *",
        "0 0 * * * 2027",
        "@daily",
        "60 * * * *",
        "* 24 * * *",
        "* * 0 * *",
        "* * 32 * *",
        "* * * 13 *",
        "* * * * 8",
        "5/10 * * * *",
        "/10 * * * *",
        "*/0 * * * *",
        "10-5 * * * *",
        "1,,2 * * * *",
        ", * * * *",
        "MON * * * *",
        "* * JAN * *",
        "* * * MON *",
        "* * * * JAN",
        "* * * * MONTUE",
        "0 0 15W * *",
        "0 0 * * 5#3",
        "0 0 ? * *",
        "0 0 1 * +MON",
        "0 0 * * L",
        "L * * * *",
        "0 0 L-3 * *",
        "-1 * * * *",
        "+1 * * * *",
        "*/70000 * * * *",
        "* * * * ٣",
        "0 0 * * 1-5L",
        "* * * * * ; DROP",
    ] {
        assert_eq!(Cron::parse(expression), Err(CronProblem::Malformed), "{expression}");
    }
}

#[test]
fn refuses_what_never_fires() {
    for expression in ["0 0 30 2 *", "0 0 31 2,4,6,9,11 *", "* * 30-31 FEB *"] {
        assert_eq!(Cron::parse(expression), Err(CronProblem::NeverFires), "{expression}");
    }
    assert!(Cron::parse("0 0 30 2 MON").is_ok(), "every Monday of February");
}

#[test]
fn a_day_matches_by_month_or_by_week() {
    let boundaries = |expression, count: usize| {
        let content = rotating(Tz::UTC, 2, steps("2027-01-01T00:00:00Z", cron(expression), &[1, 2]));
        let mut at = instant("2027-01-01T00:00:00Z");
        let next = std::iter::from_fn(|| {
            at = active_video(&content, at).valid_until?;
            Some(at.format("%m-%d").to_string())
        });
        next.take(count).collect::<Vec<_>>()
    };
    assert_eq!(boundaries("0 0 13 * FRI", 4), ["01-08", "01-13", "01-15", "01-22"]);
    assert_eq!(boundaries("0 0 13 * *", 3), ["01-13", "02-13", "03-13"]);
    assert_eq!(boundaries("0 0 * * FRI", 3), ["01-08", "01-15", "01-22"]);
    assert_eq!(boundaries("0 0 L * *", 3), ["01-31", "02-28", "03-31"]);
    assert_eq!(boundaries("0 0 * * FRIL", 3), ["01-29", "02-26", "03-26"]);
}

/// Its own matcher, asked for each day of a leap cycle.
#[test]
fn agrees_with_croner_on_every_day() {
    let first = date("2024-01-01");
    for expression in [
        "0 0 * * *",
        "0 0 31 * *",
        "0 0 L 2,3 *",
        "0 0 */2 * *",
        "0 0 1-7 * MON",
        "0 0 * * 1,3L",
        "0 0 29 2 *",
        "0 0 15 6 SUN",
        "0 0 */10 */5 */2",
        "0 0 L * 7",
    ] {
        let theirs = CronParser::new().parse(expression).unwrap();
        let ours = Cron::parse(expression).unwrap().days;
        let mut count = 0;
        let mut last = first;
        for day in first.iter_days().take(8 * 366) {
            let matches = theirs.is_time_matching(&day.and_time(NaiveTime::MIN).and_utc()).unwrap();
            assert_eq!(ours.contains(day), matches, "{expression} on {day}");
            assert_eq!(ours.count(first, day), count, "{expression} up to {day}");
            if matches {
                count += 1;
                assert_eq!(ours.first_from(last), Some(day), "{expression} from {last}");
                last = day + Days::new(1);
            }
        }
        assert!(count > 0, "{expression}");
    }
}

#[test]
fn the_rarest_day_is_found_from_anywhere() {
    let leap = Cron::parse("0 0 29 2 *").unwrap().days;
    assert_eq!(leap.first_from(date("2096-03-01")), Some(date("2104-02-29")), "2100 is no leap year");
    assert_eq!(leap.first_from(NaiveDate::MAX), None);
}
