//! The authority: who may see what, the record of every look, and where the data is kept.

pub mod access;
pub mod audit;
pub mod caller;
pub mod clock;
pub mod contexts;
pub mod failure;
pub mod finding;
pub mod identity;
pub mod national;
pub mod offline;
pub mod privacy;
pub mod private;
pub mod readiness;
pub mod records;
pub mod router;
pub mod seed;
pub mod seed_store;
pub mod services;
pub mod settings;
pub mod store;
pub mod summary_document;
pub mod web;
