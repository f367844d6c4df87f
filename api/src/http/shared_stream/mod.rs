//! Streams that many follow: run once for all who asked the same and may see the same, with the same bytes for all.
//!
//! A [`Member`] (`member.rs`) follows by itself until the past is told, then takes what its group (`group.rs`) runs once,
//! from the events of late (`recent.rs`) that the group keeps for its members and tells in a rhythm that goes with their
//! number (`audience.rs`). Whoever is too slow for those reads by itself again what it missed. Either runs a subscription
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
