//! Streams that many follow: run once for all who asked the same and may see the same, with the same bytes for all.
//!
//! A [`Member`] (`member.rs`) is told what its groups (`group.rs`) run once, write once (`event.rs`), keep for a while
//! (`recent.rs`) and tell in a rhythm that goes with the number of their members (`audience.rs`): first the past, in
//! stretches, with all who broke off nearly where it did, as thousands do when a server is away; then what happens. Where
//! there can be no group, each follows alone, and so does whoever is too slow as long as it reads what it missed. Either
//! runs a subscription that waits for the database where it is away (`execution.rs`). Who may be in one group is decided
//! by `admit/sharing.rs`; members pay in `paid.rs`, the past is paid for in `group.rs`. Start at `member.rs`.

mod audience;
mod event;
mod execution;
mod group;
mod member;
mod recent;

pub(super) use self::event::SharedEvent;
pub(super) use self::group::Groups;
pub(super) use self::member::{Member, Told};
