//! A part of a reasonable adjustment flag, in words.

use domain::adjustment::Detail;

/// What a part says, in a few words.
pub fn detail_name(detail: &Detail) -> String {
    match detail {
        Detail::Impairment { impairment, .. } => impairment.label().to_owned(),
        Detail::Condition { name, .. } => name.clone(),
        Detail::Adjustment { text, .. } => text.clone(),
    }
}

/// The note at a part; empty where there is none.
pub fn detail_note(detail: &Detail) -> &str {
    match detail {
        Detail::Impairment { note, .. } | Detail::Adjustment { note, .. } => note,
        Detail::Condition { .. } => "",
    }
}

/// What kind of part it is.
pub fn detail_kind(detail: &Detail) -> &'static str {
    match detail {
        Detail::Impairment { .. } => "Impairment",
        Detail::Condition { .. } => "Condition",
        Detail::Adjustment { category, .. } => category.label(),
    }
}

/// A list entry for a part: its name, and its note after it.
pub fn detail_line(detail: &Detail) -> String {
    let (name, note) = (detail_name(detail), detail_note(detail));
    if note.is_empty() {
        name
    } else {
        format!("{name}: {note}")
    }
}
