//! One connection, from its first byte to its last.

use std::io::{IoSlice, Result};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::connections::{Place, Slot, Waiting};
use super::service::Service;

/// Answers the requests of a connection, one after the other, until either side ends it.
pub(super) async fn serve(
    stream: TcpStream,
    place: Place,
    service: Service,
    mut ending: watch::Receiver<bool>,
) {
    let slot = place.slot.clone();
    let limits = service.limits();
    // Timeouts are those of the sweep. An end of the client's side is taken for its leaving: a client that waits
    // for a task or a result and is gone must not be given one.
    let mut builder = http1::Builder::new();
    builder
        .header_read_timeout(None)
        .half_close(false)
        .max_headers(limits.headers)
        .max_header_size(limits.head_bytes)
        .max_buf_size(limits.head_bytes.max(64 * 1024));
    let io = Watched { io: TokioIo::new(stream), slot: slot.clone() };
    let answers = service_fn(|request| service.answer(request, &slot));
    let mut connection = pin!(builder.serve_connection(io, answers));
    let mut cut = pin!(slot.cut.notified());
    let mut is_ending = false;
    loop {
        tokio::select! {
            biased;
            // What clients send that is not HTTP has been answered by hyper, and is nobody's problem here.
            _ = &mut connection => return,
            () = &mut cut => return,
            _ = ending.wait_for(|ending| *ending), if !is_ending => {
                is_ending = true;
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}

/// A stream that notes what its connection waits for.
struct Watched {
    io: TokioIo<TcpStream>,
    slot: Arc<Slot>,
}

impl Watched {
    /// A client that takes some of an answer has its full time for the rest.
    fn wrote(&self, result: Poll<Result<usize>>) -> Poll<Result<usize>> {
        if matches!(result, Poll::Ready(Ok(_))) {
            self.slot.change(Waiting::Client, Waiting::Client);
        }
        result
    }
}

impl Read for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<Result<()>> {
        let result = Pin::new(&mut self.io).poll_read(cx, buffer);
        if matches!(result, Poll::Ready(Ok(()))) {
            self.slot.change(Waiting::Idle, Waiting::Head);
        }
        result
    }
}

impl Write for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<Result<usize>> {
        let result = Pin::new(&mut self.io).poll_write(cx, bytes);
        self.wrote(result)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        let result = Pin::new(&mut self.io).poll_write_vectored(cx, bytes);
        self.wrote(result)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    /// hyper flushes when all of an answer has been written.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let result = Pin::new(&mut self.io).poll_flush(cx);
        if matches!(result, Poll::Ready(Ok(()))) {
            self.slot.change(Waiting::Client, Waiting::Idle);
        }
        result
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
