//! Parts that several screens share.

pub mod add_visit;
pub mod adjustment;
pub mod button;
pub mod disclosure;
pub mod fact;
pub mod form;
pub mod header;
pub mod loaded;
pub mod notice;
pub mod page;
pub mod passkey;
pub mod problem;
pub mod step_up;
pub mod strips;
pub mod time;
pub mod words;
pub mod work;
