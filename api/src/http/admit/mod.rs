//! The one way to the executor. Whatever comes by POST, GET, socket or page is an [`Incoming`], and only what [`admit`]
//! makes of it can be run: [`Admitted`] has no other maker.
//!
//! Cheap refusals first: tokens and brackets (`tokens.rs`), the parser, sizes (`measure.rs`), then the operation's own
//! rules here, its values (`values.rs`), and what it costs (`cost/`). What was found out about a document is kept once it
//! ran (`known.rs`). Not here: validation against the schema, which is the library's, and what rows anybody may see.

mod cost;
mod known;
mod measure;
mod sharing;
mod tokens;
mod values;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use async_graphql::parser::types::{DocumentOperations, ExecutableDocument, OperationDefinition, OperationType};
use async_graphql::parser::{Error as ParseError, parse_query};
use async_graphql::{Data, Name, Request, Variables};

use self::cost::{Pages, Recipe};
use self::known::{Asked, Documents, Known};
use self::measure::{Measure, Size};
use self::sharing::Sharing;
use super::Door;
use super::budget::{Budgets, PurseKind};
use super::refusal::{Code, Refusal};
use crate::auth::Viewer;
use crate::config::Limits;
use crate::graphql::{Contract, IdempotencyKey};

pub(super) use self::cost::{Cost, LEAST};
pub(super) use self::sharing::Sameness;

/// Bytes of the documents that are kept for those who signed in, half of them new; and for those who did not, of whom
/// phones ask always the same. Read, a document is up to a hundred times larger than its text.
const KNOWN_BYTES: usize = 512 * 1024;
const KNOWN_BYTES_OF_NOBODY: usize = 64 * 1024;

/// What somebody wants to run.
#[derive(Debug, Default)]
pub(super) struct Incoming {
    pub(super) query: String,
    pub(super) operation_name: Option<String>,
    pub(super) variables: Variables,
    /// The header `Idempotency-Key`.
    pub(super) idempotency_key: Option<String>,
}

/// What may be run: parsed, measured, and with one operation chosen.
#[derive(Debug)]
pub(super) struct Admitted {
    pub(super) operation: OperationType,
    /// Fields of the operation itself, fragments expanded.
    pub(super) root_fields: usize,
    pub(super) cost: Cost,
    pub(super) purse: PurseKind,
    pub(super) receipt: Receipt,
    /// Fields after its fragments are expanded.
    pub(super) fields: usize,
    /// Whether it checks a password.
    pub(super) signs_in: bool,
    /// The cursor at which a client broke off, which goes before the one in its document.
    pub(super) resumes_after: Option<Arc<str>>,
    variables: Variables,
    data: Data,
}

/// What to show when it ran, so that its document is kept.
#[derive(Debug, Clone)]
pub(super) struct Receipt {
    known: Arc<Known>,
    /// Of one that is not kept yet.
    asked: Option<Asked>,
    is_anonymous: bool,
}

/// Knows what is let in, and what was let in before.
pub(super) struct Admission {
    limits: Limits,
    contract: Arc<Contract>,
    budgets: Arc<Budgets>,
    known: Documents,
    known_of_nobody: Documents,
    /// Documents that were read, and not known.
    read: AtomicU64,
}

impl Admitted {
    /// Gives the operation something to use while it runs.
    pub(super) fn with<D: Send + Sync + 'static>(self, data: D) -> Self {
        let mut admitted = self;
        admitted.data.insert(data);
        admitted
    }

    /// The same once more, without what was given to it to use.
    pub(super) fn again(&self) -> Self {
        Self {
            cost: self.cost.clone(),
            purse: self.purse.clone(),
            receipt: self.receipt.clone(),
            variables: self.variables.clone(),
            resumes_after: self.resumes_after.clone(),
            data: Data::default(),
            ..*self
        }
    }

    /// What is the same for all who are told the same; none where nobody is.
    pub(super) fn sameness(&self, viewer: &Viewer) -> Option<Sameness> {
        let known = &self.receipt.known;
        known.sharing.as_ref()?.sameness(known.name.as_deref(), &self.variables, viewer)
    }

    /// The cursor at which a client broke off, as far as it is known before it runs.
    pub(super) fn broke_off(&self) -> Option<&str> {
        let in_variables = || self.receipt.known.sharing.as_ref()?.broke_off(&self.variables);
        self.resumes_after.as_deref().or_else(in_variables)
    }

    /// Whether its document was validated against the schema before.
    pub(super) fn is_valid(&self) -> bool {
        self.receipt.known.is_valid()
    }

    pub(super) fn into_request(self) -> Request {
        let mut request = Request::new(String::new()).variables(self.variables);
        request.operation_name.clone_from(&self.receipt.known.name);
        request.set_parsed_query(self.receipt.known.document.clone());
        request.data = self.data;
        request
    }
}

/// Lets a document in, or says why not. Takes time linear in the document's length, whatever it says.
pub(super) fn admit(door: &Door, incoming: Incoming, viewer: &Viewer) -> Result<Admitted, Refusal> {
    door.admission.admit(incoming, viewer)
}

impl Admission {
    pub(super) fn new(limits: &Limits, contract: &Arc<Contract>, budgets: &Arc<Budgets>) -> Self {
        Self {
            limits: limits.clone(),
            contract: Arc::clone(contract),
            budgets: Arc::clone(budgets),
            known: Documents::new(KNOWN_BYTES),
            known_of_nobody: Documents::new(KNOWN_BYTES_OF_NOBODY),
            read: AtomicU64::new(0),
        }
    }

    fn admit(&self, incoming: Incoming, viewer: &Viewer) -> Result<Admitted, Refusal> {
        let Incoming { query, operation_name, variables, idempotency_key } = incoming;
        let (asked, is_anonymous) = ((query, operation_name), viewer.is_anonymous());
        let known = self.documents(is_anonymous).get(&asked);
        let (known, asked) = match known {
            Some(known) => (known, None),
            None => (Arc::new(self.read(&asked)?), Some(asked)),
        };
        let (_, operation) = chosen(&known.document, known.name.as_deref())?;
        check_operation(operation, &known.size, viewer)?;
        let variables = values::coerced(&self.contract, operation, variables)?;
        let purse =
            PurseKind::of(viewer, known.size.root_fields > 0 && known.size.for_phones == known.size.root_fields);
        let cost = Cost::new(&known.recipe, &variables, Pages::of(&self.limits));
        let most = self.limits.cost.min(purse.budget(&self.limits).largest(known.kind));
        cost.check(most).map_err(|refusal| refusal.for_cost(self.budgets.told(&purse, cost.requested)))?;

        let mut data = Data::default();
        if let (OperationType::Mutation, Some(key)) = (known.kind, idempotency_key) {
            if known.size.root_fields != 1 {
                return Err(Refusal::malformed("the header Idempotency-Key is for documents with one mutation field"));
            }
            data.insert(IdempotencyKey(key));
        }
        let (fields, root_fields) = (known.size.fields, known.size.root_fields);
        let signs_in = known.size.logins > 0;
        let (operation, receipt) = (known.kind, Receipt { known, asked, is_anonymous });
        Ok(Admitted {
            operation,
            fields,
            root_fields,
            signs_in,
            cost,
            purse,
            receipt,
            resumes_after: None,
            variables,
            data,
        })
    }

    /// A comment or a text is one token or none, however long, but the parser reads each letter of it.
    fn check_length(&self, query: &str) -> Result<(), Refusal> {
        let (most, length) = (self.limits.document_bytes, query.len());
        if length > most {
            let message = format!("the document is longer than {most} bytes: send what is long as a variable");
            return Err(Refusal::beyond("documentBytes", most, Some(length), message));
        }
        Ok(())
    }

    /// Reads a document that nobody knows.
    fn read(&self, (query, wanted): &Asked) -> Result<Known, Refusal> {
        self.read.fetch_add(1, Ordering::Relaxed);
        self.check_length(query)?;
        tokens::scan(query, &self.limits)?;
        let document = parse_query(query).map_err(|error| misread(&error))?;
        let sizes = sizes(&document, &self.limits)?;
        let (name, operation) = chosen(&document, wanted.as_deref())?;
        let size = sizes.iter().find(|(of, _)| *of == name).map(|(_, size)| *size).unwrap_or_default();
        values::check_literals(&document, &self.contract)?;
        let recipe = Arc::new(Recipe::of(&document, operation, &self.contract));
        let sharing = Sharing::of(query, &document, operation);
        let (kind, name) = (operation.ty, name.map(ToString::to_string));
        Ok(Known { document, kind, name, size, recipe, sharing, is_valid: AtomicBool::new(false) })
    }

    /// An admitted operation ran, so that its document is valid and worth to be kept.
    pub(super) fn ran(&self, receipt: Receipt) {
        let Receipt { known, asked, is_anonymous } = receipt;
        known.ran();
        if let Some(asked) = asked {
            self.documents(is_anonymous).put(asked, &known);
        }
    }

    fn documents(&self, of_nobody: bool) -> &Documents {
        if of_nobody { &self.known_of_nobody } else { &self.known }
    }
}

/// Measures everything in the document, also what is not going to run: validation walks through all of it.
fn sizes<'d>(document: &'d ExecutableDocument, limits: &'d Limits) -> Result<Vec<(Option<&'d Name>, Size)>, Refusal> {
    if document.operations.iter().len() > limits.operations {
        let (limit, counted) = (limits.operations, document.operations.iter().len());
        let message = format!("the document has more than {limit} operations");
        return Err(Refusal::beyond("operations", limit, Some(counted), message));
    }
    let mut measure = Measure::new(document, limits);
    measure.fragments()?;
    document.operations.iter().map(|(name, operation)| Ok((name, measure.operation(&operation.node)?))).collect()
}

fn chosen<'d>(
    document: &'d ExecutableDocument,
    wanted: Option<&str>,
) -> Result<(Option<&'d Name>, &'d OperationDefinition), Refusal> {
    let found = match (&document.operations, wanted.filter(|name| !name.is_empty())) {
        (DocumentOperations::Single(operation), None) => Some((None, operation)),
        (DocumentOperations::Single(_), Some(_)) => None,
        (DocumentOperations::Multiple(several), Some(wanted)) => {
            several.get_key_value(wanted).map(|(name, operation)| (Some(name), operation))
        }
        (DocumentOperations::Multiple(several), None) => {
            let mut several = several.iter();
            match (several.next(), several.next()) {
                (Some((name, operation)), None) => Some((Some(name), operation)),
                _ => return Err(Refusal::invalid("the document has several operations: say operationName")),
            }
        }
    };
    let (name, operation) =
        found.ok_or_else(|| Refusal::invalid("operationName names no operation of the document"))?;
    Ok((name, &operation.node))
}

fn check_operation(operation: &OperationDefinition, size: &Size, viewer: &Viewer) -> Result<(), Refusal> {
    let place = operation.selection_set.pos;
    if operation.ty == OperationType::Subscription && (size.root_fields != 1 || size.root_metas > 0) {
        return Err(Refusal::invalid("a subscription has exactly one root field").at(place));
    }
    if operation.ty == OperationType::Mutation && (size.logins > 1 || size.aliased_logins > 0) {
        return Err(Refusal::invalid("login comes once in a document, and without an alias").at(place));
    }
    let may_be_keyed = if operation.ty == OperationType::Mutation { size.root_keyed } else { 0 };
    if size.keyed > may_be_keyed {
        return Err(Refusal::invalid("@idempotent is for the root fields of a mutation").at(place));
    }
    if size.introspections > 0 && viewer.is_anonymous() {
        return Err(Refusal::of_document(Code::Unauthenticated, "sign in first to read the schema").at(place));
    }
    Ok(())
}

/// The parser's own words quote the document.
fn misread(error: &ParseError) -> Refusal {
    let place = error.positions().next();
    let refusal = match (error, place) {
        (ParseError::Syntax { .. }, Some(place)) => return tokens::syntax_error(place),
        (ParseError::MultipleOperations { .. }, _) => {
            Refusal::invalid("an operation without a name must be the only one in its document")
        }
        (ParseError::OperationDuplicated { .. }, _) => Refusal::invalid("two operations have the same name"),
        (ParseError::FragmentDuplicated { .. }, _) => Refusal::invalid("two fragments have the same name"),
        (ParseError::MissingOperation, _) => Refusal::invalid("the document has no operation"),
        (ParseError::RecursionLimitExceeded, _) => Refusal::invalid("the document is nested too deeply"),
        _ => Refusal::invalid("the document is not GraphQL"),
    };
    match place {
        Some(place) => refusal.at(place),
        None => refusal,
    }
}
