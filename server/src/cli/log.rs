//! The log.

use server::settings::{LogFormat, Settings};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::reload::Handle;

/// Changes what is logged while the program runs.
pub(crate) struct Log {
    set: Box<dyn Fn(EnvFilter) -> Result<(), String> + Send + Sync>,
}

impl Log {
    /// Logs what the settings say now.
    pub(crate) fn set(&self, settings: &Settings) {
        let set = EnvFilter::try_new(&settings.log)
            .map_err(|error| error.to_string())
            .and_then(|filter| (self.set)(filter));
        match set {
            Ok(()) => tracing::info!(log = settings.log, "the log was set"),
            Err(error) => tracing::error!(error, "the log stays as it was"),
        }
    }
}

fn changed_by<S: 'static>(handle: Handle<EnvFilter, S>) -> Log {
    Log {
        set: Box::new(move |filter| handle.reload(filter).map_err(|error| error.to_string())),
    }
}

/// Begins to log to the standard error, as it was set. Where a program panics is logged; what it
/// said is not, as it may quote a patient.
pub(crate) fn begin(settings: &Settings) -> Log {
    // It was checked with the settings.
    let filter = EnvFilter::try_new(&settings.log).unwrap_or_default();
    let log = tracing_subscriber::fmt().with_writer(std::io::stderr);
    let handle = match settings.log_format {
        LogFormat::Text => {
            let log = log.with_env_filter(filter).with_filter_reloading();
            let handle = changed_by(log.reload_handle());
            log.init();
            handle
        }
        LogFormat::Json => {
            let log = log
                .json()
                .flatten_event(true)
                .with_span_list(false)
                .with_env_filter(filter)
                .with_filter_reloading();
            let handle = changed_by(log.reload_handle());
            log.init();
            handle
        }
    };
    std::panic::set_hook(Box::new(|panic| {
        let place = panic
            .location()
            .map(ToString::to_string)
            .unwrap_or_default();
        tracing::error!(place, "panicked");
    }));
    handle
}
