//! The store, on both engines.

pub(crate) mod ground;

mod chain;
mod plans;
pub(crate) mod searches;
mod tables;
