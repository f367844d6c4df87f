//! Who asks, and what they may do.
//!
//! The edge makes one [`Viewer`] from a request; [`Viewer::scope`] says which companies' rows a permission opens, and
//! is the only way from a person to a scope. The whole policy is the table in `permission.rs`.
//!
//! Start at [`authenticate`](authenticate::authenticate). Signing in is `domain/login.rs`; what it needs is here:
//! [`passwords`], tokens and keys as text ([`token`]), and what was looked up or revoked a moment ago
//! ([`Credentials`]).

pub mod authenticate;
mod credentials;
pub mod passwords;
mod permission;
pub mod token;
mod viewer;

pub use authenticate::authenticate;
pub use credentials::{Credentials, Revoked};
pub use passwords::Passwords;
pub use permission::{Permission, Readable};
pub use viewer::{Caller, KeyHolder, SignedIn, Viewer, Who};
