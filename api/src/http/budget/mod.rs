//! What callers may spend: a bucket each, which fills again by itself, and places for operations that run at once.
//!
//! A person and an API key have one bucket each, however often they signed in; who is nobody shares that of their
//! address, or of their network's first half with IPv6. What phones ask draws from a larger bucket of the address, since
//! all customers of a mobile carrier may come from one. A part of each bucket is for mutations alone, so that what only
//! reads cannot keep the same caller from writing.
//!
//! Nothing here waits for points but [`Purse::pay`], which is for events of subscriptions.

mod bucket;
mod purse;
mod purses;

#[cfg(test)]
mod tests;

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use async_graphql::Value;
use async_graphql::parser::types::OperationType;

pub(super) use self::purse::{Purse, Spent};
use self::purses::Purses;
use crate::auth::Viewer;
use crate::config::{Budget, Limits};

/// Whose bucket an operation draws from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PurseKind {
    /// A person's or an API key's.
    Credential(String),
    /// Of an address from which nobody is known.
    Address(String),
    /// Of an address from which phones ask.
    Phones(String),
}

/// All buckets of this process.
pub(super) struct Budgets {
    credentials: Purses,
    addresses: Purses,
    phones: Purses,
}

impl PurseKind {
    pub(super) fn of(viewer: &Viewer, is_for_phones: bool) -> Self {
        if !viewer.is_anonymous() {
            return Self::Credential(viewer.name());
        }
        let network = network(viewer.caller.address.as_deref().unwrap_or_default());
        if is_for_phones { Self::Phones(network) } else { Self::Address(network) }
    }

    /// How large it is.
    pub(super) fn budget(&self, limits: &Limits) -> Budget {
        match self {
            Self::Credential(_) => limits.of_credentials(),
            Self::Address(_) => limits.of_addresses(),
            Self::Phones(_) => limits.of_phones(),
        }
    }
}

impl Budgets {
    pub(super) fn new(limits: &Limits, searches: usize) -> Self {
        // Of what few share nobody takes more than half.
        let searches = (searches / 2).max(1);
        let purses = |budget, running| Purses::new(budget, limits.budgets, running, searches);
        Self {
            credentials: purses(limits.of_credentials(), limits.running),
            addresses: purses(limits.of_addresses(), usize::MAX),
            phones: purses(limits.of_phones(), usize::MAX),
        }
    }

    /// What a refused operation would have cost, in the words of `extensions.cost`.
    pub(super) fn told(&self, kind: &PurseKind, requested: u64) -> Value {
        self.purse(kind).told(requested, None)
    }

    pub(super) fn purse(&self, kind: &PurseKind) -> Arc<Purse> {
        match kind {
            PurseKind::Credential(name) => self.credentials.of(name),
            PurseKind::Address(network) => self.addresses.of(network),
            PurseKind::Phones(network) => self.phones.of(network),
        }
    }
}

/// What part of a bucket an operation may draw from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Draws {
    All,
    /// All but what is kept for mutations.
    WhatIsLeftToReads,
}

impl Draws {
    pub(super) fn of(operation: OperationType) -> Self {
        if operation == OperationType::Mutation { Self::All } else { Self::WhatIsLeftToReads }
    }
}

impl Budget {
    /// The most that one operation can ever draw.
    pub(super) fn largest(&self, operation: OperationType) -> u64 {
        match Draws::of(operation) {
            Draws::All => self.maximum,
            Draws::WhatIsLeftToReads => self.maximum - self.kept_for_mutations(),
        }
    }
}

/// Whoever has one IPv6 address has 2^64 of them.
fn network(address: &str) -> String {
    match address.parse() {
        Ok(IpAddr::V6(address)) => {
            let first_half = u128::from(address) >> 64 << 64;
            Ipv6Addr::from(first_half).to_string()
        }
        _ => address.to_owned(),
    }
}
