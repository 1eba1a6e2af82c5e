//! Writes a summary as a GP system does.

use super::history::{Entries, History, HistorySection, columns, full_title, section_code};
use domain::clock::banner_date;
use domain::patient::Patient;
use domain::summary::Row;
use jiff::civil::Date;
use serde_json::{Value, json};
use std::fmt::Write;
use uuid::{Builder, Uuid};

const DISCLAIMER: &str = "Sourced from the patient's General Practice record. This summary may not include all the \
                          information pertinent to this patient.";
const REGISTRATION_STARTED: &str = "At the time this record was created, this patient had recently registered with \
                                    the GP Practice. GP Summary information may not be complete.";
const WITHHELD: &str = "One or more entries have been deliberately withheld from this GP Summary.";
const WITHHELD_HERE: &str =
    "One or more entries have been deliberately withheld from this section.";
const NOTHING: &str = "No relevant information available for this category.";

/// The JSON of the document: the same bytes for the same patient and history.
pub fn write(patient: &Patient, history: &History) -> Vec<u8> {
    let name = |part: u8| id(patient, history.heads.created, part);
    let [
        bundle,
        composition,
        author_role,
        author,
        practice,
        subject,
        former,
    ] = [1, 2, 3, 4, 5, 6, 7].map(name);
    let at = format!("{}T08:00:00+00:00", history.heads.created);
    let mut sections = vec![section("General Practice Summary", "Title", &head(history))];
    let last = history.sections.len().saturating_sub(1);
    for (index, part) in history.sections.iter().enumerate() {
        let sent = (index == last).then(|| time("Summary Sent", history.heads.created, "08:05"));
        sections.push(section(
            &full_title(part),
            section_code(part.heading),
            &narrative(part, sent.as_deref()),
        ));
    }
    let resources = [
        json!({
            "resourceType": "Composition",
            "id": composition,
            "meta": { "lastUpdated": at },
            "identifier": { "system": "https://tools.ietf.org/html/rfc4122", "value": composition },
            "status": "final",
            "type": coded("196981000000101", "General Practice Summary"),
            "category": [coded("163171000000105", "Care Professional Documentation")],
            "subject": { "reference": format!("Patient/{subject}") },
            "date": at,
            "author": [{ "reference": format!("PractitionerRole/{author_role}") }],
            "relatesTo": [{ "code": "replaces", "targetIdentifier": { "value": former } }],
            "section": sections,
        }),
        json!({
            "resourceType": "PractitionerRole",
            "id": author_role,
            "practitioner": { "reference": format!("Practitioner/{author}") },
            "organization": { "reference": format!("Organization/{practice}") },
        }),
        json!({ "resourceType": "Practitioner", "id": author, "name": [{ "text": history.heads.author }] }),
        json!({
            "resourceType": "Organization",
            "id": practice,
            "identifier": patient.gp.as_ref().map(|gp| json!([{
                "system": "https://fhir.nhs.uk/Id/ods-organization-code", "value": gp.ods,
            }])).unwrap_or_else(|| json!([])),
            "name": history.heads.practice,
        }),
        json!({
            "resourceType": "Patient",
            "id": subject,
            "identifier": [{
                "system": "https://fhir.nhs.uk/Id/nhs-number", "value": patient.nhs_number.digits(),
            }],
        }),
    ];
    let entries: Vec<Value> = resources.into_iter().map(entry).collect();
    let document = json!({
        "resourceType": "Bundle",
        "id": bundle,
        "identifier": { "system": "https://tools.ietf.org/html/rfc4122", "value": bundle },
        "type": "document",
        "timestamp": at,
        "total": entries.len(),
        "entry": entries,
    });
    document.to_string().into_bytes()
}

/// A UUID that is the same whenever the document is written again: from the number, the day and
/// which part it names.
fn id(patient: &Patient, created: Date, part: u8) -> Uuid {
    let mut bytes = [0; 16];
    let days = u64::try_from(created.duration_since(Date::ZERO).as_hours()).unwrap_or(0);
    let number: u64 = patient.nhs_number.digits().parse().unwrap_or(0);
    let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ days << 8 ^ u64::from(part);
    let halves = [
        mixed.wrapping_mul(0xbf58_476d_1ce4_e5b9),
        mixed.wrapping_mul(0x94d0_49bb_1331_11eb),
    ];
    for (byte, value) in bytes
        .iter_mut()
        .zip(halves.iter().flat_map(|half| half.to_be_bytes()))
    {
        *byte = value;
    }
    Builder::from_random_bytes(bytes).into_uuid()
}

fn coded(code: &str, display: &str) -> Value {
    json!({ "coding": [{ "system": "http://snomed.info/sct", "code": code, "display": display }] })
}

fn entry(resource: Value) -> Value {
    let part = |key: &str| {
        resource
            .get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let url = format!(
        "https://api.service.nhs.uk/summary-care-record/FHIR/R4/{}/{}",
        part("resourceType"),
        part("id")
    );
    json!({ "fullUrl": url, "resource": resource })
}

fn section(title: &str, code: &str, inner: &str) -> Value {
    json!({
        "title": title,
        "code": { "coding": [{ "code": code }] },
        "text": {
            "status": "generated",
            "div": format!("<div xmlns=\"http://www.w3.org/1999/xhtml\">{inner}</div>"),
        },
    })
}

fn time(what: &str, on: Date, clock: &str) -> String {
    format!("{what}: {} {clock}", banner_date(on))
}

fn head(history: &History) -> String {
    let heads = &history.heads;
    let mut html = String::with_capacity(1024);
    element(&mut html, "h3", "Disclaimer", DISCLAIMER);
    element(
        &mut html,
        "p",
        "CreateTime",
        &time("Summary Created", heads.created, "08:00"),
    );
    if heads.recently_registered {
        element(
            &mut html,
            "p",
            "RegistrationStartedStatement",
            REGISTRATION_STARTED,
        );
    }
    if heads.withheld {
        element(&mut html, "p", "WithheldCREItemsHeaderStatement", WITHHELD);
    }
    element(
        &mut html,
        "p",
        "Author",
        &format!("Created by: {}", heads.author),
    );
    element(&mut html, "p", "Practice", &heads.practice);
    html
}

fn element(html: &mut String, tag: &str, id: &str, text: &str) {
    let class = if id.ends_with("Statement") {
        " class=\"HighlightedStatement\""
    } else {
        ""
    };
    // Writing to a text cannot fail.
    let _ = write!(html, "<{tag} id=\"{id}\"{class}>");
    escape(html, text);
    let _ = write!(html, "</{tag}>");
}

/// The section's table, with the statements around it.
fn narrative(section: &HistorySection, sent: Option<&str>) -> String {
    let mut html = String::with_capacity(1024);
    let id = section_code(section.heading).trim_end_matches("Header");
    let columns = columns(section.heading);
    if section.withheld {
        element(&mut html, "p", "WithheldCREItemsStatement", WITHHELD_HERE);
    }
    let _ = write!(html, "<table id=\"{id}\">");
    if section.entries != Entries::NotIncluded {
        html.push_str("<thead><tr>");
        for column in columns {
            let _ = write!(html, "<th>{column}</th>");
        }
        html.push_str("</tr></thead>");
    }
    html.push_str("<tbody>");
    match &section.entries {
        Entries::Rows(rows) => rows_of(&mut html, rows, columns.len()),
        Entries::Nothing => across(&mut html, NOTHING, columns.len()),
        Entries::NotIncluded => {
            let title = super::section_title(section.heading);
            let statement = format!(
                "The {title} are not included in this summary. This patient may have had entries that are not shown here."
            );
            across(&mut html, &statement, columns.len());
        }
    }
    html.push_str("</tbody></table>");
    if let Some(sent) = sent {
        element(&mut html, "p", "SendTime", sent);
    }
    html
}

fn rows_of(html: &mut String, rows: &[Row], columns: usize) {
    let mut odd = false;
    for row in rows {
        match row {
            Row::Entry(cells) => {
                odd = !odd;
                html.push_str(if odd {
                    "<tr class=\"oddRow\">"
                } else {
                    "<tr class=\"evenRow\">"
                });
                for cell in cells {
                    if cell.is_empty() {
                        html.push_str("<td/>");
                    } else {
                        html.push_str("<td>");
                        escape(html, cell);
                        html.push_str("</td>");
                    }
                }
                html.push_str("</tr>");
            }
            Row::Note(text) => across(html, text, columns),
        }
    }
}

fn across(html: &mut String, text: &str, columns: usize) {
    let _ = write!(html, "<tr><td colspan=\"{columns}\">");
    escape(html, text);
    html.push_str("</td></tr>");
}

fn escape(html: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '&' => html.push_str("&amp;"),
            c => html.push(c),
        }
    }
}
