//! The records behind their ports: every right with its refused twin, what the audit says of it, and
//! changes that are done once.

mod adjustments;
mod audited;
mod contexts;
mod finding;
mod rights;
mod summary;
