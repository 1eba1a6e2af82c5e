//! Form fields in the NHS pattern. A field's `name` is its id too, and the `field` of its
//! [`FieldError`], so that the error summary leads to it.
//!
//! Fields are not bound to signals: the browser keeps what was typed, and the form is read when it
//! is sent.

use domain::FieldError;
use domain::search::DateFields;
use leptos::html::Div;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{FormData, HtmlFormElement, SubmitEvent};

/// What is wrong with the form of a screen.
pub type Errors = RwSignal<Vec<FieldError>>;

/// What was typed into a form.
pub struct FormValues(Option<FormData>);

impl FormValues {
    /// Reads the form that is being sent, and keeps the browser from leaving the page.
    pub fn of(event: &SubmitEvent) -> Self {
        event.prevent_default();
        let form = event
            .target()
            .and_then(|target| target.dyn_into::<HtmlFormElement>().ok());
        form.map_or(Self(None), |form| Self::now_in(&form))
    }

    /// Reads a form that is not being sent.
    pub fn now_in(form: &HtmlFormElement) -> Self {
        Self(FormData::new_with_form(form).ok())
    }

    /// The text of a field; empty where there is none.
    pub fn text(&self, name: &str) -> String {
        self.0
            .as_ref()
            .and_then(|data| data.get(name).as_string())
            .unwrap_or_default()
    }

    /// Whether a checkbox is ticked.
    pub fn ticked(&self, name: &str) -> bool {
        self.0.as_ref().is_some_and(|data| data.has(name))
    }

    /// The values of every ticked checkbox of that name.
    pub fn all(&self, name: &str) -> Vec<String> {
        self.0
            .as_ref()
            .map(|data| {
                data.get_all(name)
                    .iter()
                    .filter_map(|value| value.as_string())
                    .collect()
            })
            .unwrap_or_default()
    }

    /// The three fields of a date.
    pub fn date(&self, name: &str) -> DateFields {
        DateFields {
            day: self.text(&format!("{name}-day")),
            month: self.text(&format!("{name}-month")),
            year: self.text(&format!("{name}-year")),
        }
    }
}

fn error_at(errors: Errors, field: &str) -> Option<String> {
    errors.with(|errors| {
        errors
            .iter()
            .find(|error| error.field == field)
            .map(|error| error.message.clone())
    })
}

/// Everything that is wrong with the form, with links to the fields. Takes the focus when it
/// appears. First in the page, before the heading.
#[component]
pub fn ErrorSummary(
    /// Of the form on the page.
    errors: Errors,
) -> AnyView {
    let summary = NodeRef::<Div>::new();
    Effect::new(move || {
        if errors.with(|errors| !errors.is_empty())
            && let Some(summary) = summary.get()
        {
            let _ = summary.focus();
        }
    });
    let shown = Memo::new(move |_| errors.with(|errors| !errors.is_empty()));
    view! {
        <Show when=move || shown.get()>
            <div class="nhsuk-error-summary" id="error-summary" tabindex="-1" node_ref=summary>
                <div role="alert">
                    <h2 class="nhsuk-error-summary__heading">"There is a problem"</h2>
                    <div class="nhsuk-error-summary__body">
                        <ul class="nhsuk-list nhsuk-error-summary__list">
                            {move || {
                                errors
                                    .get()
                                    .into_iter()
                                    .map(|error| {
                                        view! { <li><ErrorLink error /></li> }
                                    })
                                    .collect_view()
                            }}
                        </ul>
                    </div>
                </div>
            </div>
        </Show>
    }
    .into_any()
}

#[component]
fn ErrorLink(error: FieldError) -> impl IntoView {
    let field = error.field.clone();
    // The focus, not only the scroll position: a plain fragment link would also enter the history.
    let go = move |event: leptos::ev::MouseEvent| {
        event.prevent_default();
        event.stop_propagation();
        focus(&field);
    };
    view! {
        <a href=format!("#{}", error.field) on:click=go>
            {error.message}
        </a>
    }
}

/// Moves the focus to the element of that id, and brings it into sight.
pub fn focus(id: &str) {
    if let Some(element) = document().get_element_by_id(id) {
        element.scroll_into_view();
        if let Ok(element) = element.dyn_into::<leptos::web_sys::HtmlElement>() {
            let _ = element.focus();
        }
    }
}

/// The message at a field.
#[component]
pub fn FieldMessage(
    /// Of the form.
    errors: Errors,
    /// Of which field.
    #[prop(into)]
    field: String,
) -> AnyView {
    let id = format!("{field}-error");
    (move || {
        error_at(errors, &field).map(|message| {
            view! {
                <span class="nhsuk-error-message" id=id.clone()>
                    <span class="nhsuk-u-visually-hidden">"Error: "</span>
                    {message}
                </span>
            }
        })
    })
    .into_any()
}

fn described_by(name: &str, hint: bool, wrong: bool) -> Option<String> {
    let mut ids = Vec::new();
    if hint {
        ids.push(format!("{name}-hint"));
    }
    if wrong {
        ids.push(format!("{name}-error"));
    }
    (!ids.is_empty()).then(|| ids.join(" "))
}

const GROUP: &str = "nhsuk-form-group";
const GROUP_WRONG: &str = "nhsuk-form-group nhsuk-form-group--error";

/// One line of text.
#[component]
pub fn TextField(
    /// Name, id, and the field of its errors.
    #[prop(into)]
    name: String,
    /// What it asks for.
    #[prop(into)]
    label: String,
    /// How to answer.
    #[prop(optional, into)]
    hint: Option<String>,
    /// Of the form.
    errors: Errors,
    /// What is in it at first.
    #[prop(optional, into)]
    value: String,
    /// `numeric` for the keypad.
    #[prop(optional)]
    inputmode: Option<&'static str>,
    /// More classes for the input, such as a width.
    #[prop(optional)]
    class: &'static str,
    /// The label is the heading of the page.
    #[prop(optional)]
    page_heading: bool,
    /// As the browser knows it; `off` for anything about a patient.
    #[prop(default = "off")]
    autocomplete: &'static str,
    /// Called with the text after each change, for checks as it is typed.
    #[prop(optional, into)]
    on_input: Option<Callback<String>>,
) -> AnyView {
    let has_hint = hint.is_some();
    let (for_wrong, for_group, for_described) = (name.clone(), name.clone(), name.clone());
    let wrong = move || error_at(errors, &for_wrong).is_some();
    let described = move || {
        described_by(
            &for_described,
            has_hint,
            error_at(errors, &for_described).is_some(),
        )
    };
    let label = if page_heading {
        view! {
            <h1 class="nhsuk-label-wrapper">
                <label class="nhsuk-label nhsuk-label--l" for=name.clone()>{label}</label>
            </h1>
        }
        .into_any()
    } else {
        view! { <label class="nhsuk-label" for=name.clone()>{label}</label> }.into_any()
    };
    let hint = hint.map(|hint| {
        view! { <div class="nhsuk-hint" id=format!("{name}-hint")>{hint}</div> }
    });
    view! {
        <div class=move || if error_at(errors, &for_group).is_some() { GROUP_WRONG } else { GROUP }>
            {label}
            {hint}
            <FieldMessage errors field=name.clone() />
            <input
                class=format!("nhsuk-input {class}")
                class=("nhsuk-input--error", wrong)
                id=name.clone()
                name=name.clone()
                type="text"
                inputmode=inputmode
                autocomplete=autocomplete
                autocapitalize="off"
                spellcheck="false"
                value=value
                aria-describedby=described
                on:input=move |event| {
                    if let Some(on_input) = on_input {
                        on_input.run(event_target_value(&event));
                    }
                }
            />
        </div>
    }
    .into_any()
}

/// Several lines of text.
#[component]
pub fn TextArea(
    /// Name, id, and the field of its errors.
    #[prop(into)]
    name: String,
    /// What it asks for.
    #[prop(into)]
    label: String,
    /// How to answer.
    #[prop(optional, into)]
    hint: Option<String>,
    /// Of the form.
    errors: Errors,
    /// What is in it at first.
    #[prop(optional, into)]
    value: String,
) -> AnyView {
    let has_hint = hint.is_some();
    let (for_wrong, for_group, for_described) = (name.clone(), name.clone(), name.clone());
    let hint = hint.map(|hint| {
        view! { <div class="nhsuk-hint" id=format!("{name}-hint")>{hint}</div> }
    });
    view! {
        <div class=move || if error_at(errors, &for_group).is_some() { GROUP_WRONG } else { GROUP }>
            <label class="nhsuk-label" for=name.clone()>{label}</label>
            {hint}
            <FieldMessage errors field=name.clone() />
            <textarea
                class="nhsuk-textarea"
                class=("nhsuk-textarea--error", move || error_at(errors, &for_wrong).is_some())
                id=name.clone()
                name=name.clone()
                rows="3"
                autocomplete="off"
                aria-describedby=move || {
                    described_by(&for_described, has_hint, error_at(errors, &for_described).is_some())
                }
            >
                {value}
            </textarea>
        </div>
    }
    .into_any()
}

/// A date in three fields: `<name>-day`, `<name>-month`, `<name>-year`.
#[component]
pub fn DateField(
    /// Start of the names of its fields.
    #[prop(into)]
    name: String,
    /// What it asks for.
    #[prop(into)]
    legend: String,
    /// How to answer.
    #[prop(default = "For example, 27 3 1948".into(), into)]
    hint: String,
    /// Of the form.
    errors: Errors,
    /// What is in it at first.
    #[prop(optional)]
    value: DateFields,
) -> AnyView {
    let wrong_part = {
        let name = name.clone();
        move || {
            ["day", "month", "year"]
                .into_iter()
                .find(|part| error_at(errors, &format!("{name}-{part}")).is_some())
        }
    };
    let (for_group, for_message) = (wrong_part.clone(), wrong_part.clone());
    let for_described = wrong_part.clone();
    let (id, described_name) = (name.clone(), name.clone());
    let message = {
        let name = name.clone();
        move || {
            for_message()
                .map(|part| view! { <FieldMessage errors field=format!("{name}-{part}") /> })
        }
    };
    let parts = [("day", "Day", "2", value.day), ("month", "Month", "2", value.month), ("year", "Year", "4", value.year)]
        .into_iter()
        .map(|(part, label, width, text)| {
            let field = format!("{name}-{part}");
            let for_wrong = field.clone();
            // A month may also be typed by name; on a phone the keypad is quicker.
            view! {
                <div class="nhsuk-date-input__item">
                    <div class="nhsuk-form-group">
                        <label class="nhsuk-label nhsuk-date-input__label" for=field.clone()>{label}</label>
                        <input
                            class=if width == "4" {
                                "nhsuk-input nhsuk-date-input__input nhsuk-input--width-4"
                            } else {
                                "nhsuk-input nhsuk-date-input__input nhsuk-input--width-2"
                            }
                            class=("nhsuk-input--error", move || error_at(errors, &for_wrong).is_some())
                            id=field.clone()
                            name=field.clone()
                            type="text"
                            inputmode="numeric"
                            autocomplete="off"
                            value=text
                        />
                    </div>
                </div>
            }
        })
        .collect_view();
    view! {
        <div class=move || if for_group().is_some() { GROUP_WRONG } else { GROUP }>
            <fieldset
                class="nhsuk-fieldset"
                role="group"
                aria-describedby=move || match for_described() {
                    Some(part) => format!("{described_name}-hint {described_name}-{part}-error"),
                    None => format!("{described_name}-hint"),
                }
            >
                <legend class="nhsuk-fieldset__legend nhsuk-fieldset__legend--s">{legend}</legend>
                <div class="nhsuk-hint" id=format!("{id}-hint")>{hint}</div>
                {message}
                <div class="nhsuk-date-input" id=id.clone()>{parts}</div>
            </fieldset>
        </div>
    }
    .into_any()
}

/// One thing to choose.
#[derive(Clone)]
pub struct Choice {
    /// What the form sends.
    pub value: &'static str,
    /// What it says.
    pub label: String,
    /// More about it.
    pub hint: Option<&'static str>,
    /// Fields that belong to it and show when it is chosen.
    pub fields: Option<ViewFn>,
}

impl Choice {
    /// A choice with nothing more to it.
    pub fn new(value: &'static str, label: impl Into<String>) -> Self {
        Self {
            value,
            label: label.into(),
            hint: None,
            fields: None,
        }
    }

    /// With more about it.
    #[must_use]
    pub fn hint(mut self, hint: &'static str) -> Self {
        self.hint = Some(hint);
        self
    }

    /// With fields that show when it is chosen.
    #[must_use]
    pub fn fields(mut self, fields: impl Into<ViewFn>) -> Self {
        self.fields = Some(fields.into());
        self
    }
}

/// Whether one or several can be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pick {
    /// Radios.
    One,
    /// Checkboxes.
    Several,
}

/// Radios or checkboxes. The first has the field's name as its id, so that the error summary leads
/// to it; the others have `<name>-<value>`.
#[component]
pub fn Choices(
    /// Name of the inputs, id of the first, and the field of their errors.
    name: &'static str,
    /// What they ask.
    #[prop(into)]
    legend: String,
    /// The legend is the heading of the page.
    #[prop(optional)]
    page_heading: bool,
    /// How to answer.
    #[prop(optional, into)]
    hint: Option<String>,
    /// Of the form.
    errors: Errors,
    /// One or several.
    #[prop(default = Pick::One)]
    pick: Pick,
    /// Side by side where there is room.
    #[prop(optional)]
    inline: bool,
    /// More classes for the list, such as `ncrs-rows` for whole rows to tap.
    #[prop(optional)]
    class: &'static str,
    /// What there is to choose.
    choices: Vec<Choice>,
    /// What is chosen at first.
    #[prop(optional)]
    chosen: Vec<String>,
    /// Called with the value that was tapped.
    #[prop(optional, into)]
    on_choice: Option<Callback<String>>,
) -> AnyView {
    let has_hint = hint.is_some();
    let hint =
        hint.map(|hint| view! { <div class="nhsuk-hint" id=format!("{name}-hint")>{hint}</div> });
    let (list, item_class, input_class, label_class, hint_class, conditional, kind) = match pick {
        Pick::One => (
            if inline {
                "nhsuk-radios ncrs-form__row"
            } else {
                "nhsuk-radios"
            },
            // In rows the first item must not stand higher than its neighbour.
            if inline {
                "nhsuk-radios__item nhsuk-u-margin-top-0 nhsuk-u-margin-bottom-1"
            } else {
                "nhsuk-radios__item"
            },
            "nhsuk-radios__input",
            "nhsuk-label nhsuk-radios__label",
            "nhsuk-hint nhsuk-radios__hint",
            "nhsuk-radios__conditional",
            "radio",
        ),
        Pick::Several => (
            "nhsuk-checkboxes",
            "nhsuk-checkboxes__item",
            "nhsuk-checkboxes__input",
            "nhsuk-label nhsuk-checkboxes__label",
            "nhsuk-hint nhsuk-checkboxes__hint",
            "nhsuk-checkboxes__conditional",
            "checkbox",
        ),
    };
    let items = choices
        .into_iter()
        .enumerate()
        .map(|(index, choice)| {
            let id = if index == 0 {
                name.to_owned()
            } else {
                format!("{name}-{}", choice.value)
            };
            let checked = chosen.iter().any(|value| value == choice.value);
            let hint_id = choice.hint.map(|_| format!("{id}-item-hint"));
            let hint = choice
                .hint
                .map(|hint| view! { <div class=hint_class id=hint_id.clone()>{hint}</div> });
            let fields = choice
                .fields
                .map(|fields| view! { <div class=conditional>{fields.run()}</div> });
            view! {
                <div class=item_class>
                    <input
                        class=input_class
                        id=id.clone()
                        name=name
                        type=kind
                        value=choice.value
                        checked=checked
                        aria-describedby=hint_id
                        on:change=move |event| {
                            if let Some(on_choice) = on_choice {
                                on_choice.run(event_target_value(&event));
                            }
                        }
                    />
                    <label class=label_class for=id>{choice.label}</label>
                    {hint}
                </div>
                {fields}
            }
        })
        .collect_view();
    let legend = if page_heading {
        view! {
            <legend class="nhsuk-fieldset__legend nhsuk-fieldset__legend--l">
                <h1 class="nhsuk-fieldset__heading">{legend}</h1>
            </legend>
        }
        .into_any()
    } else {
        view! { <legend class="nhsuk-fieldset__legend nhsuk-fieldset__legend--s">{legend}</legend> }
            .into_any()
    };
    view! {
        <div class=move || if error_at(errors, name).is_some() { GROUP_WRONG } else { GROUP }>
            <fieldset
                class="nhsuk-fieldset"
                aria-describedby=move || described_by(name, has_hint, error_at(errors, name).is_some())
            >
                {legend}
                {hint}
                <FieldMessage errors field=name />
                <div class=format!("{list} {class}")>{items}</div>
            </fieldset>
        </div>
    }
    .into_any()
}
