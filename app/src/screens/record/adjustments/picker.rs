//! Picking from a long list by typing a few letters: a combobox for keyboard and touch.

use crate::components::form::{Errors, FieldMessage, unshared};
use domain::adjustment::{Category, catalogue, conditions};
use leptos::ev::{KeyboardEvent, MouseEvent};
use leptos::prelude::*;

/// The most that are listed at once.
const MOST: usize = 40;

/// Something that can be picked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Suggestion {
    /// Its code.
    pub(super) code: &'static str,
    /// As people read it.
    pub(super) text: &'static str,
    /// Where an adjustment is listed.
    pub(super) category: Option<Category>,
}

/// The adjustments that fit what was typed.
pub(super) fn adjustments(text: &str) -> Vec<Suggestion> {
    catalogue::find(text).into_iter().map(adjustment).collect()
}

/// A term of the catalogue.
pub(super) fn adjustment(term: &'static catalogue::Term) -> Suggestion {
    Suggestion {
        code: term.code,
        text: term.display,
        category: Some(term.category),
    }
}

/// The conditions that fit what was typed.
pub(super) fn conditions(text: &str) -> Vec<Suggestion> {
    conditions::find(text)
        .into_iter()
        .map(|condition| Suggestion {
            code: condition.code,
            text: condition.name,
            category: None,
        })
        .collect()
}

/// What a picker is about.
#[derive(Clone, Copy)]
pub(super) struct About {
    /// Name, id, and the field of its errors.
    pub(super) id: &'static str,
    /// What it asks for.
    pub(super) label: &'static str,
    /// How to answer.
    pub(super) hint: &'static str,
    /// "adjustment".
    pub(super) one: &'static str,
    /// "adjustments".
    pub(super) many: &'static str,
    /// What fits what was typed.
    pub(super) find: fn(&str) -> Vec<Suggestion>,
}

/// The field with its list. `taken` says why something cannot be picked again; `pick` picks it;
/// `said` is read out while nothing is typed.
pub(super) fn combobox(
    about: About,
    errors: Errors,
    taken: Callback<Suggestion, Option<&'static str>>,
    pick: Callback<Suggestion>,
    said: RwSignal<String>,
) -> AnyView {
    let About {
        id,
        label,
        hint,
        one,
        many,
        find,
    } = about;
    let typed = RwSignal::new(String::new());
    let closed = RwSignal::new(false);
    let active = RwSignal::new(None::<usize>);
    let found = Memo::new(move |_| typed.with(|typed| find(typed)));
    let listed = Memo::new(move |_| {
        if closed.get() {
            0
        } else {
            found.with(Vec::len).min(MOST)
        }
    });
    let list_id = format!("{id}-list");
    let option_id = move |index: usize| format!("{id}-option-{index}");

    let choose = move |suggestion: Suggestion| {
        if let Some(reason) = taken.run(suggestion) {
            said.set(format!("{}: {reason}", suggestion.text));
        } else {
            pick.run(suggestion);
        }
        typed.set(String::new());
        active.set(None);
    };
    let at = move |index: usize| found.with_untracked(|found| found.get(index).copied());
    let move_to = move |index: usize| {
        active.set(Some(index));
        closed.set(false);
        if let Some(option) = document().get_element_by_id(&option_id(index)) {
            scroll_within_list(&option, index);
        }
    };
    let keys = move |event: KeyboardEvent| {
        if event.is_composing() {
            return;
        }
        let count = found.with_untracked(Vec::len).min(MOST);
        let here = active.get_untracked();
        match event.key().as_str() {
            "ArrowDown" if count > 0 => {
                event.prevent_default();
                move_to(here.map_or(0, |here| (here + 1) % count));
            }
            "ArrowUp" if count > 0 => {
                event.prevent_default();
                move_to(here.filter(|here| *here > 0).unwrap_or(count) - 1);
            }
            // Enter picks; it must not send the form while something is typed here.
            "Enter" if !typed.with_untracked(String::is_empty) => {
                event.prevent_default();
                let only = (count == 1).then_some(0);
                if let Some(suggestion) = here.or(only).and_then(at) {
                    choose(suggestion);
                }
            }
            "Escape" if !typed.with_untracked(String::is_empty) => {
                event.prevent_default();
                closed.set(true);
                active.set(None);
            }
            _ => {}
        }
    };
    let status = move || {
        if typed.with(|typed| typed.trim().is_empty()) {
            return said.get();
        }
        match found.with(Vec::len) {
            0 => format!("Nothing in the list fits. Add the {one} in your own words below."),
            1 => format!("1 {one}"),
            count if count > MOST => {
                format!("{MOST} of {count} {many}. Type more letters to see fewer.")
            }
            count => format!("{count} {many}"),
        }
    };
    let options = move || {
        let shown = listed.get();
        found.with(|found| {
            found
                .iter()
                .copied()
                .take(shown)
                .enumerate()
                .map(|(index, suggestion)| {
                    option(
                        option_id(index),
                        index,
                        suggestion,
                        active,
                        taken,
                        Callback::new(choose),
                    )
                })
                .collect_view()
        })
    };
    let describe = move || {
        let wrong = errors.with(|errors| errors.iter().any(|error| error.field == id));
        if wrong {
            format!("{id}-hint {id}-error")
        } else {
            format!("{id}-hint")
        }
    };
    let controls = list_id.clone();
    let empty = move || listed.get() == 0;
    let expanded = move || if empty() { "false" } else { "true" };
    let current = move || {
        active
            .get()
            .filter(|index| *index < listed.get())
            .map(option_id)
    };
    view! {
        <div class="ncrs-picker">
            <label class="nhsuk-label nhsuk-label--s" for=id>{label}</label>
            <div class="nhsuk-hint" id=format!("{id}-hint")>{hint}</div>
            <FieldMessage errors field=id />
            <input
                class="nhsuk-input ncrs-picker__input"
                id=id
                name=id
                type="text"
                role="combobox"
                autocomplete="off"
                autocapitalize="off"
                {..unshared()}
                spellcheck="false"
                enterkeyhint="search"
                aria-autocomplete="list"
                aria-controls=controls
                aria-expanded=expanded
                aria-activedescendant=current
                aria-describedby=describe
                prop:value=move || typed.get()
                on:input=move |event| {
                    closed.set(false);
                    active.set(None);
                    typed.set(event_target_value(&event));
                }
                on:keydown=keys
            />
            <p class="ncrs-picker__status" role="status">{status}</p>
            <ul class="ncrs-picker__list" id=list_id role="listbox" aria-label=label hidden=empty>
                {options}
            </ul>
        </div>
    }
    .into_any()
}

fn option(
    id: String,
    index: usize,
    suggestion: Suggestion,
    active: RwSignal<Option<usize>>,
    taken: Callback<Suggestion, Option<&'static str>>,
    choose: Callback<Suggestion>,
) -> AnyView {
    let is_active = move || active.get() == Some(index);
    let reason = taken.run(suggestion);
    let detail = reason.or(suggestion.category.map(Category::label));
    let detail = detail.map(|detail| view! { <span class="ncrs-picker__detail">{detail}</span> });
    view! {
        <li
            class="ncrs-picker__option"
            class=("ncrs-picker__option--active", is_active)
            id=id
            role="option"
            aria-selected=move || if is_active() { "true" } else { "false" }
            aria-disabled=reason.map(|_| "true")
            // The field keeps the focus, and with it the keyboard of a phone.
            on:mousedown=|event: MouseEvent| event.prevent_default()
            on:click=move |_| choose.run(suggestion)
        >
            {suggestion.text}
            {detail}
        </li>
    }
    .into_any()
}

/// Brings an option into sight within its list, and leaves the page where it is.
fn scroll_within_list(option: &leptos::web_sys::Element, index: usize) {
    let Some(list) = option.parent_element() else {
        return;
    };
    let height = option.client_height();
    let Ok(index) = i32::try_from(index) else {
        return;
    };
    // Options differ little in height; a line to spare keeps the active one in sight.
    let top = height.saturating_mul(index);
    if top < list.scroll_top()
        || top + height.saturating_mul(2) > list.scroll_top() + list.client_height()
    {
        list.set_scroll_top(top.saturating_sub(height));
    }
}

/// All adjustments, category by category, for those who would rather look than type.
pub(super) fn browse(
    taken: Callback<Suggestion, Option<&'static str>>,
    pick: Callback<Suggestion>,
    changed: Signal<usize>,
) -> AnyView {
    let categories = Category::ALL
        .iter()
        .copied()
        .filter(|category| *category != Category::Bespoke)
        .map(|category| {
            // Made when it is first opened: there are 347 in all.
            let opened = RwSignal::new(false);
            let terms = move || {
                opened.get().then(|| {
                    catalogue::in_category(category)
                        .map(adjustment)
                        .map(|suggestion| browsed(suggestion, taken, pick, changed))
                        .collect_view()
                })
            };
            view! {
                <details class="nhsuk-details">
                    <summary class="nhsuk-details__summary" on:click=move |_| opened.set(true)>
                        <span class="nhsuk-details__summary-text">{category.label()}</span>
                    </summary>
                    <div class="nhsuk-details__text">
                        <ul class="ncrs-picker__list">{terms}</ul>
                    </div>
                </details>
            }
        })
        .collect_view();
    view! {
        <details class="nhsuk-details">
            <summary class="nhsuk-details__summary">
                <span class="nhsuk-details__summary-text">"Browse all adjustments by category"</span>
            </summary>
            <div class="nhsuk-details__text">{categories}</div>
        </details>
    }
    .into_any()
}

fn browsed(
    suggestion: Suggestion,
    taken: Callback<Suggestion, Option<&'static str>>,
    pick: Callback<Suggestion>,
    changed: Signal<usize>,
) -> AnyView {
    let reason = move || {
        changed.track();
        taken.run(suggestion)
    };
    let choose = move |_| {
        if taken.run(suggestion).is_none() {
            pick.run(suggestion);
        }
    };
    view! {
        <li>
            <button class="ncrs-picker__option" type="button" aria-pressed=move || if reason().is_some() { "true" } else { "false" } on:click=choose>
                {suggestion.text}
                <span class="nhsuk-u-visually-hidden">": choose this"</span>
                {move || reason().map(|reason| view! { <span class="ncrs-picker__detail">{reason}</span> })}
            </button>
        </li>
    }
    .into_any()
}
