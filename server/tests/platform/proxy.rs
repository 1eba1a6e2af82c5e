//! Something between the service and its database that does what networks do.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use url::Url;

/// What it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Network {
    /// Passes everything on.
    Works,
    /// Takes what is said on connections that are there, and passes nothing on in either way.
    Swallows,
    /// Cuts the connection when a commit is about to arrive.
    CutsBeforeCommit,
    /// Passes a commit on, and cuts the connection before its answer.
    CutsAfterCommit,
    /// Passes a commit on, and then says nothing.
    SwallowsAfterCommit,
}

pub(crate) struct Proxy {
    state: Arc<AtomicU8>,
    commits: Arc<AtomicUsize>,
    cut: watch::Sender<u64>,
    /// The database, through it.
    pub(crate) url: String,
}

impl Proxy {
    pub(crate) async fn before(database: &str) -> Self {
        let mut url: Url = database.parse().unwrap();
        let behind = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap_or(5432));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        url.set_host(Some("127.0.0.1")).unwrap();
        url.set_port(Some(port)).unwrap();
        let state = Arc::new(AtomicU8::new(0));
        let commits = Arc::new(AtomicUsize::new(0));
        let (cut, cuts) = watch::channel(0);
        let (shared, counted) = (state.clone(), commits.clone());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(&behind).await.unwrap();
                let _ = client.set_nodelay(true);
                let _ = server.set_nodelay(true);
                let mut cuts = cuts.clone();
                cuts.mark_unchanged();
                let (state, commits) = (shared.clone(), counted.clone());
                tokio::spawn(async move {
                    tokio::select! {
                        () = pass(client, server, state, commits) => {}
                        _ = cuts.changed() => {}
                    }
                });
            }
        });
        Self {
            state,
            commits,
            cut,
            url: url.into(),
        }
    }

    pub(crate) fn set(&self, network: Network) {
        self.state.store(network as u8, Ordering::SeqCst);
    }

    /// Cuts every connection that there is.
    pub(crate) fn cut(&self) {
        self.cut.send_modify(|cuts| *cuts += 1);
    }

    /// How many commits were lost, or their answers.
    pub(crate) fn lost_commits(&self) -> usize {
        self.commits.load(Ordering::SeqCst)
    }
}

async fn pass(
    mut client: TcpStream,
    mut server: TcpStream,
    state: Arc<AtomicU8>,
    commits: Arc<AtomicUsize>,
) {
    let is = |network: Network| state.load(Ordering::SeqCst) == network as u8;
    let (mut asked, mut answered) = ([0; 16 * 1024], [0; 16 * 1024]);
    // Connections that come later find a network that works.
    let old = is(Network::Works);
    let mut silent = false;
    loop {
        let swallows = silent || (old && is(Network::Swallows));
        tokio::select! {
            read = client.read(&mut asked) => {
                let Ok(length @ 1..) = read else { return };
                let bytes = &asked[..length];
                let commit = bytes.windows(6).any(|word| word == b"COMMIT");
                // One is enough: whoever tries again gets through.
                let once = |network: Network| {
                    let taken = state.compare_exchange(
                        network as u8, Network::Works as u8, Ordering::SeqCst, Ordering::SeqCst,
                    );
                    if taken.is_ok() {
                        commits.fetch_add(1, Ordering::SeqCst);
                    }
                    taken.is_ok()
                };
                if commit && once(Network::CutsBeforeCommit) {
                    return;
                }
                if !swallows && server.write_all(bytes).await.is_err() {
                    return;
                }
                if commit && once(Network::CutsAfterCommit) {
                    // It has it, and answers nobody.
                    let _ = server.read(&mut answered).await;
                    return;
                }
                if commit && once(Network::SwallowsAfterCommit) {
                    silent = true;
                }
            }
            read = server.read(&mut answered) => {
                let Ok(length @ 1..) = read else { return };
                if !swallows && client.write_all(&answered[..length]).await.is_err() {
                    return;
                }
            }
        }
    }
}
