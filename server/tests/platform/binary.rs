//! `ncrs` as a process of its own.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// `ncrs serve`, until it is dropped.
pub(crate) struct Service {
    child: Child,
    log: Arc<Mutex<Vec<String>>>,
}

/// Longer than this, and it will not happen.
pub(crate) const SOON: Duration = Duration::from_secs(60);

impl Service {
    /// Starts it on a port of its own.
    pub(crate) fn start(database: &str, settings: &[(&str, &str)]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_ncrs"))
            .arg("serve")
            .env("NCRS_DATABASE_URL", database)
            .env("NCRS_ADDR", "127.0.0.1:0")
            .env("NCRS_SITE_ROOT", "../public")
            .env_remove("NCRS_LOG")
            .env_remove("NCRS_CONFIG")
            .env_remove("NCRS_AUDIT_HEADS")
            .env_remove("NCRS_AUDIT_KEY")
            .envs(settings.iter().copied())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = Arc::new(Mutex::new(Vec::new()));
        let (lines, kept) = (
            BufReader::new(child.stderr.take().unwrap()).lines(),
            log.clone(),
        );
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                kept.lock().unwrap().push(line);
            }
        });
        Self { child, log }
    }

    pub(crate) fn logged(&self, text: &str) -> usize {
        let log = self.log.lock().unwrap();
        log.iter().filter(|line| line.contains(text)).count()
    }

    /// Where it listens, once it does.
    pub(crate) async fn address(&mut self) -> SocketAddr {
        super::until("it starts", SOON, async || {
            assert!(self.runs(), "{:?}", self.log.lock().unwrap());
            self.logged("the service starts") > 0
        })
        .await;
        let log = self.log.lock().unwrap();
        let line = log.iter().find(|line| line.contains("the service starts"));
        // The log may be coloured.
        let line: String = line
            .unwrap()
            .replace("\u{1b}[3m", "")
            .replace("\u{1b}[0m", "")
            .replace("\u{1b}[2m", "");
        let (_, rest) = line.split_once("address=").unwrap();
        rest.split_whitespace().next().unwrap().parse().unwrap()
    }

    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args(["-s", name, &self.child.id().to_string()])
            .status();
        assert!(sent.unwrap().success());
    }

    pub(crate) fn runs(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Waits for its end, and whether it was a good one.
    pub(crate) async fn ends(&mut self) -> bool {
        super::until("it ends", SOON, async || !self.runs()).await;
        self.child.wait().unwrap().success()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
