//! What is wrong with what a person typed, told at the field and in the error summary.

use serde::{Deserialize, Serialize};

/// One problem with one field, worded for the person (NHS content style: what to do, no blame).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// The `name` of the form field, and the anchor that the error summary links to.
    pub field: String,
    /// For example "Enter a last name".
    pub message: String,
}

impl FieldError {
    /// A problem with the field of that name.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            message: message.into(),
        }
    }
}
