//! The whole server: listeners, operations, executions and lanes, from start to end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use faastlane_container::process::Program;
use faastlane_engine::{ErrorDetails, TaskRequest, TaskTarget};
use faastlane_store::Store;
use faastlane_value::{ArcStr, Value, json};
use tokio::runtime::{self, Runtime};
use tokio::sync::watch;
use uuid::Uuid;

use crate::executions::{Executions, Handle};
use crate::expiry::expire;
use crate::http::{
    self, Answering, BindError, Call, Failure, Handler, Invocation, InvocationType, Invoked,
};
use crate::lambda::Lambda;
use crate::lanes;
use crate::operations::{self, Operations};
use crate::provided::{Provided, provide};
use crate::{Settings, Workshop};

/// Threads that answer requests. Functions and executions have threads and processes of their own.
const THREADS: usize = 2;

/// What a server is made of.
pub struct Config {
    /// Where it listens, for whom.
    pub http: http::Options,
    /// Where executions are kept.
    pub store: Store,
    /// What holds for all of them.
    pub settings: Settings,
    /// Makes functions ready.
    pub workshop: Arc<dyn Workshop>,
    /// What processes of lanes and containers are.
    pub program: Program,
    /// The state machines of projects.
    pub machines: Vec<Provided>,
}

impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Config").finish_non_exhaustive()
    }
}

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An address cannot be had, or is open to others.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] faastlane_store::Error),
    /// The system refuses something.
    #[error("the server cannot be started: {0}")]
    System(#[from] std::io::Error),
}

/// A server that listens, and answers as soon as it runs.
pub struct Server {
    runtime: Runtime,
    http: http::Server,
    site: Arc<Site>,
    executions: Executions,
    controller: Controller,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").finish_non_exhaustive()
    }
}

/// Ends a server or tells it of changes, from any thread.
#[derive(Clone)]
pub struct Controller {
    site: Arc<Site>,
    stopped: watch::Sender<bool>,
}

impl std::fmt::Debug for Controller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Controller").finish_non_exhaustive()
    }
}

impl Server {
    /// Opens everything. Executions of the store go on at once.
    ///
    /// # Errors
    /// An address cannot be had, the store not be used, or the system has too little left.
    pub fn start(config: Config) -> Result<Self, Error> {
        let Config { http, store, settings, workshop, program, machines } = config;
        let store = Arc::new(store);
        provide(&store, &machines, now())?;
        let runtime =
            runtime::Builder::new_multi_thread().worker_threads(THREADS).enable_all().build()?;
        let settings = Arc::new(settings);
        let executions = Executions::open(
            Arc::clone(&store),
            Arc::clone(&settings),
            Arc::clone(&workshop),
            program.clone(),
        )?;
        let options = lanes::Options::new(program);
        let functions = Arc::new(Functions(Arc::clone(&workshop)));
        let lambda = Arc::new(Lambda::new(options, functions, executions.listener()));
        let tested = Tested { lambda: Arc::clone(&lambda), workshop };
        let operations = Operations::new(Arc::clone(&store), executions.handle(), Arc::new(tested));
        let handle = executions.handle();
        let site = Arc::new(Site { operations, lambda, store, executions: handle });
        let handler: Arc<dyn Handler> = Arc::<Site>::clone(&site);
        let http = {
            let _inside = runtime.enter();
            http::Server::bind(http, &handler)?
        };
        let controller = Controller { site: Arc::clone(&site), stopped: watch::Sender::new(false) };
        Ok(Self { runtime, http, site, executions, controller })
    }

    /// The addresses that it listens on, in the order of the options.
    #[must_use]
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.http.addresses()
    }

    /// What ends it.
    #[must_use]
    pub fn controller(&self) -> Controller {
        self.controller.clone()
    }

    /// Answers requests until it is stopped; then requests that have begun are answered, and what is in the store
    /// stays there.
    pub fn run(self) {
        let Self { runtime, http, site, executions, controller } = self;
        let mut stopped = controller.stopped.subscribe();
        runtime.spawn(expire(Arc::clone(&site.store), now));
        let handle = site.executions.clone();
        runtime.block_on(http.run(async move {
            // It can only be stopped.
            let _ = stopped.wait_for(|stopped| *stopped).await;
            handle.end_polls();
        }));
        executions.close();
        site.lambda.end();
        runtime.shutdown_background();
    }
}

impl Controller {
    /// Ends the server.
    pub fn stop(&self) {
        self.stopped.send_replace(true);
    }

    /// The projects have changed: these are their machines now, and functions are made ready anew.
    ///
    /// # Errors
    /// The store cannot be written.
    pub fn reload(&self, machines: &[Provided]) -> Result<(), Error> {
        provide(&self.site.store, machines, now())?;
        self.site.executions.functions_changed();
        self.site.lambda.forget();
        Ok(())
    }
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// What answers requests.
struct Site {
    operations: Operations<Handle>,
    lambda: Arc<Lambda>,
    store: Arc<Store>,
    executions: Handle,
}

impl Handler for Site {
    fn call(&self, call: Call) -> Answering<'_, Result<Value, Failure>> {
        Box::pin(async move { self.operations.call(&call).await })
    }

    fn invoke(&self, invocation: Invocation) -> Answering<'_, Invoked> {
        Box::pin(self.lambda.invoke(invocation))
    }

    fn health(&self) -> Answering<'_, Result<(), String>> {
        Box::pin(async move {
            self.store.count_open().map_err(|error| error.to_string())?;
            match self.executions.waiting().await {
                Some(_) => Ok(()),
                None => Err("executions have come to a standstill".to_owned()),
            }
        })
    }

    fn waiting(&self) -> Answering<'_, Option<usize>> {
        Box::pin(self.executions.waiting())
    }
}

/// Functions for those who invoke them by themselves.
struct Functions(Arc<dyn Workshop>);

impl crate::lambda::Functions for Functions {
    fn find(&self, name: &str) -> Option<faastlane_container::process::MakeSetup> {
        Arc::clone(&self.0).function(name)
    }
}

/// What a state under test calls.
struct Tested {
    lambda: Arc<Lambda>,
    workshop: Arc<dyn Workshop>,
}

impl std::fmt::Debug for Tested {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tested").finish_non_exhaustive()
    }
}

impl operations::Calls for Tested {
    fn model(&self, service: &str) -> Option<Value> {
        self.workshop.model(service)
    }

    fn call(&self, request: &TaskRequest) -> Result<Value, ErrorDetails> {
        let refused = |cause: String| {
            let error = Some("States.TaskFailed".into());
            ErrorDetails { error, cause: Some(cause.into()) }
        };
        let function = match &request.target {
            TaskTarget::Function(function) => function.to_string(),
            TaskTarget::Service(service) => {
                return Err(refused(format!("'{}' is not called here; mock it.", service.arn)));
            }
            TaskTarget::Activity(arn) => {
                return Err(refused(format!("The activity '{arn}' is not asked here; mock it.")));
            }
        };
        let invocation = Invocation {
            request_id: Uuid::new_v4().to_string(),
            function,
            qualifier: None,
            kind: InvocationType::RequestResponse,
            log_tail: false,
            client_context: None,
            trace: None,
            payload: request.input.to_json().into(),
        };
        let invoked = runtime::Handle::current().block_on(self.lambda.invoke(invocation));
        match invoked {
            Invoked::Ended { payload, failed: false, .. } => json::parse(&payload)
                .map_err(|error| refused(format!("The function's result is not JSON: {error}"))),
            Invoked::Ended { payload, .. } => {
                let said = json::parse(&payload).ok();
                let error = said.as_ref().and_then(|said| said.get("errorType")?.as_str());
                let cause = ArcStr::from(String::from_utf8_lossy(&payload).as_ref());
                Err(ErrorDetails { error: error.map(ArcStr::from), cause: Some(cause) })
            }
            Invoked::Refused { code, message, .. } => Err(ErrorDetails {
                error: Some(format!("Lambda.{code}").into()),
                cause: Some(message.into()),
            }),
            Invoked::Accepted | Invoked::Callable => Err(refused(String::new())),
        }
    }
}
