//! The records behind their ports: every right with its refused twin, what the audit says of it, and
//! changes that are done once.

pub(crate) mod adjustments;
mod audited;
mod contexts;
pub(crate) mod finding;
mod limit;
mod referral;
mod rights;
mod summary;
