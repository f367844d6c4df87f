//! What the gateway does and the rules that it keeps: commands, playback, views. It knows no HTTP and no GraphQL
//! context; rows come from `arvlite-db`.
//!
//! A write is a [`Command`], and [`execute`](execute::execute) is the one way to run it. Start at `execute.rs`, then
//! read one noun, such as `project.rs`.

pub mod analytics;
pub mod api_key;
pub mod ar_content;
mod audit;
mod checks;
mod command;
pub mod company;
pub mod delivery;
mod edit;
mod error;
pub mod execute;
pub mod login;
pub mod membership;
mod oddities;
pub mod playback;
pub mod project;
mod slug;
pub mod storage_connection;
pub mod upload;
pub mod user;
pub mod video;
pub mod video_rotation_schedule;
pub mod video_schedule;
pub mod view;
mod violation;
mod work;

pub use checks::Checks;
pub use command::{Changed, Command, Executed, Outcome, Warning, WarningCode};
pub use error::{Detail, Error, Problem, ProblemCode, Result};
pub use violation::problem_of;
pub use work::Work;
