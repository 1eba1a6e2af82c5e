//! What stands in a document as coded data: shown where the text does not say it.

use super::bundle::{Bundle, each, text_of};
use super::headings::by_codings;
use super::markup::markup;
use super::text::{Around, folded, words};
use crate::summary_document::history::columns;
use domain::clock::banner_date;
use domain::summary::{Heading, KnownHeading, Part, Remark, Row, Table};
use jiff::civil::Date;
use serde_json::Value;
use std::collections::HashSet;

/// Resources that say who and where, not what: never shown for themselves.
const NOT_CLINICAL: [&str; 24] = [
    "AuditEvent",
    "Binary",
    "Bundle",
    "CareTeam",
    "Composition",
    "Device",
    "Encounter",
    "Endpoint",
    "EpisodeOfCare",
    "Group",
    "HealthcareService",
    "List",
    "Location",
    "Medication",
    "MessageHeader",
    "OperationOutcome",
    "Organization",
    "Patient",
    "Person",
    "Practitioner",
    "PractitionerRole",
    "Provenance",
    "RelatedPerson",
    "Specimen",
];

/// States that change nothing about what is said.
const USUAL: [&str; 16] = [
    "",
    "active",
    "amended",
    "arrived",
    "completed",
    "confirmed",
    "corrected",
    "current",
    "final",
    "finished",
    "order",
    "plan",
    "recurrence",
    "relapse",
    "true",
    "normal",
];

/// A coded entry, as a row.
struct Coded {
    kind: Kind,
    cells: Vec<String>,
    /// What it is called, without its state.
    name: String,
    /// A state that changes what it says: stopped, refuted.
    remarkable: bool,
    /// What else a reader has to know of it.
    facts: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Allergy,
    Medicine,
    Other,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Allergy, Self::Medicine, Self::Other];

    fn columns(self) -> &'static [&'static str] {
        columns(match self {
            Self::Allergy => KnownHeading::Allergies,
            Self::Medicine => KnownHeading::RepeatMedications,
            Self::Other => KnownHeading::Problems,
        })
    }
}

/// The coded entries of a document, and which of them a section has shown.
pub(super) struct Entries<'a> {
    bundle: &'a Bundle<'a>,
    composition: &'a Value,
    named: HashSet<*const Value>,
}

impl<'a> Entries<'a> {
    pub(super) fn new(bundle: &'a Bundle<'a>, composition: &'a Value) -> Self {
        Self {
            bundle,
            composition,
            named: HashSet::new(),
        }
    }

    /// What the entries of a section say that its text does not.
    pub(super) fn of_section(&mut self, section: &'a Value, says: &[Part]) -> Vec<Part> {
        let mut resources = Vec::new();
        let mut named_only = Vec::new();
        let mut not_contained = 0;
        for entry in each(section.get("entry")) {
            self.follow(
                entry,
                self.composition,
                &mut resources,
                &mut named_only,
                &mut not_contained,
                0,
            );
        }
        let text = Said::of(says);
        named_only.retain(|name: &String| !text.has_line(name));
        let mut parts = self.parts(&resources, &text);
        if !named_only.is_empty() {
            if parts.is_empty() {
                parts.push(Part::Remark(Remark::Coded));
            }
            parts.push(Part::List {
                first: None,
                items: named_only,
            });
        }
        if not_contained > 0 {
            parts.push(Part::Remark(Remark::NotContained(not_contained)));
        }
        parts
    }

    fn follow(
        &mut self,
        entry: &'a Value,
        within: &'a Value,
        resources: &mut Vec<&'a Value>,
        named_only: &mut Vec<String>,
        not_contained: &mut usize,
        depth: usize,
    ) {
        let reference = match entry {
            Value::String(reference) => reference.as_str(),
            entry => text_of(entry, "reference"),
        };
        match self.bundle.resolve(reference, within) {
            Some(list) if text_of(list, "resourceType") == "List" && depth < 3 => {
                for entry in each(list.get("entry")) {
                    if let Some(item) = entry.get("item") {
                        self.follow(item, list, resources, named_only, not_contained, depth + 1);
                    }
                }
            }
            Some(resource) => {
                if self.named.insert(std::ptr::from_ref(resource)) || depth == 0 {
                    resources.push(resource);
                }
            }
            None => {
                let display = text_of(entry, "display").trim();
                if display.is_empty() {
                    *not_contained += 1;
                } else {
                    named_only.push(format!("{display} (named without its content)"));
                }
            }
        }
    }

    /// What no section named, with the heading that it belongs under.
    pub(super) fn left(&self) -> Vec<(Heading, Vec<&'a Value>)> {
        let mut left: Vec<(Heading, Vec<&Value>)> = Vec::new();
        for resource in self.bundle.all() {
            let kind = text_of(resource, "resourceType");
            if kind.is_empty()
                || NOT_CLINICAL.contains(&kind)
                || self.named.contains(&std::ptr::from_ref(resource))
            {
                continue;
            }
            let heading = heading_of(resource);
            match left.iter_mut().find(|(known, _)| *known == heading) {
                Some((_, resources)) => resources.push(resource),
                None => left.push((heading, vec![resource])),
            }
        }
        left
    }

    /// The entries as tables, without those that the text says already.
    pub(super) fn left_parts(&self, resources: &[&'a Value], says: &[Part]) -> Vec<Part> {
        self.parts(resources, &Said::of(says))
    }

    fn parts(&self, resources: &[&'a Value], text: &Said) -> Vec<Part> {
        let about = self
            .bundle
            .number(self.composition.get("subject"), self.composition);
        let mut somebody_else = 0;
        let mut coded = Vec::new();
        for resource in resources {
            let subject = resource.get("patient").or_else(|| resource.get("subject"));
            let whose = self.bundle.number(subject, resource);
            if whose.is_some() && about.is_some() && whose != about {
                somebody_else += 1;
                continue;
            }
            let entry = self.coded(resource);
            if !text.says(&entry) {
                coded.push(entry);
            }
        }
        let mut parts = Vec::new();
        if !coded.is_empty() {
            parts.push(Part::Remark(Remark::Coded));
        }
        for kind in Kind::ALL {
            let rows: Vec<Row> = coded
                .iter()
                .filter(|entry| entry.kind == kind)
                .map(|entry| Row::Entry(entry.cells.clone()))
                .collect();
            if !rows.is_empty() {
                parts.push(Part::Table(Table {
                    columns: kind
                        .columns()
                        .iter()
                        .map(|name| (*name).to_owned())
                        .collect(),
                    rows,
                }));
            }
        }
        if somebody_else > 0 {
            parts.push(Part::Remark(Remark::SomebodyElse(somebody_else)));
        }
        parts
    }

    fn coded(&self, resource: &'a Value) -> Coded {
        let kind = match text_of(resource, "resourceType") {
            "AllergyIntolerance" => Kind::Allergy,
            name if name.starts_with("Medication") => Kind::Medicine,
            _ => Kind::Other,
        };
        let states = states(resource);
        let remarkable: Vec<&str> = states
            .iter()
            .map(String::as_str)
            .filter(|state| !USUAL.contains(state))
            .collect();
        let mut name = self.name(resource);
        if name.is_empty() {
            let own_text = markup(
                resource
                    .pointer("/text/div")
                    .and_then(Value::as_str)
                    .unwrap_or_default(),
            );
            name = words(&own_text.root, Around::default()).replace('\n', " ");
        }
        if name.is_empty() {
            name = format!(
                "An entry without a description ({})",
                text_of(resource, "resourceType")
            );
        }
        let shown = if remarkable.is_empty() {
            name.clone()
        } else {
            format!("{name} ({})", remarkable.join(", "))
        };
        let when = date_of(resource);
        let mut facts = Facts::default();
        let cells = match kind {
            Kind::Allergy => {
                let certainty = state(resource.get("verificationStatus"));
                let severity = severity(resource);
                allergy_facts(resource, &mut facts);
                vec![
                    when.clone(),
                    shown,
                    capital(&certainty),
                    severity.clone(),
                    facts.joined(),
                ]
            }
            Kind::Medicine => {
                let dosage = dosages(resource);
                let quantity = first_of(
                    resource,
                    &["/dispenseRequest/quantity", "/quantity", "/dosage/dose"],
                )
                .map(quantity)
                .unwrap_or_default();
                medicine_facts(resource, &mut facts);
                let item = if facts.0.is_empty() {
                    shown
                } else {
                    format!("{shown}. {}", facts.joined())
                };
                facts.add(dosage.clone());
                facts.add(quantity.clone());
                vec![
                    kind_in_words(resource),
                    when.clone(),
                    item,
                    dosage,
                    quantity,
                ]
            }
            Kind::Other => {
                other_facts(resource, &mut facts);
                vec![when.clone(), shown, facts.joined()]
            }
        };
        let mut all = facts.0;
        all.push(when);
        if kind == Kind::Allergy {
            all.extend(severity(resource).split(", ").map(str::to_owned));
        }
        Coded {
            kind,
            cells,
            name,
            remarkable: !remarkable.is_empty(),
            facts: all,
        }
    }

    /// What it is called.
    fn name(&self, resource: &'a Value) -> String {
        let mut names: Vec<String> = [
            "medicationCodeableConcept",
            "code",
            "vaccineCode",
            "medication",
            "type",
            "description",
            "title",
            "category",
        ]
        .into_iter()
        .filter_map(|key| resource.get(key))
        .map(concept)
        .filter(|name| !name.is_empty())
        .collect();
        for key in ["medicationReference", "medication", "itemReference"] {
            let reference = resource
                .get(key)
                .map(|it| it.get("reference").unwrap_or(it));
            let reference = reference.and_then(Value::as_str).unwrap_or_default();
            let medicine = self
                .bundle
                .resolve(reference, resource)
                .and_then(|medicine| medicine.get("code"))
                .map(concept)
                .filter(|name| !name.is_empty());
            let display = resource
                .get(key)
                .map(|it| text_of(it, "display").to_owned());
            if let Some(name) = medicine.or(display).filter(|name| !name.is_empty()) {
                names.insert(0, name);
            }
        }
        names.into_iter().next().unwrap_or_default()
    }
}

/// What a text says, for comparing.
struct Said {
    lines: HashSet<String>,
    all: String,
}

impl Said {
    fn of(parts: &[Part]) -> Self {
        let mut lines: Vec<String> = Vec::new();
        for part in parts {
            match part {
                Part::Statement(text) | Part::Withheld(text) | Part::NothingStated(text) => {
                    lines.push(folded(text));
                }
                Part::Subheading { .. } | Part::Remark(_) | Part::Empty(_) => {}
                Part::Table(table) => {
                    for row in &table.rows {
                        match row {
                            Row::Entry(cells) => {
                                lines.extend(cells.iter().map(|cell| folded(cell)))
                            }
                            Row::Note(note) => lines.push(folded(note)),
                        }
                    }
                }
                Part::Grid(rows) => {
                    lines.extend(rows.iter().flatten().map(|cell| folded(cell)));
                }
                Part::List { items, .. } => lines.extend(items.iter().map(|item| folded(item))),
                Part::Terms(terms) => {
                    for term in terms {
                        lines.push(folded(&term.name));
                        lines.extend(term.says.iter().map(|text| folded(text)));
                    }
                }
            }
        }
        Self {
            all: format!(" {} ", lines.join(" ")),
            lines: lines.into_iter().collect(),
        }
    }

    fn has_line(&self, text: &str) -> bool {
        self.lines.contains(&folded(text))
    }

    /// Whether it has those words, not as a part of others.
    fn has_words(&self, text: &str) -> bool {
        let text = folded(text);
        let edge = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
        self.all.match_indices(&text).any(|(at, found)| {
            edge(
                self.all
                    .get(..at)
                    .and_then(|before| before.chars().next_back()),
            ) && edge(
                self.all
                    .get(at + found.len()..)
                    .and_then(|after| after.chars().next()),
            )
        })
    }

    /// Whether it says all that the entry says.
    fn says(&self, entry: &Coded) -> bool {
        !entry.remarkable
            && self.has_line(&entry.name)
            && entry
                .facts
                .iter()
                .filter(|fact| !fact.is_empty())
                .all(|fact| self.has_words(fact))
    }
}

#[derive(Default)]
struct Facts(Vec<String>);

impl Facts {
    fn add(&mut self, fact: String) {
        if !fact.is_empty() && !self.0.contains(&fact) {
            self.0.push(fact);
        }
    }

    fn add_all(&mut self, facts: impl IntoIterator<Item = String>) {
        for fact in facts {
            self.add(fact);
        }
    }

    fn joined(&self) -> String {
        self.0.join("; ")
    }
}

fn heading_of(resource: &Value) -> Heading {
    use KnownHeading as K;
    let known = |heading| Some(Heading::Known(heading));
    let kind = text_of(resource, "resourceType");
    let category = resource.get("category");
    let is = |code: &str| {
        each(category)
            .flat_map(|concept| each(concept.get("coding")))
            .any(|coding| text_of(coding, "code") == code)
    };
    let heading = match kind {
        "AllergyIntolerance" => known(K::Allergies),
        "FamilyMemberHistory" => known(K::FamilyHistory),
        name if name.starts_with("Medication") => {
            return Heading::Other {
                code: "coded-medicines".to_owned(),
                title: "Medicines in coded data".to_owned(),
            };
        }
        _ => None,
    };
    heading
        .or_else(|| by_codings(category).map(Heading::Known))
        .or_else(|| match kind {
            "Condition" if is("problem-list-item") => known(K::Problems),
            "Condition" if is("encounter-diagnosis") => known(K::Diagnoses),
            "Observation" if is("laboratory") => known(K::Results),
            "Observation" if is("vital-signs") => known(K::Observations),
            _ => None,
        })
        .unwrap_or_else(|| Heading::Other {
            code: "coded-entries".to_owned(),
            title: "Other coded data".to_owned(),
        })
}

fn first_of<'a>(resource: &'a Value, pointers: &[&str]) -> Option<&'a Value> {
    pointers
        .iter()
        .find_map(|pointer| resource.pointer(pointer))
}

/// A concept in words: as the person wrote it, else as its code is called.
fn concept(value: &Value) -> String {
    if let Value::String(text) = value {
        return text.trim().to_owned();
    }
    let mut texts = Vec::new();
    for concept in each(Some(value)) {
        let concept = concept.get("concept").unwrap_or(concept);
        let text = text_of(concept, "text").trim();
        let codings: Vec<&Value> = each(concept.get("coding")).collect();
        let display = codings
            .iter()
            .map(|coding| text_of(coding, "display").trim())
            .find(|display| !display.is_empty());
        let code = codings
            .iter()
            .map(|coding| text_of(coding, "code").trim())
            .find(|code| !code.is_empty());
        if !text.is_empty() {
            texts.push(text.to_owned());
        } else if let Some(display) = display {
            texts.push(display.to_owned());
        } else if let Some(code) = code {
            texts.push(format!("code {code}"));
        }
    }
    texts.join(", ")
}

fn concepts<'a>(values: Option<&'a Value>) -> impl Iterator<Item = String> + 'a {
    each(values).map(concept).filter(|text| !text.is_empty())
}

/// A state as its code, in words.
fn state(value: Option<&Value>) -> String {
    let code = match value {
        Some(Value::String(code)) => code.clone(),
        Some(concept) => each(concept.get("coding"))
            .map(|coding| text_of(coding, "code").to_owned())
            .find(|code| !code.is_empty())
            .unwrap_or_else(|| text_of(concept, "text").to_owned()),
        None => String::new(),
    };
    code.trim().replace(['-', '_'], " ").to_lowercase()
}

/// Everything that says whether it holds.
fn states(resource: &Value) -> Vec<String> {
    let mut states: Vec<String> = ["verificationStatus", "clinicalStatus", "status"]
        .into_iter()
        .map(|key| state(resource.get(key)))
        .collect();
    let flag = |key: &str, is: bool, words: &str| {
        (resource.get(key).and_then(Value::as_bool) == Some(is)).then(|| words.to_owned())
    };
    states.extend(flag("doNotPerform", true, "do not give"));
    states.extend(flag("wasNotTaken", true, "not taken"));
    states.extend(flag("notGiven", true, "not given"));
    states.extend(flag("notDone", true, "not done"));
    states.extend(flag("wasNotGiven", true, "not given"));
    if matches!(text_of(resource, "taken"), "n") {
        states.push("not taken".to_owned());
    }
    if each(resource.get("modifierExtension")).next().is_some() {
        states.push("changed by something that this service does not know".to_owned());
    }
    let mut distinct: Vec<String> = Vec::new();
    for state in states {
        if !distinct.contains(&state) {
            distinct.push(state);
        }
    }
    distinct
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}

/// "03-Oct-2018", or as it came.
fn when(text: &str) -> String {
    let date = text
        .get(..10)
        .and_then(|day| day.parse::<Date>().ok())
        .map(banner_date);
    match date {
        Some(date) => {
            let clock = text
                .get(10..)
                .and_then(|rest| rest.strip_prefix('T'))
                .and_then(|clock| clock.get(..5))
                .filter(|clock| *clock != "00:00");
            match clock {
                Some(clock) => format!("{date} {clock}"),
                None => date,
            }
        }
        None => text.to_owned(),
    }
}

/// A time, a period, an age or a text about when.
fn moment(value: &Value) -> String {
    match value {
        Value::String(text) => when(text),
        value if value.get("start").is_some() || value.get("end").is_some() => {
            let (start, end) = (text_of(value, "start"), text_of(value, "end"));
            match (start.is_empty(), end.is_empty()) {
                (false, false) => format!("{} to {}", when(start), when(end)),
                (false, true) => format!("From {}", when(start)),
                _ => format!("Until {}", when(end)),
            }
        }
        value => amount(value),
    }
}

fn date_of(resource: &Value) -> String {
    const KEYS: [&str; 22] = [
        "onsetDateTime",
        "onsetPeriod",
        "onsetAge",
        "onsetString",
        "effectiveDateTime",
        "effectivePeriod",
        "effectiveInstant",
        "performedDateTime",
        "performedPeriod",
        "performedString",
        "occurrenceDateTime",
        "occurrencePeriod",
        "occurrenceString",
        "authoredOn",
        "dateWritten",
        "recordedDate",
        "assertedDate",
        "dateRecorded",
        "dateAsserted",
        "period",
        "date",
        "issued",
    ];
    KEYS.iter()
        .filter_map(|key| resource.get(*key))
        .map(moment)
        .find(|text| !text.is_empty())
        .unwrap_or_default()
}

/// An amount with its comparison and its unit, digit by digit as it was sent.
fn quantity(value: &Value) -> String {
    let comparator = text_of(value, "comparator");
    let number = text_of(value, "value");
    let unit = [
        text_of(value, "unit"),
        text_of(value, "units"),
        text_of(value, "code"),
    ]
    .into_iter()
    .find(|unit| !unit.is_empty())
    .unwrap_or_default();
    if number.is_empty() {
        return unit.to_owned();
    }
    format!("{comparator}{number} {unit}").trim().to_owned()
}

/// Any value that can stand for an amount.
fn amount(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "Yes".to_owned(),
        Value::Bool(false) => "No".to_owned(),
        Value::Array(values) => {
            let texts: Vec<String> = values
                .iter()
                .map(amount)
                .filter(|text| !text.is_empty())
                .collect();
            texts.join(", ")
        }
        value if value.get("low").is_some() || value.get("high").is_some() => {
            let part = |key: &str| value.get(key).map(quantity).unwrap_or_default();
            let (low, high) = (part("low"), part("high"));
            match (low.is_empty(), high.is_empty()) {
                (false, false) => format!("{low} to {high}"),
                (false, true) => format!("{low} or more"),
                _ => format!("up to {high}"),
            }
        }
        value if value.get("numerator").is_some() => {
            let part = |key: &str| value.get(key).map(quantity).unwrap_or_default();
            format!("{} per {}", part("numerator"), part("denominator"))
        }
        value if value.get("start").is_some() || value.get("end").is_some() => moment(value),
        value if value.get("coding").is_some() || value.get("text").is_some() => concept(value),
        value if value.get("value").is_some() || value.get("unit").is_some() => quantity(value),
        value if value.get("repeat").is_some() || value.get("code").is_some() => timing(value),
        _ => String::new(),
    }
}

/// What was found: "value" in any of its kinds.
fn values(resource: &Value) -> Vec<String> {
    let Some(fields) = resource.as_object() else {
        return Vec::new();
    };
    let mut values: Vec<String> = fields
        .iter()
        .filter(|(key, _)| {
            key.strip_prefix("value")
                .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()))
        })
        .map(|(key, value)| match key.as_str() {
            "valueSampledData" | "valueAttachment" => "Data that is not shown".to_owned(),
            "valueDateTime" | "valueTime" => moment(value),
            _ => amount(value),
        })
        .filter(|text| !text.is_empty())
        .collect();
    let absent = resource
        .get("dataAbsentReason")
        .map(concept)
        .unwrap_or_default();
    if !absent.is_empty() {
        values.push(format!("No value: {absent}"));
    }
    values
}

fn notes(resource: &Value) -> impl Iterator<Item = String> {
    ["note", "notes", "comment", "comments"]
        .into_iter()
        .flat_map(|key| each(resource.get(key)))
        .map(|note| match note {
            Value::String(text) => text.trim().to_owned(),
            note => text_of(note, "text").trim().to_owned(),
        })
}

fn severity(resource: &Value) -> String {
    let mut says = Vec::new();
    match text_of(resource, "criticality")
        .to_ascii_lowercase()
        .as_str()
    {
        "" => {}
        "high" | "crith" => says.push("High risk".to_owned()),
        "low" | "critl" => says.push("Low risk".to_owned()),
        other => says.push(format!("Risk: {}", other.replace('-', " "))),
    }
    for reaction in each(resource.get("reaction")) {
        let severity = capital(&state(reaction.get("severity")));
        if !severity.is_empty() && !says.contains(&severity) {
            says.push(severity);
        }
    }
    says.join(", ")
}

fn allergy_facts(resource: &Value, facts: &mut Facts) {
    for reaction in each(resource.get("reaction")) {
        facts.add_all(concepts(reaction.get("substance")));
        facts.add_all(concepts(reaction.get("manifestation")));
        facts.add(text_of(reaction, "description").trim().to_owned());
        facts.add_all(concepts(reaction.get("exposureRoute")));
        facts.add_all(notes(reaction));
    }
    let last = resource
        .get("lastOccurrence")
        .map(moment)
        .unwrap_or_default();
    if !last.is_empty() {
        facts.add(format!("Last occurred: {last}"));
    }
    facts.add_all(notes(resource));
}

fn medicine_facts(resource: &Value, facts: &mut Facts) {
    for key in [
        "reasonCode",
        "reasonCodeableConcept",
        "statusReason",
        "reasonStopped",
        "reasonNotTaken",
    ] {
        facts.add_all(concepts(resource.get(key)));
    }
    facts.add_all(notes(resource));
}

fn other_facts(resource: &Value, facts: &mut Facts) {
    facts.add_all(values(resource));
    for component in each(resource.get("component")) {
        let name = component.get("code").map(concept).unwrap_or_default();
        let says = values(component).join(", ");
        facts.add(format!("{name}: {says}"));
    }
    for key in [
        "interpretation",
        "severity",
        "stage",
        "bodySite",
        "relationship",
        "outcome",
        "reasonCode",
        "statusReason",
        "conclusionCode",
        "doseQuantity",
    ] {
        facts.add_all(each(resource.get(key)).map(|value| {
            let value = value.get("summary").unwrap_or(value);
            amount(value)
        }));
    }
    for range in each(resource.get("referenceRange")) {
        let text = text_of(range, "text").trim().to_owned();
        let text = if text.is_empty() { amount(range) } else { text };
        if !text.is_empty() {
            facts.add(format!("Reference range: {text}"));
        }
    }
    for condition in each(resource.get("condition")) {
        facts.add_all(concepts(condition.get("code")));
    }
    for payload in each(resource.get("payload")) {
        facts.add(text_of(payload, "contentString").trim().to_owned());
    }
    for key in [
        "abatementDateTime",
        "abatementPeriod",
        "abatementAge",
        "abatementString",
    ] {
        let ended = resource.get(key).map(moment).unwrap_or_default();
        if !ended.is_empty() {
            facts.add(format!("Ended: {ended}"));
        }
    }
    facts.add(text_of(resource, "conclusion").trim().to_owned());
    facts.add_all(notes(resource));
}

fn timing(value: &Value) -> String {
    let code = value.get("code").map(concept).unwrap_or_default();
    if !code.is_empty() {
        return code;
    }
    let Some(repeat) = value.get("repeat") else {
        return String::new();
    };
    let part = |key: &str| text_of(repeat, key);
    let mut words = Vec::new();
    if !part("frequency").is_empty() {
        words.push(format!("{} times", part("frequency")));
    }
    if !part("period").is_empty() {
        words.push(format!("every {} {}", part("period"), part("periodUnit")));
    }
    for when in each(repeat.get("when")).filter_map(Value::as_str) {
        words.push(when.to_owned());
    }
    words.join(" ")
}

/// How a medicine is taken: in the words of whoever wrote it, else put together.
fn dosages(resource: &Value) -> String {
    let mut all = Vec::new();
    for key in ["dosage", "dosageInstruction"] {
        for dosage in each(resource.get(key)) {
            let patient = text_of(dosage, "patientInstruction").trim();
            let text = text_of(dosage, "text").trim();
            let mut words: Vec<String> = Vec::new();
            if text.is_empty() {
                for dose in each(dosage.get("doseAndRate")).chain([dosage]) {
                    for key in [
                        "doseQuantity",
                        "doseRange",
                        "dose",
                        "rateQuantity",
                        "rateRatio",
                        "rateRange",
                    ] {
                        words.extend(dose.get(key).map(amount));
                    }
                }
                words.extend(dosage.get("timing").map(timing));
                words.extend(dosage.get("route").map(concept));
                match dosage.get("asNeededBoolean").and_then(Value::as_bool) {
                    Some(true) => words.push("as needed".to_owned()),
                    _ => words.extend(
                        dosage
                            .get("asNeededCodeableConcept")
                            .map(|reason| format!("as needed for {}", concept(reason))),
                    ),
                }
            } else {
                words.push(text.to_owned());
            }
            words.extend(concepts(dosage.get("additionalInstruction")));
            words.push(patient.to_owned());
            words.retain(|word| !word.is_empty());
            let line = words.join(" ");
            if !line.is_empty() && !all.contains(&line) {
                all.push(line);
            }
        }
    }
    all.join("; ")
}

/// "Medication statement", as the first column of a table of medicines.
fn kind_in_words(resource: &Value) -> String {
    let mut words = String::new();
    for c in text_of(resource, "resourceType").chars() {
        if c.is_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.extend(c.to_lowercase());
    }
    let state = state(resource.get("status"));
    if state.is_empty() {
        capital(&words)
    } else {
        format!("{}: {state}", capital(&words))
    }
}
