//! The Summary Care Record as a document: a FHIR document Bundle whose Composition has a section
//! for each heading, each with a table in XHTML.
//!
//! - [`read`] reads what a document says, from whoever wrote it, and drops nothing.
//! - [`write`] writes one for a made-up patient, in the same shape.
//! - [`SummarySpec`] says what a made-up patient's history is; [`History`] is that history in full.
//! - [`compress`] and [`decompress`] are how documents are kept.

mod clinical;
mod compressed;
mod history;
mod made_up;
mod read;
mod write;

#[cfg(test)]
mod corpus;
#[cfg(test)]
mod misread;
#[cfg(test)]
mod tests;

pub use clinical::{Extent, Story, SummarySpec};
pub use compressed::{LARGEST_DOCUMENT, compress, decompress};
pub use history::{Entries, Heads, History, HistorySection, section_code, section_title};
pub use read::{ReadError, read, read_for};
pub use write::write;
