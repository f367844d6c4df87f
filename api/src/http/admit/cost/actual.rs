//! What an operation cost: the same sum over the objects that really came.

use async_graphql::indexmap::IndexMap;
use async_graphql::{Name, Value};

use super::price::sum;
use super::{Given, LEAST, Priced, Recipe, Rows, Spread};

type Object = IndexMap<Name, Value>;

impl Recipe {
    /// What an answer cost.
    pub(super) fn actual(&self, data: &Value, given: &Given<'_>) -> u64 {
        let root = self.parts.len().saturating_sub(1);
        match data {
            Value::Object(object) if !self.parts.is_empty() => self.object(root, object, given).max(LEAST),
            _ => LEAST,
        }
    }

    fn object(&self, place: usize, object: &Object, given: &Given<'_>) -> u64 {
        let part = &self.parts[place];
        let fields = part.fields.iter().enumerate().filter(|(_, field)| given.holds(&field.conditions));
        let fields = fields.filter_map(|(at, field)| {
            // What belongs to another type of object is not there.
            object.get(&field.key).map(|value| self.field(field, (place, at), value, given))
        });
        let dearest = part.by_type.iter().map(|(_, spreads)| self.spreads(spreads, object, given)).max();
        let fragments = self.spreads(&part.fragments, object, given);
        sum(fields).saturating_add(fragments).saturating_add(dearest.unwrap_or_default())
    }

    fn spreads(&self, spreads: &[Spread], object: &Object, given: &Given<'_>) -> u64 {
        let spreads = spreads.iter().filter(|spread| given.holds(&spread.conditions));
        sum(spreads.map(|spread| self.object(spread.part, object, given)))
    }

    fn field(&self, field: &Priced, place: (usize, usize), value: &Value, given: &Given<'_>) -> u64 {
        let answered = match (&field.rows, value) {
            (Rows::Page(..), Value::Object(page)) => {
                // Rows that are not in the answer were read all the same.
                let rows = rows_in(page).unwrap_or_else(|| given.rows(field, place));
                rows.saturating_mul(field.each).saturating_add(self.object(field.selection, page, given))
            }
            _ => self.objects(field, value, given),
        };
        field.once.saturating_add(answered)
    }

    fn objects(&self, field: &Priced, value: &Value, given: &Given<'_>) -> u64 {
        match value {
            Value::List(values) => sum(values.iter().map(|value| self.objects(field, value, given))),
            Value::Object(object) => field.each.saturating_add(self.object(field.selection, object, given)),
            _ => 0,
        }
    }
}

/// A page has its rows in lists, as many in each.
fn rows_in(page: &Object) -> Option<u64> {
    page.values().filter_map(|value| if let Value::List(rows) = value { Some(rows.len() as u64) } else { None }).max()
}
