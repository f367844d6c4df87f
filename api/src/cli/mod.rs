//! The roles of the binary, one file each: what a person types, and what it is told.

pub mod demo;
pub mod key;
mod operator;
mod password;
pub mod user;
