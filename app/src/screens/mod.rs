//! The screens, named as in their addresses (see [`crate::routes`]).

pub mod account;
pub mod enrol;
pub mod find;
pub mod home;
pub mod not_found;
pub mod record;
pub mod role;
pub mod sign_in;
