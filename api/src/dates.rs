//! Dates and wall times as inputs and outputs have them. They mean something only in a zone: the company's.
//!
//! They stand apart from the types because commands take them too, and `domain` knows nothing of `graphql`.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use chrono::{Datelike, NaiveDate, NaiveTime};
use serde::Serialize;

/// A date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Date(pub NaiveDate);

/// A date in the calendar, YYYY-MM-DD, of the years 1 to 9999.
#[Scalar(name = "Date", specified_by_url = "https://scalars.graphql.org/andimarek/local-date")]
impl ScalarType for Date {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else { return Err(InputValueError::expected_type(value)) };
        match NaiveDate::parse_from_str(text, "%Y-%m-%d") {
            Ok(date) if (1..=9999).contains(&date.year()) && date.format("%Y-%m-%d").to_string() == *text => {
                Ok(Self(date))
            }
            _ => Err(InputValueError::custom("not a date such as 2026-05-31")),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.format("%Y-%m-%d").to_string())
    }
}

/// A wall time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Time(pub NaiveTime);

/// Wall time: HH:MM or HH:MM:SS on input, HH:MM:SS on output.
#[Scalar(name = "Time")]
impl ScalarType for Time {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else { return Err(InputValueError::expected_type(value)) };
        let read = match text.len() {
            5 => NaiveTime::parse_from_str(text, "%H:%M"),
            8 => NaiveTime::parse_from_str(text, "%H:%M:%S"),
            _ => return Err(InputValueError::custom(NO_TIME)),
        };
        match read {
            // A leap second is a time of no clock on a wall.
            Ok(time) if !text.ends_with(":60") => Ok(Self(time)),
            _ => Err(InputValueError::custom(NO_TIME)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.format("%H:%M:%S").to_string())
    }
}

const NO_TIME: &str = "not a time such as 09:30 or 09:30:15";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_written() {
        let date = |text: &str| <Date as ScalarType>::parse(Value::from(text)).map(|date| date.to_value());
        assert_eq!(date("2028-02-29").unwrap(), Value::from("2028-02-29"));
        for odd in ["", "2027-02-29", "2026-5-1", "+2026-05-1", "0000-01-01", "12026-01-1", "2026-05-01T00"] {
            assert!(date(odd).is_err(), "{odd}");
        }
        let time = |text: &str| <Time as ScalarType>::parse(Value::from(text)).map(|time| time.to_value());
        assert_eq!(time("09:30").unwrap(), Value::from("09:30:00"));
        assert_eq!(time("23:59:59").unwrap(), Value::from("23:59:59"));
        for odd in ["", "24:00", "9:30", "09:30:60", "09:30:5", "09.30", "09:60", "09:30:15.5"] {
            assert!(time(odd).is_err(), "{odd}");
        }
    }
}
