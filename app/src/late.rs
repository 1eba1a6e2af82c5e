//! The screens that a browser fetches after the first page, so that sign-in does not wait for
//! them. They come in parts: what a person needs to find a patient, the record, what is kept on the
//! device, and the office: the work of a Registration Authority, of who answers for an
//! organisation, and of privacy officers.
//!
//! They are few, because what some of them have in common is a file of its own for every such set of
//! parts, and each file costs a phone more time than its size says.

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
    /// What is kept on the device.
    Keep,
    /// Registering staff, what organisations have to show, alerts, and who looked at what.
    Office,
}

impl Part {
    /// What is fetched ahead, in the order in which a person needs it. Few register staff or work on
    /// alerts: what they need comes when they ask for it.
    pub const AHEAD: [Self; 3] = [Self::Keep, Self::Work, Self::Record];

    /// The part that the screen at an address is in, unless it came with the first page.
    pub fn at(path: &str) -> Option<Self> {
        match path.split('/').nth(1)? {
            "role" | "someone-else" | "account" | "find" | "visits" | "device" => Some(Self::Work),
            "record" | "changes" => Some(Self::Record),
            "staff" | "readiness" | "approvals" | "privacy" | "activity" => Some(Self::Office),
            _ => None,
        }
    }

    /// The name of its file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Work => "work",
            Self::Record => "record",
            Self::Keep => "keep",
            Self::Office => "office",
        }
    }

    /// Fetches it, if that was not done yet.
    ///
    /// # Errors
    /// Where it could not be fetched. The next time may be luckier.
    pub async fn fetch(self) -> Result<(), SplitLoaderError> {
        match self {
            Self::Work => work::fetch().await,
            Self::Record => record::fetch().await,
            Self::Keep => keep::fetch().await,
            Self::Office => office::fetch().await,
        }
    }
}

/// Makes one function of the screens of a part, which is where the app is split, and for each of
/// them a function that shows it as soon as the part is here. Once for a part: a second place where the
/// app is split would have to be fetched by itself, though it is in the same file.
macro_rules! late {
    ($part:ident as $file:ident: $($screen:path as $name:ident,)*) => {
        #[derive(Clone, Copy)]
        #[expect(non_camel_case_types, reason = "named like the functions")]
        pub(super) enum Screen {
            $($name,)*
        }

        #[wasm_split($file, wasm_split_path = leptos::wasm_split, preload(fetch), fallible)]
        pub(super) fn show(screen: Screen) -> Result<AnyView, SplitLoaderError> {
            Ok(match screen {
                $(Screen::$name => $screen(),)*
            })
        }

        $(
            #[doc = concat!("[`", stringify!($screen), "`]")]
            pub fn $name() -> AnyView {
                arrive(Part::$part, || Box::pin(show(Screen::$name)))
            }
        )*
    };
}

/// Before and around the work, and finding a patient.
pub mod work {
    use super::*;
    use crate::screens::{account, find, role, someone_else, this_device, visits};

    late! { Work as work:
        role::screen as choose_role,
        someone_else::screen as someone_else,
        account::screen as passkeys,
        find::last_used as find_as_last,
        find::nhs_number as find_nhs_number,
        find::basic as find_basic,
        find::advanced as find_advanced,
        find::postcode as find_postcode,
        visits::screen as visits,
        this_device::screen as this_device,
    }
}

/// The record of a patient, and the changes to it that wait.
pub mod record {
    use super::*;
    use crate::screens::changes;
    use crate::screens::record::{self, adjustments};

    late! { Record as record:
        record::frame as frame,
        record::overview::screen as overview,
        record::details::screen as details,
        record::summary::screen as summary,
        adjustments::screen as adjustments,
        adjustments::history as history,
        adjustments::create as create,
        adjustments::add as add,
        adjustments::remove_part as remove_part,
        adjustments::remove_flag as remove_flag,
        changes::screen as changes,
    }
}

/// Registering staff, what organisations have to show, alerts and the work on them, and who looked at what.
pub mod office {
    use super::*;
    use crate::screens::privacy::{alert, logs, queue, report, tasks};
    use crate::screens::{readiness, registration};

    late! { Office as office:
        registration::list as staff,
        registration::invite as invite,
        registration::person as person,
        readiness::checklist as checklist,
        readiness::step as step,
        readiness::approvals as approvals,
        readiness::decision as decision,
        queue::screen as alerts,
        alert::screen as alert,
        report::screen as report,
        tasks::screen as tasks,
        logs::own as own_log,
        logs::patient as patient_log,
    }
}

/// What is kept on the device: no screen, but the work behind some.
pub mod keep {
    use super::*;
    use crate::keeping::work::Keeper;
    use crate::keeping::{Engine, Keeping};
    use std::rc::Rc;

    #[wasm_split(keep, wasm_split_path = leptos::wasm_split, preload(fetch), fallible)]
    pub(super) fn start(keeping: Keeping) -> Result<Option<Rc<dyn Engine>>, SplitLoaderError> {
        Ok(Keeper::engine(keeping))
    }

    /// The engine of this page; `None` where its code cannot be fetched.
    pub async fn engine(keeping: Keeping) -> Option<Rc<dyn Engine>> {
        start(keeping).await.ok().flatten()
    }
}

type Coming = Pin<Box<dyn Future<Output = Result<AnyView, SplitLoaderError>>>>;

/// The screen, if it is here already: always on the server, nearly always in a browser.
fn now(screen: Coming) -> Option<Result<AnyView, SplitLoaderError>> {
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

fn arrive(part: Part, screen: fn() -> Coming) -> AnyView {
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
    (move || {
        let arrival = arrival.get();
        let here = (arrival == Arrival::Here).then(|| now(screen())).flatten();
        match here {
            Some(Ok(screen)) => screen,
            None if arrival == Arrival::Underway => {
                meanwhile(view! { <Progress text="Loading" /> }.into_any())
            }
            _ => {
                let problem = Problem::new(Kind::Unreachable);
                meanwhile(view! { <ProblemView problem again /> }.into_any())
            }
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
        assert_eq!(Part::at("/staff/invite"), Some(Part::Office));
        assert_eq!(Part::at("/readiness/dspt"), Some(Part::Office));
        assert_eq!(Part::at("/approvals"), Some(Part::Office));
        assert_eq!(Part::at("/privacy/alert/x"), Some(Part::Office));
        assert_eq!(Part::at("/activity"), Some(Part::Office));
    }
}
