//! Documents that were admitted before, so that reading and checking them is paid once.
//!
//! They are compared by their whole text, in maps whose hash nobody outside can foresee. Documents of those who signed in
//! and of those who did not are kept apart: nobody who is nobody can crowd out what a studio uses.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::parser::types::{ExecutableDocument, OperationType};

use super::cost::Recipe;
use super::measure::Size;
use super::sharing::Sharing;

/// What is known of an operation of a document.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) document: ExecutableDocument,
    pub(super) kind: OperationType,
    /// As the executor wants it: none for the only operation that has no name.
    pub(super) name: Option<String>,
    pub(super) size: Size,
    pub(super) recipe: Arc<Recipe>,
    /// Of a subscription that may be run once for many.
    pub(super) sharing: Option<Sharing>,
    /// Whether it was validated against the schema, and ran.
    pub(super) is_valid: AtomicBool,
}

impl Known {
    pub(super) fn is_valid(&self) -> bool {
        self.is_valid.load(Ordering::Relaxed)
    }

    pub(super) fn ran(&self) {
        self.is_valid.store(true, Ordering::Relaxed);
    }
}

/// The text of a document, and the operation that is wanted of it.
pub(super) type Asked = (String, Option<String>);

/// Documents of one kind of callers. The younger half of them is new or was used of late; when it is full, the older
/// half is forgotten.
pub(super) struct Documents {
    /// Bytes of text in each half.
    most: usize,
    halves: Mutex<Halves>,
}

#[derive(Default)]
struct Halves {
    bytes: usize,
    young: HashMap<Asked, Arc<Known>>,
    old: HashMap<Asked, Arc<Known>>,
}

impl Documents {
    pub(super) fn new(most: usize) -> Self {
        Self { most, halves: Mutex::default() }
    }

    pub(super) fn get(&self, asked: &Asked) -> Option<Arc<Known>> {
        let mut halves = self.halves.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = halves.young.get(asked) {
            return Some(Arc::clone(known));
        }
        let (asked, known) = halves.old.remove_entry(asked)?;
        halves.put(asked, Arc::clone(&known), self.most);
        Some(known)
    }

    pub(super) fn put(&self, asked: Asked, known: &Arc<Known>) {
        let mut halves = self.halves.lock().unwrap_or_else(PoisonError::into_inner);
        halves.put(asked, Arc::clone(known), self.most);
    }
}

impl Halves {
    fn put(&mut self, asked: Asked, known: Arc<Known>, most: usize) {
        let bytes = asked.0.len() + asked.1.as_ref().map_or(0, String::len);
        if bytes > most {
            return;
        }
        if self.bytes + bytes > most {
            self.old = std::mem::take(&mut self.young);
            self.bytes = 0;
        }
        if self.young.insert(asked, known).is_none() {
            self.bytes += bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::*;

    fn known() -> Arc<Known> {
        let document = parse_query("{ a }").unwrap();
        let (kind, size, recipe) = (OperationType::Query, Size::default(), Arc::default());
        Arc::new(Known { document, kind, name: None, size, recipe, sharing: None, is_valid: AtomicBool::new(false) })
    }

    fn asked(number: usize) -> Asked {
        (format!("{number:010}"), None)
    }

    #[test]
    fn what_is_used_stays_and_what_is_not_goes() {
        let documents = Documents::new(100);
        for number in 0..1_000 {
            documents.put(asked(number), &known());
            assert!(documents.get(&asked(0)).is_some(), "it is asked for all the time");
        }
        assert!(documents.get(&asked(500)).is_none());
        assert!(documents.get(&asked(999)).is_some());
        let halves = documents.halves.lock().unwrap();
        assert!(halves.young.len() + halves.old.len() <= 20);
    }

    #[test]
    fn a_document_that_is_larger_than_all_others_together_is_not_kept() {
        let documents = Documents::new(100);
        documents.put(asked(1), &known());
        documents.put(("x".repeat(101), None), &known());
        assert!(documents.get(&asked(1)).is_some());
        assert!(documents.get(&("x".repeat(101), None)).is_none());
    }

    #[test]
    fn operations_of_one_document_are_apart() {
        let documents = Documents::new(100);
        documents.put(("a".to_owned(), Some("A".to_owned())), &known());
        assert!(documents.get(&("a".to_owned(), None)).is_none());
    }
}
