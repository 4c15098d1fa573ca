//! Tap: keeps the beginning of what a connection brings, to see how the names of headers were written.
//!
//! AWS shows header names as the host wrote them; HTTP libraries make them lower case.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// How much of the beginning is kept.
const KEPT_BYTES_MAX: usize = 64 << 10;

/// The most headers that an answer may have.
pub(crate) const HEADERS_MAX: usize = 1000;

/// What a connection brought first.
#[derive(Clone, Default)]
pub(crate) struct Beginning(Arc<Mutex<Vec<u8>>>);

/// A connection whose beginning may be kept.
pub(crate) struct Tap<S> {
    inner: S,
    beginning: Option<Beginning>,
}

impl<S> Tap<S> {
    pub(crate) fn new(inner: S, keeps: bool) -> Self {
        Self {
            inner,
            beginning: keeps.then(Beginning::default),
        }
    }

    /// What it brought first, where that is kept.
    pub(crate) fn beginning(&self) -> Option<Beginning> {
        self.beginning.clone()
    }
}

impl Beginning {
    fn keep(&self, bytes: &[u8]) {
        let mut kept = self.0.lock().expect("nothing panics while it holds the lock");
        let room = KEPT_BYTES_MAX.saturating_sub(kept.len());
        kept.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    /// The reason phrase and the names of the headers of the final answer, as they were written.
    pub(crate) fn written(&self) -> (Option<String>, Vec<String>) {
        let kept = self.0.lock().expect("nothing panics while it holds the lock");
        let mut rest = &kept[..];
        loop {
            let mut headers = vec![httparse::EMPTY_HEADER; HEADERS_MAX];
            let mut head = httparse::Response::new(&mut headers);
            let Ok(httparse::Status::Complete(length)) = head.parse(rest) else {
                return (None, Vec::new());
            };
            if head.code.is_some_and(|code| (100..200).contains(&code)) {
                rest = &rest[length..];
                continue;
            }
            let names = head.headers.iter().map(|header| header.name.to_owned());
            return (head.reason.map(str::to_owned), names.collect());
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Tap<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(context, buffer))?;
        if let Some(beginning) = &self.beginning {
            beginning.keep(&buffer.filled()[before..]);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Tap<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}
