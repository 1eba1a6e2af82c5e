//! The audit: what an entry says, what is found of whatever is done to it, the heads that are kept
//! outside the database, and how it is asked and handed on.

mod attack;
mod command;
mod entries;
mod exported;
mod heads;
mod migrated;
mod queries;
mod tampering;
