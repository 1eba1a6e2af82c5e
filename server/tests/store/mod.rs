//! The store, on both engines.

pub(crate) mod ground;

pub(crate) mod chain;
mod plans;
pub(crate) mod searches;
mod tables;
