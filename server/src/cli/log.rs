//! The log.

use server::settings::{LogFormat, Settings};
use tracing_subscriber::EnvFilter;

/// Begins to log to the standard error, as it was set. Where a program panics is logged; what it
/// said is not, as it may quote a patient.
pub(crate) fn begin(settings: &Settings) {
    // It was checked with the settings.
    let filter = EnvFilter::try_new(&settings.log).unwrap_or_default();
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    match settings.log_format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().flatten_event(true).with_span_list(false).init(),
    }
    std::panic::set_hook(Box::new(|panic| {
        let place = panic
            .location()
            .map(ToString::to_string)
            .unwrap_or_default();
        tracing::error!(place, "panicked");
    }));
}
