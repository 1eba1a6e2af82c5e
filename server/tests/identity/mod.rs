//! Identity, as browsers meet it.

mod account;
mod accountability;
mod carried_on;
mod enrolment;
mod files;
mod headers;
mod kinds;
mod limits;
mod locking;
mod passkeys;
mod roles;
mod sessions;
mod sign_in;
mod step_up;

use app::problem::{Kind, Problem};

/// What kind of problem it was.
fn kind<T: std::fmt::Debug>(outcome: Result<T, Problem>) -> Kind {
    outcome.expect_err("a refusal").kind
}
