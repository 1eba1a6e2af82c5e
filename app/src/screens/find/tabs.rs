//! From one search to another: at the thumb on a phone.

use crate::session::Session;
use domain::search::SearchKind;
use leptos::prelude::*;

/// The drawing of each search, 24 by 24.
fn icon(kind: SearchKind) -> &'static str {
    match kind {
        // A number sign
        SearchKind::NhsNumber => {
            "M9 3h2l-.8 5h4L15 3h2l-.8 5H20v2h-4.1l-.7 4H19v2h-4.1l-.9 5h-2l.9-5h-4L8 21H6l.9-5H3v-2h4.2l.7-4H4V8h4.2zm.9 7-.7 4h4l.7-4z"
        }
        // A person
        SearchKind::Basic => {
            "M12 3a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9zM3 21c0-4.5 4-7 9-7s9 2.5 9 7z"
        }
        // A magnifying glass
        SearchKind::Advanced => {
            "M10 3a7 7 0 0 1 5.6 11.2l5.1 5.1-1.4 1.4-5.1-5.1A7 7 0 1 1 10 3zm0 2a5 5 0 1 0 0 10 5 5 0 0 0 0-10z"
        }
        // A place on a map
        SearchKind::Postcode => {
            "M12 2a7 7 0 0 1 7 7c0 5-7 13-7 13S5 14 5 9a7 7 0 0 1 7-7zm0 4.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5z"
        }
    }
}

/// The four searches. One that the role does not allow stays, and says so.
pub(super) fn tabs(current: SearchKind, session: Session) -> AnyView {
    let items = SearchKind::ALL
        .into_iter()
        .map(|kind| {
            let here = (kind == current).then_some("page");
            let refused = move || (!session.allows(kind.needs())).then_some(" (not in your role)");
            view! {
                <li class="ncrs-tabs__item">
                    <a class="ncrs-tabs__link" href=format!("/find/{}", kind.slug()) aria-current=here>
                        <svg class="ncrs-tabs__icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
                            <path d=icon(kind) fill-rule="evenodd" />
                        </svg>
                        {kind.label()}
                        <span class="nhsuk-u-visually-hidden">{refused}</span>
                    </a>
                </li>
            }
        })
        .collect_view();
    view! {
        <nav class="ncrs-tabs" aria-label="Ways to search">
            <ul class="ncrs-tabs__list">{items}</ul>
        </nav>
    }
    .into_any()
}
