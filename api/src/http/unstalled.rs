//! A connection that breaks when its peer takes nothing any more.
//!
//! Whoever asks for a lot and then stops to read, or reads a byte now and then, would hold the answer, its file and its
//! place for ever: neither hyper nor the kernel minds as long as the peer is alive.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep_until};

/// What a peer has to take within its time, unless there is less.
const LEAST_BYTES: usize = 8 * 1024;
/// What the kernel keeps unsent. With more, a slow reader would look like one that has stopped, because the kernel asks
/// for more only when a good part of what it keeps is gone.
const UNSENT_BYTES: u32 = 64 * 1024;
/// A peer that vanished without a word.
const SILENT_FOR: Duration = Duration::from_secs(30);
const ASK_EVERY: Duration = Duration::from_secs(5);
const ASK_TIMES: u32 = 3;

/// A connection, and how long its peer may take nothing.
pub(super) struct Unstalled<S> {
    stream: S,
    patience: Duration,
    /// Set while the peer has not taken what it was given, with what it took since.
    waiting: Option<(Pin<Box<Sleep>>, usize)>,
}

/// Answers are written whole, and peers that are gone are noticed.
pub(super) fn prepare(stream: &TcpStream) -> io::Result<()> {
    // Waiting for more to send only delays what there is.
    stream.set_nodelay(true)?;
    let socket = SockRef::from(stream);
    let keepalive = TcpKeepalive::new().with_time(SILENT_FOR).with_interval(ASK_EVERY).with_retries(ASK_TIMES);
    socket.set_tcp_keepalive(&keepalive)?;
    socket.set_tcp_user_timeout(Some(SILENT_FOR))?;
    socket.set_tcp_notsent_lowat(UNSENT_BYTES)
}

impl<S> Unstalled<S> {
    pub(super) fn new(stream: S, patience: Duration) -> Self {
        Self { stream, patience, waiting: None }
    }

    /// What becomes of a write of so many bytes.
    fn judge(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<usize>>,
        given: usize,
    ) -> Poll<io::Result<usize>> {
        match written {
            Poll::Pending => {
                let patience = self.patience;
                let begin = || (Box::pin(sleep_until(Instant::now() + patience)), 0);
                let (time_is_up, _) = self.waiting.get_or_insert_with(begin);
                ready!(time_is_up.as_mut().poll(context));
                Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
            }
            Poll::Ready(Ok(taken)) => {
                let so_far = self.waiting.as_ref().map_or(0, |(_, so_far)| *so_far) + taken;
                if taken >= given || so_far >= LEAST_BYTES {
                    self.waiting = None;
                } else if let Some((_, before)) = &mut self.waiting {
                    *before = so_far;
                }
                Poll::Ready(Ok(taken))
            }
            failed => failed,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Unstalled<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Unstalled<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.judge(context, written, bytes.len())
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, pieces);
        self.judge(context, written, pieces.iter().map(|piece| piece.len()).sum())
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use tokio::io::{AsyncWriteExt, duplex};

    use super::*;

    fn judge(stream: &mut Unstalled<()>, written: Poll<usize>, given: usize) -> Poll<io::Result<usize>> {
        stream.judge(&mut Context::from_waker(Waker::noop()), written.map(Ok), given)
    }

    fn time_is_up_at(stream: &Unstalled<()>) -> Option<Instant> {
        stream.waiting.as_ref().map(|(time_is_up, _)| time_is_up.deadline())
    }

    #[tokio::test]
    async fn a_peer_that_stops_to_read_is_cut() {
        let (stream, _peer) = duplex(1024);
        let mut stream = Unstalled::new(stream, Duration::from_millis(1));
        let failed = stream.write_all(&[0; 4096]).await.unwrap_err();
        assert_eq!(failed.kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn time_is_won_by_taking_enough_and_not_by_taking_a_little() {
        let mut stream = Unstalled::new((), Duration::from_secs(3600));
        assert!(judge(&mut stream, Poll::Ready(100), 100).is_ready());
        assert_eq!(time_is_up_at(&stream), None, "nothing waits");
        assert!(judge(&mut stream, Poll::Pending, 100_000).is_pending());
        let first = time_is_up_at(&stream);
        assert!(first.is_some());
        for left in [100_000, 99_000, 98_000] {
            assert!(judge(&mut stream, Poll::Ready(1_000), left).is_ready());
            assert!(judge(&mut stream, Poll::Pending, left - 1_000).is_pending());
            assert_eq!(time_is_up_at(&stream), first);
        }
        assert!(judge(&mut stream, Poll::Ready(LEAST_BYTES), 97_000).is_ready());
        assert_eq!(time_is_up_at(&stream), None);
        assert!(judge(&mut stream, Poll::Pending, 50_000).is_pending());
        assert!(time_is_up_at(&stream) > first);
        assert!(judge(&mut stream, Poll::Ready(50_000), 50_000).is_ready());
        assert_eq!(time_is_up_at(&stream), None, "the silence between two answers is no stall");
    }
}
