//! How the calls are sent: as a browser does, saying which version of the app asks from which screen, for
//! the audit, and whom the page believes to be signed in, so that nothing is done in another's name.

use domain::ids::PersonId;
use futures_util::{Sink, Stream};
use leptos::server_fn::Bytes;
use leptos::server_fn::client::Client;
use leptos::server_fn::client::browser::BrowserClient;
use leptos::server_fn::error::FromServerFnError;
use leptos::server_fn::request::browser::BrowserRequest;
use leptos::server_fn::response::browser::BrowserResponse;
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::rc::Rc;

/// The header by which every answer of the service can be recognised, with the service's version.
///
/// What stands between a device and the service answers too: the sign-in page of a Wi-Fi network, a
/// block page, a proxy's error. None of that says anything about versions, sessions or refusals: the
/// device takes it for no answer at all.
pub const SERVICE_HEADER: &str = "x-ncrs-service";

/// The header in which the app tells its version.
pub const VERSION_HEADER: &str = "x-ncrs-version";
/// The header in which the app tells which of its screens asks.
pub const SCREEN_HEADER: &str = "x-ncrs-screen";
/// The header in which the app tells whom its page believes to be signed in, by their id. It is not there
/// where the page shows nobody.
pub const PERSON_HEADER: &str = "x-ncrs-person";

thread_local! {
    /// The address of the screen. The browser's own follows only once the next screen is there, and
    /// that has asked by then.
    static HERE: RefCell<String> = const { RefCell::new(String::new()) };
    /// Whom the page believes to be signed in.
    static PERSON: Cell<Option<PersonId>> = const { Cell::new(None) };
    /// What to do where an answer says that the session is not what the page takes it for.
    static HEARD: RefCell<Option<Tell>> = const { RefCell::new(None) };
}

/// Called with what an answer said of the session.
type Tell = Rc<dyn Fn(Heard)>;

/// What an answer said of the session, whatever had been asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// It is locked.
    Locked,
    /// It is another person's.
    OtherPerson,
}

/// From now on the page believes this person to be signed in.
pub(crate) fn believe(person: Option<PersonId>) {
    PERSON.set(person);
}

/// Calls back when an answer says something of the session.
pub(crate) fn on_heard(tell: impl Fn(Heard) + 'static) {
    HEARD.set(Some(Rc::new(tell)));
}

/// An answer said that.
pub(crate) fn hear(heard: Heard) {
    let tell = HEARD.with_borrow(Clone::clone);
    if let Some(tell) = tell {
        tell(heard);
    }
}

fn here() -> String {
    let here = HERE.with_borrow(Clone::clone);
    if here.is_empty() {
        let location = leptos::prelude::window().location();
        location.pathname().unwrap_or_default()
    } else {
        here
    }
}

/// The screen at that address is shown from now on.
pub(crate) fn arrive_at(path: String) {
    HERE.set(path);
}

/// The client of every call.
pub struct AppClient;

impl<Error, Input, Output> Client<Error, Input, Output> for AppClient
where
    Error: FromServerFnError,
    Input: FromServerFnError,
    Output: FromServerFnError,
{
    type Request = BrowserRequest;
    type Response = BrowserResponse;

    fn send(
        request: BrowserRequest,
    ) -> impl Future<Output = Result<BrowserResponse, Error>> + Send {
        let headers = request.headers();
        headers.set(VERSION_HEADER, env!("CARGO_PKG_VERSION"));
        headers.set(SCREEN_HEADER, &screen(&here()));
        if let Some(person) = PERSON.get() {
            headers.set(PERSON_HEADER, &person.to_string());
        }
        <BrowserClient as Client<Error, Input, Output>>::send(request)
    }

    fn open_websocket(
        path: &str,
    ) -> impl Future<
        Output = Result<
            (
                impl Stream<Item = Result<Bytes, Bytes>> + Send + 'static,
                impl Sink<Bytes> + Send + 'static,
            ),
            Error,
        >,
    > + Send {
        <BrowserClient as Client<Error, Input, Output>>::open_websocket(path)
    }

    fn spawn(future: impl Future<Output = ()> + Send + 'static) {
        <BrowserClient as Client<Error, Input, Output>>::spawn(future);
    }
}

/// The name of the screen at an address: without the ids in it, which all have digits.
fn screen(path: &str) -> String {
    let words: Vec<_> = path
        .split('/')
        .filter(|word| !word.is_empty() && !word.contains(|c: char| c.is_ascii_digit()))
        .collect();
    if words.is_empty() {
        "start".to_owned()
    } else {
        words.join("/")
    }
}

#[cfg(test)]
mod tests {
    use super::screen;

    #[test]
    fn the_name_of_a_screen_has_no_ids() {
        assert_eq!(screen("/"), "start");
        assert_eq!(
            screen("/record/0192f7a0-6f5c-7c2e-9f57-8d1b0c4f2a11/summary"),
            "record/summary"
        );
        assert_eq!(screen("/find/basic"), "find/basic");
    }
}
