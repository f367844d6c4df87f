//! Scalars of our own.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};

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
