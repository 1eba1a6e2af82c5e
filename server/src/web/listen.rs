//! Listens, and lets nobody keep a connection by being slow.
//!
//! | what a client does slowly               | how long it may                         |
//! |-----------------------------------------|-----------------------------------------|
//! | says nothing, or its TLS greeting       | `header`                                |
//! | sends the head of a request, HTTP/1     | `header`, also between two requests     |
//! | sends the body                          | `body`, all of it ([`super::bounds`])   |
//! | waits, and reads nothing of the answer  | `body`                                  |
//! | is gone, HTTP/2                         | `header`, and as long for the last ping |
//!
//! Whoever sends or takes something again and again keeps the connection: a slow phone is no attack.

use crate::settings::Limits;
use axum::Router;
use axum_server::accept::Accept;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use axum_server::{Handle, Server};
use hyper_util::rt::TokioTimer;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_io_timeout::TimeoutStream;
use tower_http::add_extension::AddExtension;

/// Serves until the handle says that it is over.
///
/// # Errors
/// Where it cannot listen.
pub async fn serve(
    listener: std::net::TcpListener,
    tls: Option<RustlsConfig>,
    limits: &Limits,
    handle: Handle<SocketAddr>,
    app: Router,
) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let server = axum_server::from_tcp(listener)?.handle(handle);
    let gate = Gate::new(limits);
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    match tls {
        Some(config) => {
            let tls = RustlsAcceptor::new(config)
                .handshake_timeout(limits.header)
                .acceptor(gate);
            bounded(server.acceptor(tls), limits).serve(app).await
        }
        None => bounded(server.acceptor(gate), limits).serve(app).await,
    }
}

fn bounded<A>(mut server: Server<SocketAddr, A>, limits: &Limits) -> Server<SocketAddr, A> {
    let builder = server.http_builder();
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(limits.header)
        .keep_alive_timeout(limits.header)
        .max_concurrent_streams(100);
    server
}

/// What a connection passes first: there are so many, and each has to say something.
#[derive(Clone, Debug)]
struct Gate {
    connections: Arc<Semaphore>,
    /// Until the first byte.
    greeting: Duration,
    /// Without a byte from there: longer than an answer may take.
    silence: Duration,
    /// Without a byte taken there.
    stall: Duration,
}

impl Gate {
    fn new(limits: &Limits) -> Self {
        Self {
            connections: Arc::new(Semaphore::new(limits.connections)),
            greeting: limits.header,
            silence: limits.header + limits.body + limits.answer,
            stall: limits.body,
        }
    }
}

type Slow = Pin<Box<TimeoutStream<TcpStream>>>;
/// Goes with the connection, and makes room for another when it ends.
type Room = Arc<OwnedSemaphorePermit>;

impl<S: Send + 'static> Accept<TcpStream, S> for Gate {
    type Stream = Slow;
    type Service = AddExtension<S, Room>;
    type Future = Pin<Box<dyn Future<Output = io::Result<(Self::Stream, Self::Service)>> + Send>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let gate = self.clone();
        Box::pin(async move {
            let Ok(room) = gate.connections.try_acquire_owned() else {
                tracing::warn!("a connection was turned away: there are too many");
                return Err(io::ErrorKind::ConnectionRefused.into());
            };
            tokio::time::timeout(gate.greeting, stream.peek(&mut [0])).await??;
            let _small_answers_at_once = stream.set_nodelay(true);
            let mut stream = TimeoutStream::new(stream);
            stream.set_read_timeout(Some(gate.silence));
            stream.set_write_timeout(Some(gate.stall));
            Ok((Box::pin(stream), AddExtension::new(service, Arc::new(room))))
        })
    }
}
