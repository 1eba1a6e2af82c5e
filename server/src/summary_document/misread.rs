//! Documents as other systems write them, each of a kind that was once shown wrongly, on the screen as
//! a clinician sees it.

use super::*;
use app::screens::record::summary::html;
use domain::NhsNumber;
use domain::summary::Summary;
use serde_json::{Value, json};

const PATIENT: &str = "9990402132";

/// The words on the screen: text without tags, lines at what stands by itself.
pub(super) fn screen(summary: &Summary) -> String {
    let html = html(summary);
    let mut text = String::new();
    let mut rest = html.as_str();
    while let Some(at) = rest.find('<') {
        text.push_str(&rest[..at]);
        let end = rest[at..].find('>').map_or(rest.len(), |end| at + end + 1);
        let name: String = rest[at..end]
            .chars()
            .skip(1)
            .take_while(|c| c.is_ascii_alphanumeric() || *c == '/')
            .collect();
        let runs_on = ["bdi", "/bdi", "span", "/span", "strong", "/strong", "!", ""];
        if !runs_on.contains(&name.as_str()) {
            text.push('\n');
        }
        rest = &rest[end..];
    }
    text.push_str(rest);
    let plain = text
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#x27;", "'")
        .replace("&amp;", "&")
        .replace('\u{a0}', " ");
    let lines = plain
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    lines
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join("\n")
}

fn coded(code: &str) -> Value {
    json!({ "coding": [{ "code": code }] })
}

fn div(inner: &str) -> Value {
    json!({ "status": "generated", "div": format!("<div xmlns=\"http://www.w3.org/1999/xhtml\">{inner}</div>") })
}

fn part(code: &str, inner: &str) -> Value {
    json!({ "title": code, "code": coded(code), "text": div(inner) })
}

fn bundle(sections: Value, resources: &[Value]) -> Vec<u8> {
    let composition = json!({
        "resourceType": "Composition",
        "status": "final",
        "subject": { "reference": "Patient/p" },
        "section": sections,
    });
    with(composition, resources)
}

fn with(composition: Value, resources: &[Value]) -> Vec<u8> {
    let patient = json!({
        "resourceType": "Patient",
        "id": "p",
        "identifier": [{ "system": "https://fhir.nhs.uk/Id/nhs-number", "value": PATIENT }],
    });
    let all: Vec<Value> = [composition, patient]
        .iter()
        .chain(resources)
        .map(|resource| {
            let (kind, id) = (&resource["resourceType"], &resource["id"]);
            let url = format!(
                "https://practice.test/fhir/{}/{}",
                kind.as_str().unwrap(),
                id.as_str().unwrap_or("c")
            );
            json!({ "fullUrl": url, "resource": resource })
        })
        .collect();
    json!({ "resourceType": "Bundle", "type": "document", "entry": all })
        .to_string()
        .into_bytes()
}

fn patient() -> NhsNumber {
    PATIENT.parse().unwrap()
}

fn shows(sections: Value, resources: &[Value]) -> String {
    screen(&read_for(&bundle(sections, resources), patient()).unwrap())
}

/// What the red box of allergies says.
fn allergies(screen: &str) -> &str {
    let end = screen.find("Go to a part of this summary").unwrap();
    &screen[..end]
}

/// What stands between two texts.
fn between<'a>(screen: &'a str, from: &str, to: &str) -> &'a str {
    let start = screen
        .rfind(from)
        .unwrap_or_else(|| panic!("{from} in {screen}"));
    let end = screen[start..]
        .find(to)
        .map_or(screen.len(), |end| start + end);
    &screen[start..end]
}

const PENICILLIN: &str = "<table><thead><tr><th>Date</th><th>Description</th><th>Certainty</th></tr></thead>\
    <tbody><tr><td>3 May</td><td>Penicillin</td><td>Certain</td></tr></tbody></table>";

#[test]
fn a_heading_is_known_by_any_of_its_codings_and_by_its_title() {
    for code in [
        json!({ "coding": [{ "system": "http://loinc.org", "code": "48765-2" }, { "code": "AllergiesHeader" }] }),
        json!({ "coding": [{ "code": "AllergiesHeader" }, { "system": "http://loinc.org", "code": "48765-2" }] }),
        json!({ "coding": [{ "system": "urn:theirs", "code": "A1" }, { "system": "http://snomed.info/sct", "code": "886921000000105" }] }),
        json!({ "coding": [{ "system": "urn:theirs", "code": "A1", "display": "Allergies" }] }),
        json!({ "text": "Allergies and intolerances" }),
    ] {
        let screen = shows(json!([{ "code": code, "text": div(PENICILLIN) }]), &[]);
        assert!(
            allergies(&screen).contains("Penicillin"),
            "{code}: {screen}"
        );
        assert!(!screen.contains("not known"), "{code}: {screen}");
    }
    let by_title = shows(
        json!([{ "title": "ALLERGIES / SENSITIVITIES", "text": div(PENICILLIN) }]),
        &[],
    );
    assert!(allergies(&by_title).contains("Penicillin"));
}

#[test]
fn what_is_not_recognised_is_never_told_as_not_there() {
    let screen = shows(
        json!([{ "title": "Warnungen", "text": div(PENICILLIN) }]),
        &[],
    );
    let box_says = allergies(&screen);
    assert!(
        box_says.contains("No heading for allergies was recognised"),
        "{screen}"
    );
    assert!(box_says.contains("Warnungen"), "{screen}");
    assert!(screen.contains("Penicillin"));
    assert!(!screen.contains("(not in this summary)"), "{screen}");
    // Where every heading is known, one that is missing is told as missing.
    let screen = shows(json!([part("DiagnosesHeader", "<p>Gout</p>")]), &[]);
    assert!(
        allergies(&screen).contains("has no heading for allergies"),
        "{screen}"
    );
    assert!(screen.contains("(not in this summary)"));
}

#[test]
fn nested_sections_belong_to_their_parent() {
    let screen = shows(
        json!([
            part("AllergiesHeader", PENICILLIN),
            { "title": "Medication", "code": coded("RepeatMedsHeader"), "section": [
                { "title": "Now", "text": div("<p>Apixaban</p>") },
                { "title": "Stopped", "text": div("<p>Warfarin</p>"), "section": [
                    { "title": "Why", "text": div("<p>Bleeding</p>") },
                ]},
            ]},
        ]),
        &[],
    );
    let medicines = between(&screen, "\nMedication", "Discontinued");
    assert_eq!(
        medicines.trim(),
        "Medication\nNow\nApixaban\nStopped\nWarfarin\nWhy\nBleeding",
        "{screen}"
    );
    // One that is a heading of its own is shown as that, wherever it stands.
    let screen = shows(
        json!([{ "title": "Core", "section": [
            { "title": "Allergies", "text": div(PENICILLIN) },
            { "code": coded("RepeatMedsHeader"), "text": div("<p>Apixaban</p>") },
        ]}]),
        &[],
    );
    assert!(allergies(&screen).contains("Penicillin"), "{screen}");
}

#[test]
fn a_heading_that_comes_twice_is_shown_once_with_both() {
    let screen = shows(
        json!([
            part("AllergiesHeader", PENICILLIN),
            part("DiagnosesHeader", "<p>Gout</p>"),
            { "title": "Further allergies", "code": coded("AllergiesHeader"), "text": div("<ul><li>Latex</li></ul>") },
        ]),
        &[],
    );
    assert!(
        allergies(&screen).contains("Penicillin") && allergies(&screen).contains("Latex"),
        "{screen}"
    );
}

#[test]
fn what_stands_only_as_coded_data_is_shown_with_its_state() {
    let allergy = json!({
        "resourceType": "AllergyIntolerance", "id": "a", "code": { "text": "Penicillin" }, "criticality": "high",
        "clinicalStatus": { "coding": [{ "code": "active" }] },
        "reaction": [{ "manifestation": [{ "text": "Anaphylaxis" }], "severity": "severe" }],
    });
    let refuted = json!({
        "resourceType": "AllergyIntolerance", "id": "b", "code": { "text": "Latex" },
        "verificationStatus": { "coding": [{ "code": "refuted" }] },
    });
    // Named by the section, and named by none.
    let named = json!([{ "title": "Allergies", "code": coded("AllergiesHeader"), "entry": [
        { "reference": "AllergyIntolerance/a" },
        { "reference": "https://practice.test/fhir/AllergyIntolerance/b/_history/2" },
    ]}]);
    for sections in [
        named,
        json!([part(
            "AllergiesHeader",
            "<p>No relevant information available for this category</p>"
        )]),
    ] {
        let screen = shows(sections, &[allergy.clone(), refuted.clone()]);
        let says = allergies(&screen);
        for text in [
            "Penicillin",
            "High risk",
            "Severe",
            "Anaphylaxis",
            "Latex (refuted)",
            "Read from the coded data",
        ] {
            assert!(says.contains(text), "{text}: {screen}");
        }
        assert!(!says.contains("none recorded"), "{screen}");
    }
    // What the text says already is not said twice.
    let text = "<table><tr><th>Description</th><th>Severity</th></tr><tr><td>Penicillin</td><td>High risk, severe: anaphylaxis</td></tr></table>";
    let screen = shows(
        json!([{ "code": coded("AllergiesHeader"), "text": div(text), "entry": [{ "reference": "AllergyIntolerance/a" }] }]),
        &[allergy],
    );
    assert_eq!(
        allergies(&screen).matches("Penicillin").count(),
        1,
        "{screen}"
    );
}

#[test]
fn coded_medicines_keep_every_digit_and_their_state() {
    let stopped = json!({
        "resourceType": "MedicationStatement", "id": "m", "status": "stopped",
        "medicationReference": { "reference": "#x" },
        "contained": [{ "resourceType": "Medication", "id": "x", "code": { "coding": [{ "display": "Warfarin" }] } }],
        "dosage": [{ "doseAndRate": [{ "doseQuantity": { "value": "NUMBER", "unit": "mg" } }] }],
    });
    let document = bundle(json!([part("DiagnosesHeader", "<p>Gout</p>")]), &[stopped]);
    let document = String::from_utf8(document)
        .unwrap()
        .replace("\"NUMBER\"", "0.50");
    let screen = screen(&read_for(document.as_bytes(), patient()).unwrap());
    assert!(screen.contains("Warfarin (stopped)"), "{screen}");
    assert!(screen.contains("0.50 mg"), "{screen}");
}

#[test]
fn an_entry_that_the_document_does_not_hold_or_that_is_of_another_is_told() {
    let patient = json!({ "resourceType": "Patient", "id": "q", "identifier": [
        { "system": "https://fhir.nhs.uk/Id/nhs-number", "value": "9990252955" } ]});
    let theirs = json!({ "resourceType": "AllergyIntolerance", "id": "a", "code": { "text": "Peanut" },
        "patient": { "reference": "Patient/q" } });
    let screen = shows(
        json!([{ "code": coded("AllergiesHeader"), "entry": [
            { "reference": "AllergyIntolerance/a" },
            { "reference": "AllergyIntolerance/gone" },
            { "reference": "AllergyIntolerance/named", "display": "Allergy to latex" },
        ]}]),
        &[patient, theirs],
    );
    let says = allergies(&screen);
    assert!(!says.contains("Peanut"), "{screen}");
    assert!(says.contains("about somebody else"), "{screen}");
    assert!(says.contains("names 1 entry"), "{screen}");
    assert!(says.contains("Allergy to latex"), "{screen}");
}

#[test]
fn every_reason_for_an_empty_section_has_its_sentence() {
    let mut sentences = std::collections::BTreeSet::new();
    for code in [
        "nilknown",
        "notasked",
        "withheld",
        "unavailable",
        "notstarted",
        "closed",
    ] {
        let empty = json!([{ "code": coded("AllergiesHeader"), "emptyReason": {
            "coding": [{ "system": "urn:theirs", "code": "x" },
                       { "system": "http://terminology.hl7.org/CodeSystem/list-empty-reason", "code": code }] }}]);
        let screen = shows(empty, &[]);
        let says = allergies(&screen);
        assert_eq!(
            says.contains("none recorded"),
            code == "nilknown",
            "{code}: {says}"
        );
        // In words, not as the code: some of these are words.
        let is_word = matches!(code, "withheld" | "unavailable" | "closed");
        assert!(is_word || !says.contains(code), "{code}: {says}");
        sentences.insert(says.to_owned());
    }
    assert_eq!(sentences.len(), 6);
    let other = shows(
        json!([{ "code": coded("AllergiesHeader"), "emptyReason": { "text": "System moved" } }]),
        &[],
    );
    assert!(allergies(&other).contains("System moved"), "{other}");
    let bare = shows(json!([{ "code": coded("AllergiesHeader") }]), &[]);
    assert!(allergies(&bare).contains("nothing under it"), "{bare}");
    assert!(!allergies(&bare).contains("none recorded"));
}

#[test]
fn lists_paragraphs_and_terms_are_shown_as_they_are_and_not_counted() {
    let screen = shows(
        json!([
            part(
                "AllergiesHeader",
                "<ul><li>Penicillin: anaphylaxis</li><li>Latex</li></ul>"
            ),
            part(
                "RepeatMedsHeader",
                "<ol start=\"3\"><li>Apixaban 5mg<ul><li>morning</li></ul></li><li>Bisoprolol</li></ol>"
            ),
            part(
                "AcuteMedsHeader",
                "<dl><dt>Amoxicillin</dt><dd>500 mg three times a day</dd></dl>"
            ),
            part("DiagnosesHeader", "<p>Gout</p><p>Asthma</p>"),
            part(
                "ResultsHeader",
                "<p><img src=\"a.png\"/></p><p><img src=\"b.png\" alt=\"Curve\"/></p>"
            ),
        ]),
        &[],
    );
    for text in [
        "Penicillin: anaphylaxis\nLatex",
        "Apixaban 5mg\n• morning",
        "Bisoprolol",
        "Amoxicillin\n500 mg three times a day",
        "Gout\nAsthma",
        "[Picture that is not shown]",
        "[Picture that is not shown: Curve]",
    ] {
        assert!(screen.contains(text), "{text}: {screen}");
    }
    assert!(!screen.contains(" item"), "{screen}");
    assert!(!allergies(&screen).contains("none"), "{screen}");
}

#[test]
fn each_table_stays_under_its_own_subheading() {
    let table = |name: &str, caption: &str| {
        format!(
            "<table>{caption}<thead><tr><th>Medication Item</th><th>Dose</th></tr></thead><tbody><tr><td>{name}</td><td>one</td></tr></tbody></table>"
        )
    };
    let groups = "<table><tr><th>Drug</th><th>Dose</th></tr><tr><th colspan=\"2\">Current</th></tr><tr><td>Apixaban</td><td>one</td></tr>\
        <tr><th colspan=\"2\">Stopped</th></tr><tr><td>Warfarin</td><td>one</td></tr></table>".to_owned();
    for inner in [
        format!(
            "<h3>Current</h3>{}<h3>Stopped</h3>{}",
            table("Apixaban", ""),
            table("Warfarin", "")
        ),
        format!(
            "<p>Current</p>{}<p><b>Stopped</b></p>{}",
            table("Apixaban", ""),
            table("Warfarin", "")
        ),
        table("Apixaban", "<caption>Current</caption>")
            + &table("Warfarin", "<caption>Stopped</caption>"),
        groups.clone(),
        groups
            .replace("th colspan=\"2\"", "td colspan=\"2\"")
            .replace("</th></tr><tr><td>", "</td></tr><tr><td>"),
    ] {
        let screen = shows(json!([part("RepeatMedsHeader", &inner)]), &[]);
        let order: Vec<usize> = ["Current", "Apixaban", "Stopped", "Warfarin"]
            .iter()
            .map(|text| {
                screen
                    .rfind(text)
                    .unwrap_or_else(|| panic!("{text}: {screen}"))
            })
            .collect();
        assert!(order.is_sorted(), "{inner}: {screen}");
    }
    // What has no heading does not come under the caption before it.
    let screen = shows(
        json!([part(
            "RepeatMedsHeader",
            &(table("Warfarin", "<caption>Stopped</caption>") + &table("Apixaban", ""))
        )]),
        &[],
    );
    assert!(
        between(&screen, "Stopped", "Apixaban").contains("Without a heading"),
        "{screen}"
    );
}

#[test]
fn headings_of_columns_are_found_wherever_they_stand() {
    let head = "<tr><th>Drug</th><th>Dose</th></tr>";
    let row = "<tr><td>Apixaban</td><td>5 mg</td></tr>";
    for (inner, count) in [
        (format!("<table><tfoot>{head}</tfoot><tbody>{row}</tbody></table>"), 1),
        (format!("<table><thead>{head}</thead><tbody>{row}{head}{row}</tbody></table>"), 2),
        (format!("<table><thead>{head}</thead><tbody>{row}</tbody><tfoot>{head}</tfoot></table>"), 1),
        (format!("<table>{}{row}</table>", head.replace("th>", "td>")), 1),
        (format!("<table><tr><td><b>Was</b></td><td><b>Wie viel</b></td></tr>{row}</table>"), 1),
        ("<table><tr><th>Drug</th><td>Apixaban</td><td>Warfarin</td></tr><tr><th>Dose</th><td>5 mg</td><td>3 mg</td></tr></table>".to_owned(), 2),
        ("<table><tr><td>Drug</td><td>Apixaban</td></tr><tr><td>Dose</td><td>5 mg</td></tr></table>".to_owned(), 1),
    ] {
        let summary = read(&bundle(json!([part("RepeatMedsHeader", &inner)]), &[])).unwrap();
        let section = summary.sections.iter().find(|section| section.title == "RepeatMedsHeader").unwrap();
        assert_eq!(section.count(), Some(count), "{inner}");
        let screen = screen(&summary);
        assert!(screen.contains("Dose 5 mg") || screen.contains("Wie viel 5 mg"), "{inner}: {screen}");
    }
    // Two rows of headings are one.
    let two = "<table><thead><tr><th rowspan=\"2\">Drug</th><th colspan=\"2\">Dose</th></tr><tr><th>am</th><th>pm</th></tr></thead>\
        <tbody><tr><td>Apixaban</td><td>5 mg</td><td>3 mg</td></tr></tbody></table>";
    let screen = shows(json!([part("RepeatMedsHeader", two)]), &[]);
    assert!(
        screen.contains("Dose: am 5 mg") && screen.contains("Dose: pm 3 mg"),
        "{screen}"
    );
    // Where nothing says what the columns are, the cells stay as they came, and nothing is counted.
    let bare = shows(
        json!([part(
            "RepeatMedsHeader",
            "<table><tr><td>Apixaban</td><td>5 mg</td></tr><tr><td>Warfarin</td><td>3 mg</td></tr></table>"
        )]),
        &[],
    );
    assert!(
        bare.contains("Apixaban\n5 mg\nWarfarin\n3 mg")
            && bare.contains("as it came")
            && !bare.contains("items"),
        "{bare}"
    );
}

#[test]
fn cells_that_span_and_hold_lists_keep_their_row() {
    let inner = "<table><thead><tr><th>Date</th><th>Item</th><th>Dose</th><th>Quantity</th></tr></thead><tbody>\
        <tr><td rowspan=\"0\">May</td><td>Apixaban</td><td colspan=\"2\">as told</td></tr>\
        <tr><td>Warfarin</td><td><ul><li>3 mg Monday</li><li>4 mg Friday</li></ul></td><td>28</td></tr></tbody></table>";
    let screen = shows(json!([part("RepeatMedsHeader", inner)]), &[]);
    assert!(screen.contains("as told (Dose, Quantity)"), "{screen}");
    assert_eq!(
        screen.matches("Date May").count() + screen.matches("\nMay").count(),
        2,
        "{screen}"
    );
    assert!(screen.contains("• 3 mg Monday\n• 4 mg Friday"), "{screen}");
}

#[test]
fn a_number_keeps_its_exponent_and_a_stopped_medicine_its_line() {
    for (inner, says) in [
        ("142 x 10<sup>9</sup>/L", "142 x 10⁹/L"),
        ("10<sup>-3</sup>", "10⁻³"),
        (
            "10<span style=\"vertical-align: super\">5</span> cfu",
            "10⁵ cfu",
        ),
        ("10<sup>1.5</sup>", "10^1.5"),
        ("2<sup>x + y</sup>", "2^(x + y)"),
        ("SpO<sub>2</sub> 94%", "SpO₂ 94%"),
        ("log<sub>10</sub>5", "log₁₀5"),
        ("10<sub>max</sub>", "10_(max)"),
        ("1<sup>st</sup> dose", "1st dose"),
        (
            "<del>Warfarin 3mg</del> Apixaban",
            "[struck out: Warfarin 3mg] Apixaban",
        ),
        ("<s>Warfarin</s>", "[struck out: Warfarin]"),
        (
            "<span style=\"text-decoration:line-through\">Warfarin</span>",
            "[struck out: Warfarin]",
        ),
        (
            "&frac14; to &frac34; &deg;C &micro;g &ge;5 &#8804;6",
            "¼ to ¾ °C µg ≥5 ≤6",
        ),
        ("K <5 &amp; B&W", "K <5 & B&W"),
        ("Codeine&paracetamol", "Codeine&paracetamol"),
        ("<![CDATA[1 < 2 & 3]]>", "1 < 2 & 3"),
        ("one<br/>two<br>three", "one\ntwo\nthree"),
    ] {
        let screen = shows(
            json!([part("ResultsHeader", &format!("<p>{inner}</p>"))]),
            &[],
        );
        assert!(screen.contains(says), "{inner}: {screen}");
    }
    let row = "<table><tr><th>Drug</th><th>Dose</th></tr><tr style=\"text-decoration: line-through\"><td>Warfarin</td><td>3 mg</td></tr></table>";
    let screen = shows(json!([part("RepeatMedsHeader", row)]), &[]);
    assert!(
        screen.contains("[struck out: Warfarin]") && screen.contains("[struck out: 3 mg]"),
        "{screen}"
    );
}

#[test]
fn text_from_right_to_left_turns_nothing_around_it() {
    let summary = read(&bundle(
        json!([part(
            "RepeatMedsHeader",
            "<p>For <bdi>דוד</bdi> only</p><p dir=\"rtl\">אספירין 75 mg</p><p>a\u{202e}b</p>"
        )]),
        &[],
    ))
    .unwrap();
    let html = html(&summary);
    assert!(html.contains("\u{2068}דוד\u{2069}"), "{html}");
    assert!(html.contains("\u{2067}אספירין"), "{html}");
    assert!(!html.contains('\u{202e}'));
    assert!(html.contains("75\u{a0}mg"), "{html}");
    assert!(screen(&summary).contains("could not be read with certainty"));
}

#[test]
fn the_status_of_a_document_is_told_and_one_made_in_error_is_none() {
    let of = |status: &str| {
        let composition = json!({
            "resourceType": "Composition", "status": status, "subject": { "reference": "Patient/p" },
            "section": [part("AllergiesHeader", PENICILLIN)],
        });
        read_for(&with(composition, &[]), patient())
    };
    assert!(matches!(
        of("entered-in-error"),
        Err(ReadError::EnteredInError)
    ));
    assert!(of("final").unwrap().statements.is_empty());
    for (status, word) in [
        ("preliminary", "preliminary"),
        ("amended", "amended"),
        ("draft", "draft"),
        ("", "whether it is final"),
    ] {
        let screen = screen(&of(status).unwrap());
        assert!(allergies(&screen).contains(word), "{status}: {screen}");
    }
}

#[test]
fn the_subject_is_understood_however_it_is_named() {
    let number =
        |value: &str| json!({ "system": "https://fhir.nhs.uk/Id/nhs-number", "value": value });
    let of = |subject: Value, contained: Value| {
        let composition = json!({
            "resourceType": "Composition", "status": "final", "subject": subject, "contained": contained,
            "section": [part("AllergiesHeader", PENICILLIN)],
        });
        read_for(&with(composition, &[]), patient())
    };
    let contained = |value: &str| json!([{ "resourceType": "Patient", "id": "x", "identifier": [number(value)] }]);
    for subject in [
        json!({ "reference": "Patient/p" }),
        json!({ "reference": "Patient/p/_history/4" }),
        json!({ "reference": "https://practice.test/fhir/Patient/p" }),
        json!({ "reference": "https://practice.test/fhir/Patient/p/_history/1" }),
        json!({ "identifier": number("999 040 2132") }),
    ] {
        assert!(of(subject.clone(), json!([])).is_ok(), "{subject}");
    }
    assert!(of(json!({ "reference": "#x" }), contained(PATIENT)).is_ok());
    for (subject, inner) in [
        (json!({ "reference": "#x" }), contained("9990252955")),
        (json!({ "identifier": number("9990252955") }), json!([])),
        // Two numbers that say different things.
        (
            json!({ "reference": "Patient/p", "identifier": number("9990252955") }),
            json!([]),
        ),
        (json!({ "display": "Somebody" }), json!([])),
        (json!({ "reference": "Patient/unknown" }), json!([])),
        (Value::Null, json!([])),
    ] {
        assert!(
            matches!(of(subject.clone(), inner), Err(ReadError::OtherPatient)),
            "{subject}"
        );
    }
}

#[test]
fn a_part_that_cannot_be_read_does_not_hide_the_rest() {
    let screen = shows(
        json!([
            part("AllergiesHeader", PENICILLIN),
            { "title": "Broken", "text": { "div": "<div><table><tr><td>Warfarin</td><td>3mg</td></tr></div><p>cut sh" } },
            { "title": "Odd", "text": { "div": 7 } },
            { "title": "Unknown", "text": div("<p>&nosuch; 5 mg</p>") },
            "what",
            part("DiagnosesHeader", "<p>Gout</p>"),
        ]),
        &[],
    );
    assert!(allergies(&screen).contains("Penicillin"));
    let broken = between(&screen, "\nBroken", "\nOdd");
    assert!(
        broken.contains("damaged or cut short")
            && broken.contains("Warfarin | 3mg")
            && broken.contains("cut sh"),
        "{screen}"
    );
    assert!(
        between(&screen, "\nUnknown", "Gout").contains("&nosuch; 5 mg"),
        "{screen}"
    );
    assert!(
        between(&screen, "\nUnknown", "Gout").contains("with certainty"),
        "{screen}"
    );
    assert!(
        screen.contains("could not be read. That is no statement"),
        "{screen}"
    );
    assert!(screen.contains("Gout"));
}

#[test]
fn nesting_without_end_and_tags_without_end_do_no_harm() {
    let deep = "<b>".repeat(100_000) + "x" + &"</b>".repeat(100_000);
    let open = "<!--".repeat(100_000);
    let unknown = "<x y=\"".repeat(100_000);
    let wide = format!(
        "<table><tr>{}</tr><tr><td>a</td><td>b</td></tr></table>",
        "<th colspan=\"9999\">h</th>".repeat(5_000)
    );
    let tall = format!(
        "<table><tr><td rowspan=\"9999\">{}</td></tr>{}</table>",
        "long ".repeat(50_000),
        "<tr><td>a</td></tr>".repeat(5_000)
    );
    for inner in [deep, open, unknown, wide, tall] {
        let started = std::time::Instant::now();
        let summary = read(&bundle(json!([part("AllergiesHeader", &inner)]), &[])).unwrap();
        assert_eq!(
            summary.sections.first().unwrap().heading,
            domain::summary::Heading::Known(domain::summary::KnownHeading::Allergies)
        );
        assert!(started.elapsed().as_secs() < 60);
    }
}
