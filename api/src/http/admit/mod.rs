//! The one way to the executor. Whatever comes by POST, GET, socket or page is an [`Incoming`], and only what [`admit`]
//! makes of it can be run: [`Admitted`] has no other maker.
//!
//! Cheap refusals first: tokens and brackets (`tokens.rs`), the parser, sizes (`measure.rs`), then the operation's own
//! rules here. Not here: validation against the schema, which is the library's, and what rows anybody may see.

mod measure;
mod tokens;

#[cfg(test)]
mod tests;

use async_graphql::parser::types::{DocumentOperations, ExecutableDocument, OperationDefinition, OperationType};
use async_graphql::parser::{Error as ParseError, parse_query};
use async_graphql::{Name, Request, Value, Variables};

use self::measure::{Measure, Size};
use super::refusal::{Code, Refusal};
use crate::auth::Viewer;
use crate::config::Limits;
use crate::graphql::IdempotencyKey;

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
    request: Request,
}

impl Admitted {
    /// Gives the operation something to use while it runs.
    pub(super) fn with<D: Send + Sync + 'static>(self, data: D) -> Self {
        Self { request: self.request.data(data), ..self }
    }

    pub(super) fn into_request(self) -> Request {
        self.request
    }
}

/// Lets a document in, or says why not. Takes time linear in the document's length, whatever it says.
pub(super) fn admit(limits: &Limits, incoming: Incoming, viewer: &Viewer) -> Result<Admitted, Refusal> {
    let Incoming { query, operation_name, variables, idempotency_key } = incoming;
    tokens::scan(&query, limits)?;
    let document = parse_query(&query).map_err(|error| misread(&error))?;
    let sizes = sizes(&document, limits)?;
    let (name, operation) = chosen(&document, operation_name.as_deref())?;
    let size = sizes.iter().find(|(of, _)| *of == name).map(|(_, size)| *size).unwrap_or_default();
    check_operation(operation, &size, viewer)?;
    check_variables(operation, &variables)?;

    let (kind, name) = (operation.ty, name.map(ToString::to_string));
    let mut request = Request::new(query).variables(variables);
    if let (OperationType::Mutation, Some(key)) = (kind, idempotency_key) {
        if size.root_fields != 1 {
            return Err(Refusal::malformed("the header Idempotency-Key is for documents with one mutation field"));
        }
        request = request.data(IdempotencyKey(key));
    }
    request.operation_name = name;
    request.set_parsed_query(document);
    Ok(Admitted { operation: kind, root_fields: size.root_fields, request })
}

/// Measures everything in the document, also what is not going to run: validation walks through all of it.
fn sizes<'d>(document: &'d ExecutableDocument, limits: &'d Limits) -> Result<Vec<(Option<&'d Name>, Size)>, Refusal> {
    if document.operations.iter().len() > limits.operations {
        return Err(Refusal::invalid(format!("the document has more than {} operations", limits.operations)));
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
    if size.introspections > 0 && viewer.is_anonymous() {
        return Err(Refusal::of_document(Code::Unauthenticated, "sign in first to read the schema").at(place));
    }
    Ok(())
}

/// The library would find these only while it runs.
fn check_variables(operation: &OperationDefinition, variables: &Variables) -> Result<(), Refusal> {
    for definition in &operation.variable_definitions {
        let variable = &definition.node;
        let absent = matches!(variables.get(&variable.name.node), None | Some(Value::Null));
        let has_default = variable.default_value.is_some() && !variables.contains_key(&variable.name.node);
        if absent && !variable.var_type.node.nullable && !has_default {
            let message = format!("variable \"${}\" is required", variable.name.node);
            return Err(Refusal::invalid(message).at(definition.pos));
        }
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
