//! Reads what a summary states, from whoever wrote it.
//!
//! The rule: what is not recognised is never told as not there; what cannot be read with certainty is
//! shown as it came, under the heading that it came under, with a sentence that says so. So nothing is
//! dropped, a part that cannot be read does not hide the rest, and only what is no summary of this
//! patient at all is refused.
//!
//! - [`bundle`]: the resources of the document, and whom it is about.
//! - [`headings`]: which heading a section is.
//! - [`markup`], [`text`], [`blocks`], [`table`]: the text of a section, from its tags to its parts.
//! - [`resources`]: what stands only as coded data.
//! - [`sections`]: all of it under the headings.

mod blocks;
mod bundle;
mod headings;
mod markup;
mod resources;
mod sections;
mod table;
mod text;

use super::compressed::LARGEST_DOCUMENT;
use bundle::{Bundle, text_of};
use domain::NhsNumber;
use domain::summary::Summary;
use resources::Entries;
use sections::Reading;
use serde_json::Value;
use std::borrow::Cow;

/// Why a document cannot be read. None quotes the document.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Larger than [`LARGEST_DOCUMENT`].
    #[error("the summary is larger than {LARGEST_DOCUMENT} bytes")]
    TooLarge,
    /// Not JSON, or nested too deeply.
    #[error("the summary is not JSON")]
    Json(#[source] serde_json::Error),
    /// No Composition with anything in it.
    #[error("the document has no Composition with sections")]
    NoComposition,
    /// The document is about another patient, or does not say about whom.
    #[error("the document is not about this patient")]
    OtherPatient,
    /// The document was made in error: its author says that it is no summary.
    #[error("the document was entered in error")]
    EnteredInError,
}

/// What the document states about that patient.
///
/// # Errors
/// As [`read`], and [`ReadError::OtherPatient`] where the document's subject is not that patient.
pub fn read_for(document: &[u8], patient: NhsNumber) -> Result<Summary, ReadError> {
    let parsed = parse(document)?;
    let bundle = Bundle::new(&parsed);
    let composition = composition(&bundle)?;
    if bundle.number(composition.get("subject"), composition) != Some(patient) {
        return Err(ReadError::OtherPatient);
    }
    summary(&bundle, composition)
}

/// What the document states.
///
/// # Errors
/// Where there is no summary in it: see [`ReadError`].
pub fn read(document: &[u8]) -> Result<Summary, ReadError> {
    let parsed = parse(document)?;
    let bundle = Bundle::new(&parsed);
    summary(&bundle, composition(&bundle)?)
}

fn composition<'a>(bundle: &Bundle<'a>) -> Result<&'a Value, ReadError> {
    bundle
        .of_kind("Composition")
        .next()
        .ok_or(ReadError::NoComposition)
}

fn parse(document: &[u8]) -> Result<Value, ReadError> {
    if document.len() > LARGEST_DOCUMENT {
        return Err(ReadError::TooLarge);
    }
    let text = String::from_utf8_lossy(document);
    let text = text.trim_start_matches('\u{feff}');
    serde_json::from_str(&with_numbers_as_text(text)).map_err(ReadError::Json)
}

/// The JSON with its numbers in quotes, so that each keeps every digit: 0.50 is not 0.5.
fn with_numbers_as_text(json: &str) -> Cow<'_, str> {
    let mut quoted = String::with_capacity(json.len() + 64);
    let (mut in_text, mut escaped, mut in_number) = (false, false, false);
    for c in json.chars() {
        if in_text {
            quoted.push(c);
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => in_text = false,
                _ => {}
            }
            continue;
        }
        let numeric =
            c.is_ascii_digit() || c == '-' || (in_number && matches!(c, '+' | '.' | 'e' | 'E'));
        if numeric != in_number {
            quoted.push('"');
            in_number = numeric;
        }
        in_text = c == '"';
        quoted.push(c);
    }
    Cow::Owned(quoted)
}

fn summary(bundle: &Bundle, composition: &Value) -> Result<Summary, ReadError> {
    let status = status(composition)?;
    let mut reading = Reading::new(Entries::new(bundle, composition));
    reading.sections(composition);
    reading.rest(composition);
    if reading.is_empty() {
        return Err(ReadError::NoComposition);
    }
    if let Some(status) = status {
        reading.statements.insert(0, status);
    }
    if bundle.of_kind("Composition").nth(1).is_some() {
        reading.statements.push(
            "This document holds more than one summary. Only the first is shown. Ask the GP practice for the others."
                .to_owned(),
        );
    }
    Ok(reading.finished())
}

/// What the status of the document says of it, where that is not that it is final.
fn status(composition: &Value) -> Result<Option<String>, ReadError> {
    let status = text_of(composition, "status").trim().to_ascii_lowercase();
    let sentence = match status.replace('_', "-").as_str() {
        "entered-in-error" | "cancelled" | "nullified" => return Err(ReadError::EnteredInError),
        "final" => return Ok(None),
        "preliminary" | "partial" | "registered" => {
            "This summary is preliminary: the GP practice has not finished it. It may be incomplete and may change."
        }
        "amended" | "corrected" | "appended" => {
            "This summary was amended after it was first sent. An earlier copy may say something else."
        }
        "deprecated" => {
            "This summary has been replaced by another. Ask the GP practice for the latest."
        }
        "" => "This summary does not say whether it is final.",
        other => {
            return Ok(Some(format!(
                "This summary does not say in a way that is known whether it is final: \u{201c}{other}\u{201d}."
            )));
        }
    };
    Ok(Some(sentence.to_owned()))
}
