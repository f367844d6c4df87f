//! Streams that many follow: run once for all who asked the same and may see the same, with the same bytes for all.
//!
//! A [`Member`] (`member.rs`) is told what its groups (`group.rs`) run once, keep for a while (`recent.rs`) and tell in a
//! rhythm that goes with the number of their members (`audience.rs`): first the past, with all who broke off nearly where
//! it did, as thousands do when a server is away; then what happens. Where there can be no group, and what somebody missed
//! who is too slow, is read by each alone. Either runs a subscription
//! that waits for the database where it is away (`execution.rs`). Who may be in one group is decided by
//! `admit/sharing.rs`; who pays, by `paid.rs`. Start at `member.rs`.

mod audience;
mod execution;
mod group;
mod member;
mod recent;

pub(super) use self::group::Groups;
pub(super) use self::member::{Member, Told};
pub(super) use self::recent::SharedEvent;
