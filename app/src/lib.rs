//! What the service is: its screens, the typed calls between the device and the server, and the
//! ports through which it meets both. No browser and no database: `frontend` and `server` are the
//! adapters on either side.

pub mod api;
pub mod components;
pub mod device;
pub mod keeping;
pub mod late;
pub mod lock;
pub mod ports;
pub mod problem;
pub mod routes;
pub mod screens;
pub mod session;
#[cfg(feature = "ssr")]
pub mod shell;

pub use routes::App;
#[cfg(feature = "ssr")]
pub use shell::shell;
