//! The screens, named as in their addresses (see [`crate::routes`]).

pub mod account;
pub mod changes;
pub mod enrol;
pub mod find;
pub mod home;
pub mod not_found;
pub mod privacy;
pub mod readiness;
pub mod record;
pub mod registration;
pub mod role;
pub mod sign_in;
pub mod someone_else;
pub mod this_device;
pub mod visits;
