//! Listening, accepting, and the end.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::connections::Connections;
use super::service::{Service, Shared};
use super::{Handler, Limits, Token, connection};
use crate::Logs;
use crate::telemetry::{Field, Level, Log, Metrics};

/// Connections that may wait to be accepted. The kernel has a limit of its own, often 4096.
const BACKLOG: u32 = 4096;
/// How long accepting pauses when the process has no descriptors left.
const PAUSE: Duration = Duration::from_millis(50);
/// What a client gets for whom there is no place.
const NO_PLACE: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

/// Where to listen, and whom to let in there.
#[derive(Debug, Clone)]
pub struct Listen {
    /// The address; port 0 takes a free one.
    pub address: SocketAddr,
    /// What clients must know.
    pub token: Option<Token>,
}

/// How a server is set up.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where it listens. Functions call back at an address of their own on loopback, without a token: their
    /// credentials are for AWS.
    pub listen: Vec<Listen>,
    /// Whether addresses other than loopback may be without a token.
    pub insecure: bool,
    /// What clients may send and hold.
    pub limits: Limits,
    /// What is counted; others count here too.
    pub metrics: Arc<Metrics>,
    /// What functions wrote, at `/_faastlane/logs`.
    pub logs: Arc<Logs>,
    /// Where requests and problems are told.
    pub log: Log,
}

/// Why a server does not listen.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Anybody could reach it.
    #[error(
        "{0} can be reached by others, who could start executions and read results: \
         give --token, or --insecure if the network is to be trusted"
    )]
    Open(SocketAddr),
    /// The address cannot be had.
    #[error(
        "cannot listen on {address}: {source}. Another server may be there: choose another --port"
    )]
    Address {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
}

/// A server that listens.
pub struct Server {
    listeners: Vec<(TcpListener, Service)>,
    connections: Arc<Connections>,
    limits: Limits,
    log: Log,
}

impl Server {
    /// Listens on all addresses. Called within a tokio runtime. Clients may connect from now on, and are answered
    /// by `handler` from [`run`](Self::run) on.
    ///
    /// # Errors
    /// If an address cannot be had, or would be open to others.
    pub fn bind(options: Options, handler: &Arc<dyn Handler>) -> Result<Self, BindError> {
        let Options { listen, insecure, mut limits, metrics, logs, log } = options;
        limits.connections = places(limits.connections);
        let connections = Connections::new(limits.clone());
        let mut listeners = Vec::with_capacity(listen.len());
        for Listen { address, token } in listen {
            if token.is_none() && !insecure && !is_loopback(address.ip()) {
                return Err(BindError::Open(address));
            }
            let listener =
                bound(address).map_err(|source| BindError::Address { address, source })?;
            let shared = Shared {
                handler: handler.clone(),
                token,
                limits: limits.clone(),
                metrics: metrics.clone(),
                logs: logs.clone(),
                connections: connections.clone(),
                log: log.clone(),
            };
            listeners.push((listener, Service(Arc::new(shared))));
        }
        Ok(Self { listeners, connections, limits, log })
    }

    /// The addresses that it listens on, in the order of the options, with the ports taken.
    #[must_use]
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.listeners.iter().filter_map(|(listener, _)| listener.local_addr().ok()).collect()
    }

    /// Answers requests until `shutdown` is there; then takes no more connections and finishes what has begun, for
    /// [`Limits::drain_time`] at most. Returns how many connections were cut off then.
    pub async fn run(self, shutdown: impl Future<Output = ()>) -> usize {
        let Self { listeners, connections, limits, log } = self;
        let (ending, ended) = watch::channel(false);
        let mut tasks = JoinSet::new();
        for (listener, service) in listeners {
            let acceptor = Acceptor {
                listener,
                service,
                connections: connections.clone(),
                ended: ended.clone(),
                log: log.clone(),
            };
            tasks.spawn(acceptor.run());
        }
        tasks.spawn(sweep(connections.clone(), limits.sweep()));
        shutdown.await;
        // Acceptors end at once; the sweep goes on below for those who are slow now.
        ending.send_replace(true);
        let _ = tokio::time::timeout(limits.drain_time, connections.closed()).await;
        tasks.shutdown().await;
        let left = connections.count();
        connections.end_all();
        left
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("addresses", &self.addresses()).finish_non_exhaustive()
    }
}

fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

fn bound(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // A port that an ended server had may be taken again at once.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

async fn sweep(connections: Arc<Connections>, period: Duration) {
    let mut ticks = tokio::time::interval(period);
    loop {
        ticks.tick().await;
        connections.sweep();
    }
}

/// What takes the connections of one address.
struct Acceptor {
    listener: TcpListener,
    service: Service,
    connections: Arc<Connections>,
    ended: watch::Receiver<bool>,
    log: Log,
}

impl Acceptor {
    async fn run(mut self) {
        loop {
            let mut ended = self.ended.clone();
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                _ = ended.wait_for(|ended| *ended) => return,
            };
            match accepted {
                Ok((stream, _)) => self.take(stream).await,
                Err(error) => self.pause(&error).await,
            }
        }
    }

    async fn take(&mut self, stream: TcpStream) {
        let Some(place) = self.connections.place().await else {
            // If not even this fits into the socket's buffer, the client gets nothing.
            let _ = stream.try_write(NO_PLACE);
            let fields = [("connections", Field::Count(self.connections.count() as u64))];
            self.log.write(Level::Warn, "connection refused: all others are at work", &fields);
            return;
        };
        // Only delays answers if it fails.
        let _ = stream.set_nodelay(true);
        let (service, ended) = (self.service.clone(), self.ended.clone());
        tokio::spawn(connection::serve(stream, place, service, ended));
    }

    /// After an error that is not the client's. Without descriptors, one is made free.
    async fn pause(&mut self, error: &io::Error) {
        if error.kind() == io::ErrorKind::ConnectionAborted {
            return;
        }
        let error = error.to_string();
        self.log.write(Level::Warn, "cannot accept", &[("error", Field::Text(&error))]);
        self.connections.end_quietest();
        tokio::time::sleep(PAUSE).await;
    }
}

/// How many connections there can be: `wanted` at most, and as many as the process may open files, less those that
/// the server needs itself. Raises the process's soft limit as far as that is enough; processes that it starts inherit it.
fn places(wanted: usize) -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    const OWN: u64 = 256;
    let needed = wanted as u64 + OWN;
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let Some(mut soft) = current else { return wanted };
    if soft < needed {
        let raised = maximum.map_or(needed, |hard| hard.min(needed));
        let limit = Rlimit { current: Some(raised), maximum };
        if raised > soft && setrlimit(Resource::Nofile, limit).is_ok() {
            soft = raised;
        }
    }
    let places = soft.saturating_sub(OWN).max(soft / 2);
    usize::try_from(places).unwrap_or(wanted).clamp(1, wanted.max(1))
}
