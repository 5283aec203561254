//! Resolver that passes only addresses the network guard allows. The connector gets nothing else, and nobody resolves
//! again.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};
use std::pin::Pin;
use std::sync::Arc;
use std::thread;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::{Semaphore, oneshot};

use super::network_guard::{ForbiddenNetwork, NetworkGuard};

pub type AddressLookup = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Resolver of host names.
pub trait Resolver: Send + Sync {
    fn lookup(&self, name: String) -> AddressLookup;
}

/// The system's resolver, on threads of its own: a name server that does not answer holds up nobody who waits for the
/// disk.
pub struct SystemResolver {
    threads: Arc<Semaphore>,
}

impl SystemResolver {
    /// At most so many lookups at once; one that was given up counts until the system is done with it.
    pub fn new(at_once: usize) -> Self {
        Self { threads: Arc::new(Semaphore::new(at_once)) }
    }
}

impl Resolver for SystemResolver {
    fn lookup(&self, name: String) -> AddressLookup {
        let threads = Arc::clone(&self.threads);
        Box::pin(async move {
            let permit = threads.acquire_owned().await.map_err(io::Error::other)?;
            let (sender, found) = oneshot::channel();
            thread::Builder::new().name("webhook-names".into()).spawn(move || {
                let addresses = (name.as_str(), 0).to_socket_addrs();
                // Who gave up waiting does not want to know.
                let _ = sender.send(addresses.map(|found| found.map(|address| address.ip()).collect()));
                drop(permit);
            })?;
            found.await.map_err(io::Error::other)?
        })
    }
}

/// Resolver of the HTTP connector: passes only addresses that the guard allows.
pub(super) struct GuardedResolver {
    pub guard: NetworkGuard,
    pub lookup: Arc<dyn Resolver>,
}

/// A name that leads nowhere.
#[derive(Debug, thiserror::Error)]
pub(super) enum ResolveError {
    #[error("the name cannot be resolved: {0}")]
    Unknown(#[from] io::Error),
    #[error("the name has no address")]
    Empty,
    /// Every address of the name, the first of them for this reason.
    #[error("{0}")]
    Forbidden(ForbiddenNetwork),
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (found, guard) = (self.lookup.lookup(name.as_str().to_owned()), self.guard.clone());
        Box::pin(async move {
            let passed = passed(&guard, found.await.map_err(ResolveError::from)?)?;
            // The port is that of the URL.
            let addresses: Addrs = Box::new(passed.into_iter().map(|address| SocketAddr::new(address, 0)));
            Ok(addresses)
        })
    }
}

pub(super) fn passed(guard: &NetworkGuard, found: Vec<IpAddr>) -> Result<Vec<IpAddr>, ResolveError> {
    let mut reason = ResolveError::Empty;
    let mut passed = Vec::new();
    for address in found {
        match guard.check_address(address) {
            Ok(()) => passed.push(address),
            Err(forbidden) => reason = ResolveError::Forbidden(forbidden),
        }
    }
    if passed.is_empty() { Err(reason) } else { Ok(passed) }
}
