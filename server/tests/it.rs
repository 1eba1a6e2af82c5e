//! The server from outside, on both engines: one program, so that it is linked once.
//!
//! `cfg(test)` says nothing to the compiler that it does not know, but tells clippy that all of this
//! is tests, which may unwrap.

#[cfg(test)]
mod audit;
#[cfg(test)]
mod documents;
#[cfg(test)]
mod endpoints;
#[cfg(test)]
mod harness;
#[cfg(test)]
mod identity;
#[cfg(test)]
mod offline;
#[cfg(test)]
mod platform;
#[cfg(test)]
mod privacy;
#[cfg(test)]
mod readiness;
#[cfg(test)]
mod records;
#[cfg(test)]
mod registration;
#[cfg(test)]
mod store;
