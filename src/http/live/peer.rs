//! Handles of the sockets of live clients: set up so that a peer which does not read cannot hold much for long, and
//! closed from outside when their own task is blocked by such a peer.

use std::any::Any;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::dev::Extensions;
use actix_web::rt::net::TcpStream;
use rustix::net::{Shutdown, shutdown, sockopt};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::actors::live::sessions::ForceClose;

/// Gives every new connection its handle.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SocketHandles {
    stall_ms: u32,
    /// From this descriptor on no second one is taken of a connection.
    scarce_from: i32,
}

/// A second handle on the connection's socket.
#[derive(Debug)]
struct SocketHandle(Arc<OwnedFd>);

/// Bytes the kernel may hold for a client that does not read; it takes twice of this.
const SEND_BUFFER_BYTES: usize = 128 << 10;

/// The connection itself, and the handle to close it from outside.
const DESCRIPTORS_OF_A_LISTENER: u64 = 2;
const DESCRIPTORS_BESIDE_LISTENERS: u64 = 1024;

impl SocketHandles {
    /// For a process that has its limit of descriptors already.
    pub(crate) fn new(stall_ms: u64) -> Self {
        let limit = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
        Self { stall_ms: stall_ms as u32, scarce_from: i32::try_from(limit / 2).unwrap_or(i32::MAX) }
    }

    /// Called for each connection, before it is known whether it will be a listener's.
    pub(crate) fn connected(&self, socket: &dyn Any, kept: &mut Extensions) {
        let Some(socket) = socket.downcast_ref::<TcpStream>() else { return };
        // Answers and frames are written whole: a small one must not wait until the peer has acknowledged the one
        // before it, which takes it up to 40 ms.
        let _ = socket.set_nodelay(true);
        if socket.as_raw_fd() >= self.scarce_from {
            // Then the kernel alone has to notice, and does so for every request on this connection.
            let _ = sockopt::set_tcp_user_timeout(socket, self.stall_ms);
        } else if let Ok(second) = socket.as_fd().try_clone_to_owned() {
            kept.insert(SocketHandle(Arc::new(second)));
        }
    }

    /// The request's connection becomes a listener's: how to close it from outside, if that is possible.
    pub(crate) fn listens(&self, request: &HttpRequest) -> Option<ForceClose> {
        let SocketHandle(socket) = request.conn_data::<SocketHandle>()?;
        // A socket that refuses these is none of a listener that is still there.
        let _ = sockopt::set_tcp_user_timeout(socket, self.stall_ms);
        let _ = sockopt::set_socket_send_buffer_size(socket, SEND_BUFFER_BYTES);
        let socket = Arc::clone(socket);
        Some(Box::new(move || _ = shutdown(&*socket, Shutdown::Both)))
    }
}

/// Asks for as many descriptors as that many listeners cost, or as many as the system gives.
pub fn raise_descriptor_limit(listeners: u64) {
    let limit = getrlimit(Resource::Nofile);
    let needed = listeners * DESCRIPTORS_OF_A_LISTENER + DESCRIPTORS_BESIDE_LISTENERS;
    let wanted = limit.maximum.map_or(needed, |most| most.min(needed));
    if limit.current.is_some_and(|current| current < wanted) {
        // A refusal leaves the limit as it was.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), ..limit });
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[actix_web::test]
    async fn a_connection_never_waits_to_fill_its_packets() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let socket = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        assert!(!socket.nodelay().unwrap(), "control: by itself it would");
        let mut kept = Extensions::new();
        SocketHandles::new(1_000).connected(&socket, &mut kept);
        assert!(socket.nodelay().unwrap());
        assert!(kept.get::<SocketHandle>().is_some());
    }
}
