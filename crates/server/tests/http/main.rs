//! The server's HTTP side over real sockets, with a handler that does next to nothing.

mod access;
mod answers;
mod client;
mod ends;
mod server;
