//! The authority: who may see what, the record of every look, and where the data is kept.

pub mod caller;
pub mod clock;
pub mod failure;
pub mod seed;
pub mod store;
pub mod summary_document;
