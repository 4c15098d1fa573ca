//! Crowd: how many connections there may be at once, and how much their requests may carry together.
//!
//! Whoever comes when there are too many is told so at once. A body counts from before it is read until its request is
//! answered, so that memory is bounded however many send at the same time.

use std::sync::Arc;
use std::time::Duration;

use api::{ApiError, Response};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError};

/// Bodies are counted in pieces of so many bytes.
const PIECE_BYTES: usize = 1 << 10;

/// How many are told at once that there are too many; others find their connections closed.
const TURNED_AWAY: usize = 64;

/// How long one of them may take to hear it, and how much of what it says meanwhile is thrown away.
const FAREWELL: Duration = Duration::from_secs(2);
const FAREWELL_BYTES_MAX: u64 = 1 << 20;

/// How many and how much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Connections at once.
    pub connections: usize,
    /// Bytes that bodies of requests may have together.
    pub body_bytes: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            connections: 10_000,
            body_bytes: 64 << 20,
        }
    }
}

/// Counts connections and bodies.
#[derive(Debug)]
pub(crate) struct Crowd {
    connections: Arc<Semaphore>,
    connections_max: usize,
    bodies: Arc<Semaphore>,
    bodies_max: usize,
    turned_away: Arc<Semaphore>,
}

/// A place for a connection or a body, until it is dropped.
#[derive(Debug)]
pub(crate) struct Place(#[expect(dead_code, reason = "it is held to be dropped")] OwnedSemaphorePermit);

impl Crowd {
    pub(crate) fn new(bounds: Bounds) -> Self {
        let connections_max = bounds.connections.clamp(1, Semaphore::MAX_PERMITS);
        let bodies_max = bounds.body_bytes.div_ceil(PIECE_BYTES);
        let bodies_max = bodies_max.clamp(1, u32::MAX as usize).min(Semaphore::MAX_PERMITS);
        Self {
            connections: Arc::new(Semaphore::new(connections_max)),
            connections_max,
            bodies: Arc::new(Semaphore::new(bodies_max)),
            bodies_max,
            turned_away: Arc::new(Semaphore::new(TURNED_AWAY)),
        }
    }

    /// A place for a connection, if there is one.
    pub(crate) fn enter(&self) -> Option<Place> {
        taken(Arc::clone(&self.connections).try_acquire_owned())
    }

    /// Whether most places are taken: then nobody may be slow.
    pub(crate) fn is_dense(&self) -> bool {
        self.connections.available_permits() < self.connections_max / 4
    }

    /// A place for a body, if there is one. The largest that may be sent has one when there are no others.
    pub(crate) fn carry(&self, bytes: usize) -> Option<Place> {
        let pieces = bytes.div_ceil(PIECE_BYTES).clamp(1, self.bodies_max);
        let pieces = u32::try_from(pieces).unwrap_or(u32::MAX);
        taken(Arc::clone(&self.bodies).try_acquire_many_owned(pieces))
    }

    /// Tells somebody that there is no place, in the background.
    pub(crate) fn turn_away(&self, stream: TcpStream) {
        let Some(place) = taken(Arc::clone(&self.turned_away).try_acquire_owned()) else {
            return;
        };
        tokio::spawn(async move {
            let _ = tokio::time::timeout(FAREWELL, tell(stream)).await;
            drop(place);
        });
    }
}

fn taken(permit: Result<OwnedSemaphorePermit, TryAcquireError>) -> Option<Place> {
    permit.ok().map(Place)
}

/// Answers whatever is asked with AWS's error for it. The client would not see the answer if its request were not read.
async fn tell(mut stream: TcpStream) -> std::io::Result<()> {
    let error = ApiError::service_unavailable_exception("Too many connections are open");
    let Response { status, body, .. } = Response::from(error);
    let head = format!(
        "HTTP/1.1 {status} Service Unavailable\r\nContent-Type: application/x-amz-json-1.0\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(&body).await?;
    stream.shutdown().await?;
    tokio::io::copy(&mut stream.take(FAREWELL_BYTES_MAX), &mut tokio::io::sink()).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_have_places_as_long_as_there_is_room() {
        let crowd = Crowd::new(Bounds {
            connections: 4,
            body_bytes: 10 << 10,
        });
        let first = crowd.carry(6 << 10).unwrap();
        let second = crowd.carry((3 << 10) + 1).unwrap();
        assert!(crowd.carry(1).is_none());
        drop(second);
        assert!(crowd.carry(0).is_some());
        drop(first);
        assert!(crowd.carry(1 << 30).is_some(), "the largest goes alone");
    }

    #[test]
    fn a_crowd_is_dense_before_it_is_full() {
        let crowd = Crowd::new(Bounds {
            connections: 8,
            body_bytes: 1,
        });
        let mut places: Vec<Place> = (0..6).map(|_| crowd.enter().unwrap()).collect();
        assert!(!crowd.is_dense());
        places.push(crowd.enter().unwrap());
        assert!(crowd.is_dense());
        places.push(crowd.enter().unwrap());
        assert!(crowd.enter().is_none());
        places.clear();
        assert!(!crowd.is_dense() && crowd.enter().is_some());
    }
}
