//! The rules of the service: types, validation and state machines.
//!
//! No Leptos, no I/O, no clock and no randomness: the time, new ids and whatever else comes from
//! outside are arguments. What is built here is the same on the device and on the server.

pub mod adjustment;
pub mod alert;
pub mod clock;
mod coded;
pub mod command;
pub mod device_log;
pub mod field;
mod hidden;
pub mod idle;
pub mod ids;
pub mod name;
pub mod nhs_number;
pub mod ods;
pub mod opening;
pub mod outbox;
pub mod patient;
pub mod permission;
pub mod readiness;
pub mod referral;
pub mod retention;
pub mod role;
pub mod search;
pub mod search_keys;
pub mod situation;
pub mod sourced;
pub mod summary;
pub mod visit_list;
pub mod visit_search;

pub use field::FieldError;
pub use nhs_number::NhsNumber;
pub use ods::OdsCode;
pub use sourced::Sourced;
