//! Finding a patient, and choosing one.
#![expect(
    missing_docs,
    reason = "the server macro makes a struct of each call's arguments"
)]

use crate::api::ContextKey;
use crate::api::client::AppClient;
use crate::problem::Problem;
use domain::NhsNumber;
use domain::ids::{ContextId, TabId};
use domain::search::{SearchForm, SearchOutcome};
use leptos::prelude::*;
use leptos::server_fn::codec::Json;
use serde::{Deserialize, Serialize};

/// From where a patient was chosen (DOMAIN section 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// From the answer to a search.
    Search,
    /// From the visit list.
    Visit,
}

/// Finds patients. Every patient that it returns is audited as accessed.
///
/// # Errors
/// `SignedOut`, `NoRole`, `RoleForbids` (B0264, or B0098 by postcode), `Invalid`, `TooMany`.
#[server(prefix = "/api", endpoint = "patients/find", input = Json, output = Json, client = AppClient)]
pub async fn find_patients(form: SearchForm) -> Result<SearchOutcome, Problem> {
    crate::ports::finding()?.find(form).await
}

/// Opens a patient in this tab, and closes the one that was open in it.
///
/// # Errors
/// `SignedOut`, `NoRole`, `RoleForbids` (B0264), `NotFound`.
#[server(prefix = "/api", endpoint = "patients/open", input = Json, output = Json, client = AppClient)]
pub async fn open_patient(
    nhs_number: NhsNumber,
    tab: TabId,
    origin: Origin,
) -> Result<ContextId, Problem> {
    crate::ports::finding()?.open(nhs_number, tab, origin).await
}

/// Closes the patient. Closing what is closed is no error.
///
/// # Errors
/// `SignedOut`.
#[server(prefix = "/api", endpoint = "patients/close", input = Json, output = Json, client = AppClient)]
pub async fn close_patient(key: ContextKey) -> Result<(), Problem> {
    crate::ports::finding()?.close(key).await
}
