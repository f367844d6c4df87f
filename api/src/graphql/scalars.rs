//! Scalars of our own, and what any scalar takes.

use async_graphql::{InputType, InputValueError, InputValueResult, Scalar, ScalarType, Value};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use jiff::SignedDuration;
use jiff::fmt::temporal::SpanParser;
use uuid::Uuid;

/// A 64-bit count of bytes as a string, since Int has 32 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bytes(pub i64);

/// 64-bit count of bytes as a string, since Int is 32 bits.
#[Scalar(name = "Bytes")]
impl ScalarType for Bytes {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value {
            Value::String(text) => match text.parse() {
                Ok(bytes) if bytes >= 0 => Ok(Self(bytes)),
                _ => Err(InputValueError::custom("not a count of bytes")),
            },
            value => Err(InputValueError::expected_type(value)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// A length of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Duration(pub std::time::Duration);

/// A length of time as in ISO 8601, of hours, minutes and seconds: PT5M, PT0.5S.
#[Scalar(name = "Duration", specified_by_url = "https://scalars.graphql.org/andimarek/duration")]
impl ScalarType for Duration {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else { return Err(InputValueError::expected_type(value)) };
        let length = SpanParser::new().parse_duration(text).ok().and_then(|length| length.try_into().ok());
        length.map(Self).ok_or_else(|| InputValueError::custom("not a length of time such as PT5M"))
    }

    fn to_value(&self) -> Value {
        Value::String(self.to_string())
    }
}

impl std::fmt::Display for Duration {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        SignedDuration::try_from(self.0).unwrap_or(SignedDuration::MAX).fmt(formatter)
    }
}

/// Whether a value is one of a scalar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fits {
    /// It is.
    Yes,
    /// It is another kind of value; this is wanted.
    WrongKind(&'static str),
    /// It is of the right kind, but not well-formed; this is wanted.
    Malformed(&'static str),
}

/// Whether a value is one of the scalar of this name. One that is not known takes whatever it likes.
#[must_use]
pub fn fits(scalar: &str, value: &Value) -> Fits {
    let wanted = match scalar {
        "Int" => "an integer of 32 bits",
        "Float" => "a number",
        "String" => "a text",
        "Boolean" => "true or false",
        "ID" => "an id",
        "DateTime" => "an instant with its offset, such as 2026-11-21T12:00:00Z",
        "UUID" => "a UUID",
        "TimeZone" => "the IANA name of a time zone, such as Europe/Moscow",
        "Bytes" => "a count of bytes as a text",
        "Duration" => "a length of time such as PT5M",
        _ => return Fits::Yes,
    };
    let is_right_kind = match (scalar, value) {
        ("Int", Value::Number(number)) => number.is_i64() || number.is_u64(),
        ("Float", Value::Number(_)) | ("Boolean", Value::Boolean(_)) => true,
        ("ID", Value::Number(number)) => number.is_i64() || number.is_u64(),
        ("Int" | "Float" | "Boolean", _) => false,
        (_, value) => matches!(value, Value::String(_)),
    };
    let is_well_formed = match scalar {
        "Int" => parses::<i32>(value),
        "DateTime" => parses::<DateTime<Utc>>(value),
        "UUID" => parses::<Uuid>(value),
        "TimeZone" => parses::<Tz>(value),
        "Bytes" => parses::<Bytes>(value),
        "Duration" => parses::<Duration>(value),
        _ => true,
    };
    match (is_right_kind, is_well_formed) {
        (true, true) => Fits::Yes,
        (true, false) => Fits::Malformed(wanted),
        (false, _) => Fits::WrongKind(wanted),
    }
}

fn parses<T: InputType>(value: &Value) -> bool {
    T::parse(Some(value.clone())).is_ok()
}
