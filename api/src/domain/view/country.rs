//! Which country, and which city, an address belongs to, by a file in MaxMind's format that the operator may have.

use std::net::IpAddr;
use std::path::Path;

use maxminddb::{MaxMindDbError, Reader, path};

/// As long as a city may be called in the table.
const LONGEST_CITY: usize = 100;

/// The operator's file, read into memory once: who puts another one in its place restarts the server.
pub struct CountryDatabase(Reader<Vec<u8>>);

/// Where an address belongs, as far as the file says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// The country, by its code of ISO 3166-1.
    pub country: Option<String>,
    /// The city, by its English name.
    pub city: Option<String>,
}

/// Why a file cannot be used. What a damaged one says is for nobody.
#[derive(Debug, thiserror::Error)]
pub enum CountryDatabaseError {
    /// It cannot be read.
    #[error("the file cannot be read: {0}")]
    Unreadable(std::io::Error),
    /// It is none of the format, or a damaged one.
    #[error("the file is no country database in MaxMind's format (.mmdb), or it is damaged")]
    Damaged,
}

impl CountryDatabase {
    /// Reads a file.
    ///
    /// # Errors
    /// When it cannot be read, or is none of the format.
    pub fn open(file: &Path) -> Result<Self, CountryDatabaseError> {
        let reader = Reader::open_readfile(file).map_err(|error| match error {
            MaxMindDbError::Io(error) => CountryDatabaseError::Unreadable(error),
            _ => CountryDatabaseError::Damaged,
        })?;
        Ok(Self(reader))
    }

    /// Looks at all of it, which takes seconds with a large one.
    ///
    /// # Errors
    /// When it is damaged.
    pub fn verify(&self) -> Result<(), CountryDatabaseError> {
        self.0.verify().map_err(|_| CountryDatabaseError::Damaged)
    }

    /// What kind of database it is, in its maker's words.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.0.metadata().database_type
    }

    /// Where an address belongs. A part of the file that is damaged knows nothing.
    #[must_use]
    pub fn place_of(&self, address: IpAddr) -> Place {
        let Ok(found) = self.0.lookup(address) else { return Place::default() };
        let text = |path: &[_]| found.decode_path::<String>(path).ok().flatten().filter(|text| !text.is_empty());
        let country = text(&path!["country", "iso_code"]).or_else(|| text(&path!["registered_country", "iso_code"]));
        let city = text(&path!["city", "names", "en"]).map(|city| city.chars().take(LONGEST_CITY).collect());
        Place { country: country.filter(|code| is_code(code)), city }
    }
}

fn is_code(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase())
}

impl std::fmt::Debug for CountryDatabase {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("CountryDatabase")
    }
}
