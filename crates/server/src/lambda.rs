//! Functions that are invoked by themselves, as the Lambda API does it. Each has lanes of its own.
//!
//! Versions and aliases are those of the one function there is. An asynchronous invocation (`Event`) that
//! fails is not tried again, which AWS does twice, a minute and more later: here it would surprise.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use faastlane_container::process::{self, Answer, Calls, Failure, MakeSetup};
use faastlane_value::{Value, json};
use tokio::sync::oneshot;

use crate::http::{Invocation, InvocationType, Invoked};
use crate::lanes::{Listener, Options, pass_on};

/// Which functions there are.
pub trait Functions: Send + Sync + 'static {
    /// How to make the lanes of the function of this name: called when it is first invoked.
    fn find(&self, name: &str) -> Option<MakeSetup>;
}

/// All functions that have been invoked.
pub struct Lambda {
    options: Options,
    functions: Arc<dyn Functions>,
    listener: Arc<dyn Listener>,
    lanes: Mutex<HashMap<String, Arc<Lane>>>,
    last: AtomicU64,
}

/// A function's lanes, and who waits for its answers.
struct Lane {
    calls: Calls,
    waiting: Waiting,
}

type Waiting = Arc<Mutex<HashMap<u64, oneshot::Sender<process::Invoked>>>>;

impl std::fmt::Debug for Lambda {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lambda").field("options", &self.options).finish_non_exhaustive()
    }
}

impl Lambda {
    /// None has been invoked yet.
    #[must_use]
    pub fn new(
        options: Options,
        functions: Arc<dyn Functions>,
        listener: Arc<dyn Listener>,
    ) -> Self {
        Self { options, functions, listener, lanes: Mutex::default(), last: AtomicU64::new(0) }
    }

    /// Invokes a function. It is called to its end also if nobody waits for that any more.
    pub async fn invoke(&self, invocation: Invocation) -> Invoked {
        match self.try_invoke(invocation).await {
            Ok(invoked) | Err(invoked) => invoked,
        }
    }

    async fn try_invoke(&self, invocation: Invocation) -> Result<Invoked, Invoked> {
        let named = Named::read(&invocation.function);
        let Named { name, qualifier } = named.ok_or_else(|| not_found(&invocation.function))?;
        if let (Some(one), Some(other)) = (qualifier, &invocation.qualifier)
            && one != other
        {
            let message = "The derived qualifier from the function name does not match the specified qualifier.";
            return Err(refused(400, "InvalidParameterValueException", message));
        }
        let lane = self.lane(name)?;
        let lane = lane.ok_or_else(|| {
            let qualifier = qualifier.or(invocation.qualifier.as_deref());
            not_found(&qualifier.map_or_else(|| name.to_owned(), |q| format!("{name}:{q}")))
        })?;
        if invocation.kind == InvocationType::DryRun {
            return Ok(Invoked::Callable);
        }
        let client_context = invocation.client_context.as_deref().map(context).transpose()?;
        let wanted = process::Invocation {
            payload: payload(&invocation.payload)?,
            function: name.to_owned(),
            client_context,
            request_id: invocation.request_id,
            trace_id: invocation.trace,
        };
        let number = self.last.fetch_add(1, Ordering::Relaxed);
        let answer =
            (invocation.kind == InvocationType::RequestResponse).then(|| lane.wait_for(number));
        let asked = lane.calls.invoke(number, wanted);
        asked.map_err(|error| unavailable(error.to_string()))?;
        let Some(answer) = answer else { return Ok(Invoked::Accepted) };
        let process::Invoked { result, log_tail, .. } =
            answer.await.map_err(|_| unavailable("the server is shutting down"))?;
        let log_tail = invocation.log_tail.then_some(log_tail);
        let ended =
            |payload: Vec<u8>, failed| Invoked::Ended { payload: payload.into(), failed, log_tail };
        match result {
            Ok(payload) => Ok(ended(payload, false)),
            Err(Failure::Function { payload, .. }) => Ok(ended(payload, true)),
            Err(Failure::NotFound) => Err(not_found(name)),
            Err(Failure::Unavailable(why)) => Err(unavailable(why)),
        }
    }

    /// The lanes of a function, if there is one of this name.
    fn lane(&self, name: &str) -> Result<Option<Arc<Lane>>, Invoked> {
        let mut lanes = self.lock();
        if let Some(lane) = lanes.get(name) {
            return Ok(Some(Arc::clone(lane)));
        }
        let Some(make) = self.functions.find(name) else { return Ok(None) };
        let Options { program, idle, .. } = self.options.clone();
        let waiting = Waiting::default();
        let answered = {
            let (waiting, listener) = (Arc::clone(&waiting), Arc::clone(&self.listener));
            move |answer| tell(answer, &waiting, listener.as_ref())
        };
        let calls = Calls::new(program, make, idle, answered);
        let calls = calls.map_err(|error| unavailable(error.to_string()))?;
        let lane = Arc::new(Lane { calls, waiting });
        lanes.insert(name.to_owned(), Arc::clone(&lane));
        Ok(Some(lane))
    }

    /// Forgets the lanes of all functions: these have changed. What runs in them comes to its end.
    pub fn forget(&self) {
        self.lock().clear();
    }

    /// Ends all lanes, and waits for that. Invocations that have not ended are refused.
    pub fn end(&self) {
        let lanes = std::mem::take(&mut *self.lock());
        lanes.values().for_each(|lane| lane.calls.close());
        for lane in lanes.values() {
            lane.calls.end();
            lock(&lane.waiting).clear();
        }
    }

    /// A map is never left half changed, so a panic elsewhere spoils nothing.
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Lane>>> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lane {
    fn wait_for(&self, number: u64) -> oneshot::Receiver<process::Invoked> {
        let (tell, told) = oneshot::channel();
        lock(&self.waiting).insert(number, tell);
        told
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Passes an answer on to whoever waits for it.
fn tell(answer: Answer, waiting: &Waiting, listener: &dyn Listener) {
    if let Answer::Invoked { number, invoked } = answer {
        if let Some(made) = &invoked.made {
            listener.called(made, invoked.result.is_err());
        }
        let waits = lock(waiting).remove(&number);
        if let Some(waits) = waits {
            // The client may have gone.
            let _ = waits.send(invoked);
        }
    } else {
        pass_on(answer, listener);
    }
}

/// A function as a client names it.
#[derive(Debug, PartialEq, Eq)]
struct Named<'a> {
    name: &'a str,
    qualifier: Option<&'a str>,
}

impl<'a> Named<'a> {
    /// Reads `name`, `123456789012:function:name`, `function:name`, or an ARN, each perhaps with a
    /// qualifier. Account and region are not looked at.
    fn read(text: &'a str) -> Option<Self> {
        let parts: Vec<&str> = text.split(':').collect();
        let (name, qualifier) = match *parts.as_slice() {
            ["arn", _, "lambda", _, _, "function", name] => (name, None),
            ["arn", _, "lambda", _, _, "function", name, qualifier] => (name, Some(qualifier)),
            [_, "function", name] | ["function", name] => (name, None),
            [_, "function", name, qualifier] | ["function", name, qualifier] => {
                (name, Some(qualifier))
            }
            [name] => (name, None),
            [name, qualifier] => (name, Some(qualifier)),
            _ => return None,
        };
        (!name.is_empty()).then_some(Self { name, qualifier })
    }
}

/// The event; nothing stands for an empty object.
fn payload(bytes: &Bytes) -> Result<Vec<u8>, Invoked> {
    if bytes.is_empty() {
        return Ok(b"{}".to_vec());
    }
    match json::parse(bytes) {
        Ok(_) => Ok(bytes.to_vec()),
        Err(error) => {
            let message = format!("Could not parse request body into json: {error}");
            Err(refused(400, "InvalidRequestContentException", &message))
        }
    }
}

/// The client context, JSON text.
fn context(base64: &str) -> Result<String, Invoked> {
    let text = STANDARD.decode(base64).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let is_object = |text: &String| matches!(json::parse(text.as_bytes()), Ok(Value::Object(_)));
    text.filter(is_object).ok_or_else(|| {
        let message = "Client context must be a valid Base64-encoded JSON object.";
        refused(400, "InvalidRequestContentException", message)
    })
}

fn not_found(function: &str) -> Invoked {
    let arn = if function.starts_with("arn:") {
        function.to_owned()
    } else {
        format!("arn:aws:lambda:us-east-1:123456789012:function:{function}")
    };
    refused(404, "ResourceNotFoundException", &format!("Function not found: {arn}"))
}

fn unavailable(why: impl Into<String>) -> Invoked {
    refused(500, "ServiceException", &why.into())
}

fn refused(status: u16, code: &'static str, message: &str) -> Invoked {
    Invoked::Refused { status, code, message: message.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_named_in_many_ways() {
        let check = |text, expected: Option<(&str, Option<&str>)>| {
            let found = Named::read(text).map(|Named { name, qualifier }| (name, qualifier));
            assert_eq!(found, expected, "{text}");
        };
        check("add", Some(("add", None)));
        check("add:PROD", Some(("add", Some("PROD"))));
        check("function:add", Some(("add", None)));
        check("function:add:1", Some(("add", Some("1"))));
        check("123456789012:function:add", Some(("add", None)));
        check("123456789012:function:add:$LATEST", Some(("add", Some("$LATEST"))));
        check("arn:aws:lambda:us-east-1:123456789012:function:add", Some(("add", None)));
        check("arn:aws:lambda:eu-west-1:1:function:add:PROD", Some(("add", Some("PROD"))));
        check("arn:aws:states:us-east-1:1:stateMachine:add", None);
        check("", None);
        check(":PROD", None);
    }

    #[test]
    fn events_and_contexts_are_json() {
        let code = |invoked| match invoked {
            Invoked::Refused { status, code, .. } => (status, code),
            other => panic!("{other:?}"),
        };
        let event = |text: &'static str| payload(&Bytes::from_static(text.as_bytes()));
        assert_eq!(event("").unwrap(), b"{}");
        assert_eq!(event(" [1] ").unwrap(), b" [1] ");
        assert_eq!(code(event("{'a'}").unwrap_err()), (400, "InvalidRequestContentException"));
        assert_eq!(context("eyJhIjoxfQ==").unwrap(), r#"{"a":1}"#);
        for wrong in ["?", "WzFd", "eyJh"] {
            assert_eq!(code(context(wrong).unwrap_err()), (400, "InvalidRequestContentException"));
        }
    }

    struct NoFunctions;

    impl Functions for NoFunctions {
        fn find(&self, _: &str) -> Option<MakeSetup> {
            None
        }
    }

    impl Listener for NoFunctions {
        fn performed(&self, _: u64, _: Option<faastlane_engine::Event>) {}
        fn called(&self, _: &process::Made, _: bool) {}
        fn wrote(&self, _: &str, _: Option<u64>, _: &str) {}
        fn placed(&self, _: &str, _: &faastlane_container::Placement) {}
        fn died(&self, _: &str) {}
    }

    #[tokio::test]
    async fn what_is_not_there_is_told_by_its_arn() {
        let program = process::Program { path: "/bin/false".into(), arguments: Vec::new() };
        let lambda =
            Lambda::new(Options::new(program), Arc::new(NoFunctions), Arc::new(NoFunctions));
        let refusal = async |function: &str, qualifier: Option<&str>| {
            let invoked = lambda.invoke(Invocation {
                request_id: "r".to_owned(),
                function: function.to_owned(),
                qualifier: qualifier.map(str::to_owned),
                kind: InvocationType::RequestResponse,
                log_tail: false,
                client_context: None,
                trace: None,
                payload: Bytes::new(),
            });
            match invoked.await {
                Invoked::Refused { status, message, .. } => (status, message),
                other => panic!("{other:?}"),
            }
        };
        let expected = |name: &str| {
            let arn = format!("arn:aws:lambda:us-east-1:123456789012:function:{name}");
            (404, format!("Function not found: {arn}"))
        };
        assert_eq!(refusal("add", None).await, expected("add"));
        assert_eq!(refusal("add", Some("PROD")).await, expected("add:PROD"));
        assert_eq!(refusal("add:PROD", None).await, expected("add:PROD"));
        assert_eq!(refusal("add:PROD", Some("1")).await.0, 400);
    }
}
