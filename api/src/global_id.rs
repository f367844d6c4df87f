//! Opaque global ids: base64url of version, type tag and number.
//!
//! A malformed id, one of another type, one that does not exist and one of another company all find nothing.

use std::borrow::Cow;
use std::marker::PhantomData;

use arvlite_db::models::{
    ApiKey, ArContent, AuditEntry, Client, Company, EmailMessage, Folder, Media, Notification, Project,
    StorageConnection, StorageFolder, Upload, User, Video, VideoRotationSchedule, VideoSchedule, ViewSession,
};
use async_graphql::{ID, InputType, InputValueError, InputValueResult, Value, registry::Registry};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Serialize, Serializer};

const VERSION: u8 = 1;

/// A row that has a global id. Tags are written into ids that clients keep: they never change and are never reused.
pub trait Tagged {
    /// What tells its ids from those of other types.
    const TAG: u8;
}

macro_rules! tags {
    ($($row:ident = $tag:literal),+ $(,)?) => {
        $(impl Tagged for $row { const TAG: u8 = $tag; })+
    };
}

tags! {
    Company = 1, Project = 2, ArContent = 3, Video = 4, VideoSchedule = 5, Media = 6, Upload = 7, ViewSession = 8,
    User = 9, ApiKey = 10, Folder = 11, Client = 12, Notification = 13, EmailMessage = 14,
    VideoRotationSchedule = 15, AuditEntry = 17, StorageConnection = 18, StorageFolder = 19,
}

/// The global id of a row.
#[must_use]
pub fn encode<E: Tagged>(number: i64) -> ID {
    let mut bytes = vec![VERSION, E::TAG];
    let number = number.to_be_bytes();
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    bytes.extend_from_slice(&number[zeros..]);
    ID(URL_SAFE_NO_PAD.encode(bytes))
}

/// The type tag and the number in a global id; none if it is malformed.
#[must_use]
pub fn decode(id: &str) -> Option<(u8, i64)> {
    if id.len() > 16 {
        return None;
    }
    let bytes = URL_SAFE_NO_PAD.decode(id).ok()?;
    let [VERSION, tag, number @ ..] = bytes.as_slice() else { return None };
    if number.len() > 8 || number.first() == Some(&0) {
        return None;
    }
    let number = number.iter().fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
    i64::try_from(number).ok().map(|number| (*tag, number))
}

/// A client's reference to a row of one type.
pub struct NodeId<E> {
    number: Option<i64>,
    of: PhantomData<fn() -> E>,
}

impl<E: Tagged> NodeId<E> {
    /// Reads a reference; one that is malformed or of another type refers to nothing.
    #[must_use]
    pub fn parse(id: &str) -> Self {
        let number = decode(id).and_then(|(tag, number)| (tag == E::TAG).then_some(number));
        Self { number, of: PhantomData }
    }

    /// A reference to a row that is at hand.
    #[must_use]
    pub fn of(number: i64) -> Self {
        Self { number: Some(number), of: PhantomData }
    }

    /// The row's number; for a reference to nothing one that no row has.
    #[must_use]
    pub fn number(&self) -> i64 {
        self.number.unwrap_or(0)
    }
}

impl<E> Clone for NodeId<E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E> Copy for NodeId<E> {}

impl<E> Default for NodeId<E> {
    /// A reference to nothing.
    fn default() -> Self {
        Self { number: None, of: PhantomData }
    }
}

impl<E> std::fmt::Debug for NodeId<E> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{:?}", self.number)
    }
}

impl<E> Serialize for NodeId<E> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.number.serialize(serializer)
    }
}

impl<E: Tagged + Send + Sync> InputType for NodeId<E> {
    type RawValueType = Self;

    fn type_name() -> Cow<'static, str> {
        <ID as InputType>::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        <ID as InputType>::create_type_info(registry)
    }

    fn parse(value: Option<Value>) -> InputValueResult<Self> {
        match value.unwrap_or_default() {
            Value::String(id) => Ok(Self::parse(&id)),
            Value::Number(_) => Ok(Self { number: None, of: PhantomData }),
            value => Err(InputValueError::expected_type(value)),
        }
    }

    fn to_value(&self) -> Value {
        self.number.map_or(Value::Null, |number| Value::String(encode::<E>(number).0))
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_finds_its_number_and_only_as_its_own_type() {
        for number in [1, 255, 256, 1 << 40, i64::MAX] {
            let id = encode::<Video>(number);
            assert_eq!(NodeId::<Video>::parse(&id).number(), number);
            assert_eq!(NodeId::<Project>::parse(&id).number(), 0);
        }
        for malformed in ["", "1", "AQ", "////", "AQQAAQ", "ÿ", "AQT__________w", "AQT_________________w"] {
            assert_eq!(NodeId::<Video>::parse(malformed).number(), 0, "{malformed}");
        }
    }
}
