//! The server's HTTP side: who is let in, how much of a request is read, and which part answers it.
//!
//! HTTP/1.1 by hyper on tokio. A connection costs no thread and no timer: it notes what it waits for and since
//! when, and one sweep a second closes those that take too long (`connections`). What a request asks for reaches
//! a [`Handler`] as a value; the handler knows no HTTP. TLS is left to a proxy: certificates are configuration that
//! a tool for one machine does not need.
//!
//! The `Host` header is not looked at, since SDKs put `sync-` before it for two operations. What protects against
//! pages that a browser shows (cross-site requests, DNS rebinding) is in `access`.

mod access;
mod answer;
mod body;
mod connection;
mod connections;
mod guard;
mod handler;
mod lambda;
mod limits;
mod refusals;
mod request;
mod route;
mod server;
mod service;

pub use access::{Token, TokenError};
pub use handler::{Answering, Call, Failure, Handler, Invocation, InvocationType, Invoked};
pub use limits::Limits;
pub(crate) use route::percent_decoded;
pub use server::{BindError, Listen, Options, Server};
