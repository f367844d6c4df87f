//! The one door: every request comes in here.

pub mod ar_page;
pub mod graphiql;
pub mod qr_code;
