//! The fields of each step.

use super::super::parts::notice;
use super::draft::{Flow, Picked, Picks, Sheet, is_recorded};
use super::flow::Writing;
use super::picker::{self, About, Suggestion};
use crate::components::form::{Choice, Choices, Pick, TextField};
use domain::adjustment::{AdjustmentRecord, Basis, Category, Detail, ImpairmentKind};
use leptos::prelude::*;

/// The Equality Act statement, and on what basis the flag is shared.
pub(super) fn basis(writing: Writing) -> AnyView {
    let errors = writing.errors;
    let (confirmed, basis) = writing
        .sheet
        .with_value(|sheet| (sheet.draft.confirmed, sheet.draft.basis));
    let chosen = basis
        .map(|basis| basis.code().to_owned())
        .into_iter()
        .collect::<Vec<_>>();
    let bases = Basis::ALL
        .iter()
        .map(|basis| Choice::new(basis.code(), basis.label()))
        .collect::<Vec<_>>();
    view! {
        <p class="nhsuk-body">
            "A reasonable adjustment flag is for people who are disabled under the Equality Act 2010. That is a physical or mental impairment with a substantial and long-term adverse effect on normal daily activities. Long-term is 12 months or more. No diagnosis is needed."
        </p>
        <Choices
            name="equality-act"
            legend="Equality Act 2010"
            errors
            pick=Pick::Several
            choices=vec![
                Choice::new("yes", "I confirm that the patient is disabled under the Equality Act 2010")
                    .hint("Your name, role and organisation are recorded with this statement."),
            ]
            chosen=if confirmed { vec!["yes".to_owned()] } else { Vec::new() }
        />
        <Choices
            name="basis"
            legend="On what basis is the flag shared?"
            hint="Everyone who cares for the patient can see that there is a flag. Tell the patient, where you can."
            errors
            choices=bases
            chosen
        />
    }
    .into_any()
}

/// What the patient finds hard.
pub(super) fn impairments(writing: Writing, record: &AdjustmentRecord) -> AnyView {
    let errors = writing.errors;
    let written = writing
        .sheet
        .with_value(|sheet| sheet.draft.impairments.clone());
    let recorded = |kind: ImpairmentKind| {
        // "Other" can be recorded again: its note says which.
        kind != ImpairmentKind::Other
            && is_recorded(
                record,
                &Detail::Impairment {
                    impairment: kind,
                    note: String::new(),
                },
            )
    };
    let already: Vec<_> = ImpairmentKind::ALL
        .iter()
        .filter(|kind| recorded(**kind))
        .map(|kind| kind.label())
        .collect();
    let already = (!already.is_empty())
        .then(|| notice(format!("Already on the flag: {}.", already.join("; "))));
    let choices = ImpairmentKind::ALL
        .iter()
        .filter(|kind| !recorded(**kind))
        .map(|kind| {
            let kind = *kind;
            let note = written.iter().find(|ticked| ticked.kind == kind).map(|ticked| ticked.note.clone()).unwrap_or_default();
            Choice::new(kind.code(), kind.label()).fields(move || {
                let label = if kind == ImpairmentKind::Other { "What is it?" } else { "Note (optional)" };
                view! { <TextField name=format!("note-{}", kind.code()) label errors value=note.clone() /> }
            })
        })
        .collect::<Vec<_>>();
    let chosen = written
        .iter()
        .filter(|ticked| ticked.on)
        .map(|ticked| ticked.kind.code().to_owned())
        .collect::<Vec<_>>();
    view! {
        {already}
        <Choices
            name="impairments"
            legend="What does the patient find hard?"
            hint="Select all that apply"
            errors
            pick=Pick::Several
            choices
            chosen
        />
    }
    .into_any()
}

const ADJUSTMENTS: About = About {
    id: "adjustments",
    label: "Find an adjustment",
    hint: "Type a few letters, like “sign” or “large print”",
    one: "adjustment",
    many: "adjustments",
    find: picker::adjustments,
};

const CONDITIONS: About = About {
    id: "conditions",
    label: "Find a condition",
    hint: "Type a few letters, like “dem” or “MS”",
    one: "condition",
    many: "conditions",
    find: picker::conditions,
};

/// What has to be done differently.
pub(super) fn adjustments(writing: Writing, record: AdjustmentRecord) -> AnyView {
    let empty = if writing.flow == Flow::Create {
        "Nothing added yet. Add at least one."
    } else {
        "Nothing added yet."
    };
    list(
        writing,
        record,
        ADJUSTMENTS,
        Which {
            of: |sheet| &mut sheet.draft.adjustments,
            detail: |code, text, category| Detail::Adjustment {
                category: category.unwrap_or(Category::Bespoke),
                code,
                text,
                note: String::new(),
            },
            with_notes: true,
            browse: true,
            empty,
            own_label: "Or write it in your own words",
            own_hint: "For example, speaks only to staff in everyday clothes",
            own_button: "Add this adjustment",
        },
    )
}

/// What is behind it.
pub(super) fn conditions(writing: Writing, record: AdjustmentRecord) -> AnyView {
    list(
        writing,
        record,
        CONDITIONS,
        Which {
            of: |sheet| &mut sheet.draft.conditions,
            detail: |code, name, _| Detail::Condition { name, code },
            with_notes: false,
            browse: false,
            empty: "Nothing added yet.",
            own_label: "Or write the name of the condition",
            own_hint: "If it is not in the list",
            own_button: "Add this condition",
        },
    )
}

/// What differs between the two steps with a list.
#[derive(Clone, Copy)]
struct Which {
    of: fn(&mut Sheet) -> &mut Picks,
    detail: fn(Option<String>, String, Option<Category>) -> Detail,
    with_notes: bool,
    browse: bool,
    empty: &'static str,
    own_label: &'static str,
    own_hint: &'static str,
    own_button: &'static str,
}

fn list(writing: Writing, record: AdjustmentRecord, about: About, which: Which) -> AnyView {
    let Writing { sheet, errors, .. } = writing;
    let record = StoredValue::new(record);
    let mut own = String::new();
    let mut at_first = Vec::new();
    sheet.update_value(|sheet| {
        let picks = (which.of)(sheet);
        own.clone_from(&picks.own);
        at_first.clone_from(&picks.list);
    });
    let chosen = RwSignal::new(at_first);
    let said = RwSignal::new(String::new());
    // Changes the picks of the draft, and shows them.
    let change = move |how: &mut dyn FnMut(&mut Picks)| {
        let mut list = Vec::new();
        sheet.update_value(|sheet| {
            let picks = (which.of)(sheet);
            how(picks);
            list.clone_from(&picks.list);
        });
        chosen.set(list);
    };
    let reason = move |code: Option<&str>, text: &str, category: Option<Category>| {
        let mut added = false;
        sheet.update_value(|sheet| added = (which.of)(sheet).has(code, text));
        if added {
            return Some("Added");
        }
        let detail = (which.detail)(code.map(str::to_owned), text.to_owned(), category);
        record
            .with_value(|record| is_recorded(record, &detail))
            .then_some("Already on the flag")
    };
    let say_added = move |text: &str| {
        let count = chosen.with_untracked(Vec::len);
        let noun = if count == 1 { about.one } else { about.many };
        said.set(format!("Added: {text}. {count} {noun} to save."));
        errors.set(Vec::new());
    };
    let taken = Callback::new(move |suggestion: Suggestion| {
        reason(Some(suggestion.code), suggestion.text, suggestion.category)
    });
    let pick = Callback::new(move |suggestion: Suggestion| {
        change(&mut |picks| {
            picks.add(Some(suggestion.code), suggestion.text, suggestion.category);
        });
        say_added(suggestion.text);
    });
    let remove = Callback::new(move |picked: Picked| {
        change(&mut |picks| picks.remove(picked.key));
        said.set(format!("Removed: {}", picked.text));
        crate::components::form::focus(about.id);
    });
    let changed = Signal::derive(move || chosen.with(Vec::len));
    let browse = which.browse.then(|| picker::browse(taken, pick, changed));
    let none = move || {
        chosen
            .with(Vec::is_empty)
            .then(|| view! { <p class="nhsuk-body">{which.empty}</p> })
    };
    view! {
        {picker::combobox(about, errors, taken, pick, said)}
        <h2 class="nhsuk-heading-s nhsuk-u-margin-bottom-2">"To be saved"</h2>
        {none}
        <For
            each=move || chosen.get()
            key=|picked| picked.key
            children=move |picked| chosen_part(picked, which.with_notes, writing, remove)
        />
        {browse}
        {own_words(writing, which, own, reason, change, say_added)}
    }
    .into_any()
}

/// Something that was picked, with its note and the way to take it back.
fn chosen_part(
    picked: Picked,
    with_note: bool,
    writing: Writing,
    remove: Callback<Picked>,
) -> AnyView {
    let note = with_note.then(|| {
        view! {
            <TextField
                name=format!("note-{}", picked.key)
                label=format!("Note for “{}” (optional)", picked.text)
                errors=writing.errors
                value=picked.note.clone()
            />
        }
    });
    let text = picked.text.clone();
    let taken_back = picked.clone();
    view! {
        <div>
            <p class="ncrs-picker__chosen">
                {text.clone()}
                <button class="ncrs-link-button" type="button" on:click=move |_| remove.run(taken_back.clone())>
                    "Remove"
                    <span class="nhsuk-u-visually-hidden">" " {text}</span>
                </button>
            </p>
            {note}
        </div>
    }
    .into_any()
}

/// What the list does not have.
fn own_words(
    writing: Writing,
    which: Which,
    own: String,
    reason: impl Fn(Option<&str>, &str, Option<Category>) -> Option<&'static str>
    + Send
    + Sync
    + 'static,
    change: impl Fn(&mut dyn FnMut(&mut Picks)) + Send + Sync + 'static,
    say_added: impl Fn(&str) + Send + Sync + 'static,
) -> AnyView {
    let errors = writing.errors;
    let field = RwSignal::new(own.clone());
    let add = move |_| {
        let own = field.get_untracked();
        let wrong = |message: String| errors.set(vec![domain::FieldError::new("own", message)]);
        if own.trim().is_empty() {
            wrong("Write it first, then add it".to_owned());
        } else if own.chars().count() > domain::adjustment::LONGEST_TEXT {
            wrong(format!(
                "It must be {} characters or fewer",
                domain::adjustment::LONGEST_TEXT
            ));
        } else if let Some(reason) = reason(None, own.trim(), None) {
            wrong(format!(
                "{reason}: write something else, or continue without it"
            ));
        } else {
            change(&mut |picks| {
                picks.own.clone_from(&own);
                picks.add_own();
            });
            field.set(String::new());
            say_added(own.trim());
        }
    };
    // Made anew once its text was added: a field keeps what was typed into it.
    let generation = RwSignal::new(0u32);
    Effect::new(move |before: Option<bool>| {
        let empty = field.with(String::is_empty);
        if empty && before == Some(false) {
            generation.update(|generation| *generation += 1);
        }
        empty
    });
    view! {
        <For
            each=move || [generation.get()]
            key=|generation| *generation
            children=move |generation| {
                let value = if generation == 0 { own.clone() } else { String::new() };
                view! {
                    <TextField
                        name="own"
                        label=which.own_label
                        hint=which.own_hint
                        errors
                        value
                        on_input=Callback::new(move |text| field.set(text))
                    />
                }
            }
        />
        <button class="nhsuk-button nhsuk-button--secondary" type="button" on:click=add>{which.own_button}</button>
    }
    .into_any()
}
