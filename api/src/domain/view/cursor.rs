//! A position in the log of views, as a client keeps it.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::domain::{Error, Result};

const VERSION: u8 = 1;

/// A position in the log: opaque outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cursor(pub i64);

impl Cursor {
    /// Reads what a client kept.
    ///
    /// # Errors
    /// When it was never given out by a log of views.
    pub fn read(text: &str) -> Result<Self> {
        // A longer text is none of ours, and not worth its decoding.
        let bytes = Some(text).filter(|text| text.len() == 12).and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
        match bytes.as_deref().and_then(<[u8]>::split_first) {
            Some((&VERSION, rest)) => {
                let position = rest.try_into().map(i64::from_be_bytes).map_err(|_| Error::InvalidCursor)?;
                if position < 0 { Err(Error::InvalidCursor) } else { Ok(Self(position)) }
            }
            _ => Err(Error::InvalidCursor),
        }
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut bytes = [VERSION; 9];
        bytes[1..].copy_from_slice(&self.0.to_be_bytes());
        formatter.write_str(&URL_SAFE_NO_PAD.encode(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_back_and_nothing_else_is() {
        for position in [0, 1, 1 << 40, i64::MAX] {
            assert_eq!(Cursor::read(&Cursor(position).to_string()).unwrap(), Cursor(position));
        }
        for text in ["", "1", "AAAAAAAAAAAA", &Cursor(-1).to_string(), &"A".repeat(5000), "ÿÿÿÿÿÿ"] {
            assert!(matches!(Cursor::read(text), Err(Error::InvalidCursor)), "{text}");
        }
    }
}
