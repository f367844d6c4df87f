//! What a generated call says: the ids of a studio's rows, and something of each scalar.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::TimeDelta;
use serde_json::json;

use super::contract::{Contract, Field};

/// What an update with everything leaves out, because it does not go together with the rest.
const APART: [(&str, &[&str]); 1] = [(
    "videoRotationSchedule",
    &["isActive", "dayOfWeek", "dayOfMonth", "cronExpression", "defaultVideoId", "dateRules"],
)];

/// What a generated call says.
#[derive(Debug, Default)]
pub struct Values {
    /// A word that is in every text of the studio.
    pub word: String,
    /// A global id of each type, and one of the same type that nothing has. A call that needs a row of its own, since it
    /// removes it, has it under its own name: `videoDelete.id`.
    pub ids: BTreeMap<String, (String, String)>,
    /// The code of an order.
    pub unique_id: String,
    /// The phone's id of a view.
    pub session_id: String,
    number: AtomicI64,
}

impl Values {
    /// Makes the next call differ from the one before, where names must be unique and windows must not overlap.
    pub fn next(&self) {
        self.number.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether an input goes together with all others that a call takes.
    pub fn goes_with_the_rest(&self, field: &Field, name: &str) -> bool {
        !APART.iter().any(|(call, apart)| field.name.starts_with(call) && apart.contains(&name))
    }

    /// The type that a reference of this name points to.
    pub fn type_of_id(&self, field: &Field, name: &str) -> String {
        let of_its_own = format!("{}.{name}", field.name);
        if self.ids.contains_key(&of_its_own) {
            return of_its_own;
        }
        let noun = name.trim_end_matches('s').trim_end_matches("Id");
        let by_name = match noun {
            "photoUpload" | "videoUpload" | "upload" => upper(noun),
            "pinnedVideo" | "defaultVideo" => "Video".to_owned(),
            _ => upper(noun),
        };
        if self.ids.contains_key(&by_name) {
            return by_name;
        }
        // `id`: of what the field returns or is named after.
        let returned = field.of.named().to_owned();
        if self.ids.contains_key(&returned) {
            return returned;
        }
        let named_after = self.ids.keys().filter(|of| upper(&field.name).starts_with(of.as_str()));
        match named_after.max_by_key(|of| of.len()) {
            Some(of) => of.clone(),
            None if matches!(field.name.as_str(), "node" | "nodes") => "ArContent".to_owned(),
            None => panic!("which row is meant by `{name}` of `{}`? Tell tests/support/values.rs", field.name),
        }
    }

    /// Something of a scalar or enum for an input of this name.
    pub fn literal(&self, contract: &Contract, field: &Field, name: &str, type_name: &str) -> String {
        let number = self.number.load(Ordering::Relaxed);
        if type_name == "RotationType" {
            return "RANDOM_DAILY".to_owned();
        }
        if let Some(values) = &contract.types[type_name].enum_values {
            return values[0].name.clone();
        }
        let text = |text: String| json!(text).to_string();
        match type_name {
            "ID" => text(self.ids[&self.type_of_id(field, name)].0.clone()),
            "UUID" if name == "sessionId" => text(self.session_id.clone()),
            "UUID" => text(self.unique_id.clone()),
            "String" if name.to_lowercase().ends_with("email") => text(format!("{}{number}@example.com", self.word)),
            "String" => text(format!("{}-{number}", self.word)),
            "Boolean" => "true".to_owned(),
            "Int" => "1".to_owned(),
            "Float" => "1.0".to_owned(),
            // The client puts a photo there.
            "Upload" => "$file".to_owned(),
            "JSON" => "{ }".to_owned(),
            "Bytes" => text("1".to_owned()),
            "TimeZone" => text("UTC".to_owned()),
            "Duration" => text("PT5M".to_owned()),
            "Date" => text("2026-11-21".to_owned()),
            "Time" => text("10:00".to_owned()),
            // A time in which something happened, the same for every call.
            "DateTime" if name == "from" => text((super::noon() - TimeDelta::days(1)).to_rfc3339()),
            "DateTime" if name == "to" => text((super::noon() + TimeDelta::hours(1)).to_rfc3339()),
            "DateTime" => {
                let ends = matches!(name, "endTime" | "lt" | "lte" | "expiresAt" | "subscriptionEnd");
                let instant = super::noon() + TimeDelta::days(number + 1) + TimeDelta::hours(i64::from(ends));
                text(instant.to_rfc3339())
            }
            other => panic!("what does one say for {other} `{name}` of `{}`? Tell tests/support/values.rs", field.name),
        }
    }
}

fn upper(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}
