//! Who asks, and what they may do.
//!
//! The edge makes one [`Viewer`] from a request; [`Viewer::scope`] says which companies' rows a permission opens, and
//! is the only way from a person to a scope. The whole policy is the table in `permission.rs`.

mod permission;
mod viewer;

pub use permission::{Permission, Readable};
pub use viewer::{Caller, KeyHolder, SignedIn, Viewer, Who};
