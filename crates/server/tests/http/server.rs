//! A server on a free port of loopback, in a thread of its own.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use bytes::Bytes;
use faastlane_api::Error;
use faastlane_server::http::{
    Answering, Call, Failure, Handler, Invocation, Invoked, Limits, Listen, Options, Server, Token,
};
use faastlane_server::telemetry::{Log, Metrics};
use faastlane_value::Value;
use tokio::sync::oneshot;

/// Answers a few operations with what it was asked, and others in odd ways.
pub(crate) struct Echo;

impl Handler for Echo {
    fn call(&self, call: Call) -> Answering<'_, Result<Value, Failure>> {
        assert_ne!(call.operation, "DeleteActivity", "before the answer is begun");
        Box::pin(async move {
            match call.operation {
                "DescribeExecution" => Err(Error::execution_does_not_exist("x").into()),
                "StopExecution" => Err(Failure::Internal("secret detail".to_owned())),
                "TestState" => panic!("secret panic"),
                // Longer than any test waits.
                "GetActivityTask" => std::future::pending().await,
                "ListActivities" => {
                    tokio::time::sleep(Duration::from_millis(300)).await;
                    Ok(call.body)
                }
                "GetExecutionHistory" => Ok(Value::from("x".repeat(32 * 1024 * 1024).as_str())),
                _ => Ok(call.body),
            }
        })
    }

    fn invoke(&self, invocation: Invocation) -> Answering<'_, Invoked> {
        Box::pin(async move {
            match invocation.function.as_str() {
                "none" => Invoked::Refused {
                    status: 404,
                    code: "ResourceNotFoundException",
                    message: "Function not found: none".to_owned(),
                },
                "later" => Invoked::Accepted,
                "fails" => Invoked::Ended {
                    payload: Bytes::from_static(b"{\"errorMessage\":\"bad\"}"),
                    failed: true,
                    log_tail: Some("START\nEND\n".to_owned()),
                },
                "panics" => panic!("secret panic"),
                _ => Invoked::Ended { payload: invocation.payload, failed: false, log_tail: None },
            }
        })
    }

    fn health(&self) -> Answering<'_, Result<(), String>> {
        Box::pin(async { Ok(()) })
    }

    fn waiting(&self) -> Answering<'_, Option<usize>> {
        Box::pin(async { Some(3) })
    }
}

/// A server that ends when it is dropped.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    shutdown: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<usize>>,
}

impl Running {
    /// One that is open to all, with `limits`.
    pub(crate) fn new(limits: Limits) -> Self {
        Self::start(limits, None)
    }

    /// One that wants a token.
    pub(crate) fn with_token(token: &str) -> Self {
        Self::start(Limits::default(), Some(Token::new(token).unwrap()))
    }

    fn start(limits: Limits, token: Option<Token>) -> Self {
        let (started, address) = std::sync::mpsc::channel();
        let (shutdown, end) = oneshot::channel();
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async move {
                let listen = Listen { address: "127.0.0.1:0".parse().unwrap(), token };
                let options = options(vec![listen], limits);
                let handler: Arc<dyn Handler> = Arc::new(Echo);
                let server = Server::bind(options, &handler).unwrap();
                started.send(server.addresses()[0]).unwrap();
                server.run(async { drop(end.await) }).await
            })
        });
        let address = address.recv().unwrap();
        Self { address, shutdown: Some(shutdown), thread: Some(thread) }
    }

    /// Begins the end.
    pub(crate) fn end(&mut self) {
        drop(self.shutdown.take());
    }

    /// Ends it, and says how many connections were cut off.
    pub(crate) fn ended(mut self) -> usize {
        self.end();
        self.thread.take().unwrap().join().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

pub(crate) fn options(listen: Vec<Listen>, limits: Limits) -> Options {
    let metrics = Arc::new(Metrics::default());
    let logs = Arc::default();
    Options { listen, insecure: false, limits, metrics, logs, log: Log::silent() }
}

/// Limits that a test does not wait long for.
pub(crate) fn impatient() -> Limits {
    let short = Duration::from_millis(200);
    Limits {
        head_time: short,
        body_time: short,
        answer_time: short,
        idle_time: short,
        drain_time: Duration::from_secs(5),
        ..Limits::default()
    }
}
