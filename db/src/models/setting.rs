//! Values that the whole installation shares.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::Value;

use crate::schema::settings;
use crate::{Result, Session};

/// The table `settings`.
#[derive(Debug)]
pub struct Setting;

impl Setting {
    /// The value of this name.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn get(session: &Session, name: &str) -> Result<Option<Value>> {
        let value = settings::table.find(name.to_owned()).select(settings::value);
        Ok(value.get_result(&mut *session.connection().await?).await.optional()?)
    }

    /// The value of this name; `first` becomes it where there is none yet, also when several processes ask at once.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn get_or_set(session: &Session, name: &str, first: Value) -> Result<Value> {
        let mut connection = session.connection().await?;
        diesel::insert_into(settings::table)
            .values((settings::name.eq(name.to_owned()), settings::value.eq(first)))
            .on_conflict_do_nothing()
            .execute(&mut *connection)
            .await?;
        Ok(settings::table.find(name.to_owned()).select(settings::value).get_result(&mut *connection).await?)
    }
}
