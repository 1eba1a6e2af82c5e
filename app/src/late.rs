//! The screens that a browser fetches after the first page, so that sign-in does not wait for
//! them. They come in two parts: what a person needs to find a patient, and the record.

use crate::components::button::Progress;
use crate::components::problem::ProblemView;
use crate::problem::{Kind, Problem};
use leptos::prelude::*;
use leptos::wasm_split::{SplitLoaderError, wasm_split};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

/// A part of the app that is fetched by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The choice of role, the account, and finding a patient.
    Work,
    /// The record of a patient.
    Record,
}

impl Part {
    /// Every part, in the order in which a person needs them.
    pub const ALL: [Self; 2] = [Self::Work, Self::Record];

    /// The part that the screen at an address is in, unless it came with the first page.
    pub fn at(path: &str) -> Option<Self> {
        match path.split('/').nth(1)? {
            "role" | "account" | "find" => Some(Self::Work),
            "record" => Some(Self::Record),
            _ => None,
        }
    }

    /// The name of its file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Work => "work",
            Self::Record => "record",
        }
    }

    /// Fetches it, if that was not done yet.
    ///
    /// # Errors
    /// Where it could not be fetched. The next time may be luckier.
    pub async fn fetch(self) -> Result<(), SplitLoaderError> {
        match self {
            Self::Work => fetch_work().await,
            Self::Record => fetch_record().await,
        }
    }
}

#[wasm_split(work, wasm_split_path = leptos::wasm_split, preload(fetch_work), fallible)]
fn _work() -> Result<(), SplitLoaderError> {
    Ok(())
}

#[wasm_split(record, wasm_split_path = leptos::wasm_split, preload(fetch_record), fallible)]
fn _record() -> Result<(), SplitLoaderError> {
    Ok(())
}

/// Gives each screen a function of its own that shows it once its part is there.
macro_rules! late {
    ($part:ident of $whole:expr; $($name:ident => $screen:path;)*) => {$(
        #[doc = concat!("See [`", stringify!($screen), "`].")]
        pub fn $name() -> AnyView {
            #[wasm_split($part, wasm_split_path = leptos::wasm_split, fallible)]
            fn $name() -> Result<AnyView, SplitLoaderError> {
                Ok($screen())
            }
            arrive($whole, || Box::pin($name()))
        }
    )*};
}

/// Before and around the work, and finding a patient.
pub mod work {
    use super::*;
    use crate::screens::{account, find, role};

    late! { work of Part::Work;
        choose_role => role::screen;
        passkeys => account::screen;
        find_as_last => find::last_used;
        find_nhs_number => find::nhs_number;
        find_basic => find::basic;
        find_advanced => find::advanced;
        find_postcode => find::postcode;
    }
}

/// The record of a patient.
pub mod record {
    use super::*;
    use crate::screens::record::{self, adjustments};

    late! { record of Part::Record;
        frame => record::frame;
        overview => record::overview::screen;
        details => record::details::screen;
        summary => record::summary::screen;
        adjustments => adjustments::screen;
        history => adjustments::history;
        create => adjustments::create;
        add => adjustments::add;
        remove_part => adjustments::remove_part;
        remove_flag => adjustments::remove_flag;
    }
}

type Screen = Pin<Box<dyn Future<Output = Result<AnyView, SplitLoaderError>>>>;

/// The screen, if it is here already: always on the server, nearly always in a browser.
fn now(screen: Screen) -> Option<Result<AnyView, SplitLoaderError>> {
    match pin!(screen).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(screen) => Some(screen),
        Poll::Pending => None,
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Arrival {
    Underway,
    Here,
    Failed,
}

fn arrive(part: Part, screen: fn() -> Screen) -> AnyView {
    if let Some(Ok(screen)) = now(screen()) {
        return screen;
    }
    let arrival = RwSignal::new(Arrival::Underway);
    let fetch = move |()| {
        arrival.set(Arrival::Underway);
        leptos::task::spawn_local(async move {
            let there = part.fetch().await.is_ok();
            arrival.try_set(if there {
                Arrival::Here
            } else {
                Arrival::Failed
            });
        });
    };
    fetch(());
    let again = Callback::new(fetch);
    (move || match arrival.get() {
        Arrival::Underway => meanwhile(view! { <Progress text="Loading" /> }.into_any()),
        Arrival::Here => match now(screen()) {
            Some(Ok(screen)) => screen,
            _ => ().into_any(),
        },
        Arrival::Failed => {
            let problem = Problem::new(Kind::Unreachable);
            meanwhile(view! { <ProblemView problem again /> }.into_any())
        }
    })
    .into_any()
}

/// In the place of the screen.
fn meanwhile(content: AnyView) -> AnyView {
    view! {
        <main class="ncrs-main nhsuk-width-container" id="maincontent" tabindex="-1">
            {content}
        </main>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::Part;

    #[test]
    fn the_first_page_needs_no_part() {
        assert_eq!(Part::at("/"), None);
        assert_eq!(Part::at("/sign-in"), None);
        assert_eq!(Part::at("/enrol"), None);
        assert_eq!(Part::at("/find/basic"), Some(Part::Work));
        assert_eq!(Part::at("/role"), Some(Part::Work));
        assert_eq!(Part::at("/record/x/summary"), Some(Part::Record));
    }
}
