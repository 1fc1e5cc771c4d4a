//! Panics of a handler end their request, and nothing else.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use super::Answering;

/// What `begin` returns, or the message of its panic.
pub(super) async fn guarded<'a, T>(begin: impl FnOnce() -> Answering<'a, T>) -> Result<T, String> {
    let answering = catch_unwind(AssertUnwindSafe(begin)).map_err(|panic| message(&*panic))?;
    Guarded(answering).await
}

/// An answer that is being made, whose panics end only itself.
struct Guarded<'a, T>(Answering<'a, T>);

impl<T> Future for Guarded<'_, T> {
    type Output = Result<T, String>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // After a panic it is not polled again.
        let polled = catch_unwind(AssertUnwindSafe(|| self.0.as_mut().poll(cx)));
        polled.map_or_else(|panic| Poll::Ready(Err(message(&*panic))), |poll| poll.map(Ok))
    }
}

fn message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    format!("panic: {}", text.unwrap_or("without a message"))
}
