//! Parts that several screens share.

pub mod form;
pub mod header;
pub mod page;
pub mod problem;
pub mod work;
