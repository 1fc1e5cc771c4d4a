//! The checked state machine: what the engine walks.
//!
//! All states of a machine, those inside branches and item processors too, stand in one list and
//! refer to each other by [`StateId`]. So a position in a running execution is a number that can be
//! written down and found again, which a tree of boxes would not give.

mod choice;

pub use choice::{Choice, ChoiceRule, Condition, Operand, Relation, Test, ValueKind};

use faastlane_expr::{Expression, Path, ReferencePath, Template, Timestamp, jsonata};
use faastlane_value::located::Place;
use faastlane_value::{ArcStr, Value};

use crate::Distributed;

/// A checked state machine in Amazon States Language.
#[derive(Debug)]
pub struct StateMachine {
    /// The state with which an execution starts.
    pub start_at: StateId,
    /// Every state, nested ones included; a [`StateId`] is an index into it.
    pub states: Vec<State>,
    /// How long an execution may run, in seconds.
    pub timeout_seconds: Option<u64>,
    /// The functions that its states name, in the order of the text.
    pub functions: Vec<FunctionReference>,
    /// Whether a state takes the name of its function from its input: any function may be meant.
    pub calls_by_path: bool,
}

impl StateMachine {
    /// The state with the given id.
    #[must_use]
    pub fn state(&self, id: StateId) -> &State {
        &self.states[id.0 as usize]
    }
}

/// A function that a Task names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionReference {
    /// Its name or ARN, as it is written.
    pub reference: ArcStr,
    /// JSON pointer to it.
    pub location: String,
    /// Where it is written.
    pub place: Place,
}

/// A state of one machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StateId(pub u32);

/// One state.
#[derive(Debug)]
pub struct State {
    /// Its name.
    pub name: ArcStr,
    /// Its query language, and what that says about its input and output.
    pub language: Language,
    /// `Assign`: the variables that it sets when it ends well, by name.
    pub assign: Option<Payload>,
    /// Where it leads; Choice and Fail states do not use it.
    pub next: Next,
    /// What it does.
    pub kind: Kind,
}

/// The query language of a state, with the fields that only one of them has.
#[derive(Debug)]
pub enum Language {
    /// `JSONPath`
    JsonPath {
        /// `InputPath`; `None` is JSON `null`, which gives `{}`.
        input_path: Option<Path>,
        /// `OutputPath`; `None` is JSON `null`, which gives `{}`.
        output_path: Option<Path>,
    },
    /// `JSONata`
    Jsonata {
        /// `Output`
        output: Option<jsonata::Template>,
    },
}

impl Language {
    /// `Output`, which only JSONata has.
    #[must_use]
    pub fn output(&self) -> Option<&jsonata::Template> {
        match self {
            Self::JsonPath { .. } => None,
            Self::Jsonata { output } => output.as_ref(),
        }
    }
}

/// JSON with expressions in it.
#[derive(Debug)]
pub enum Payload {
    /// Keys that end in `.$` hold paths and intrinsic functions.
    JsonPath(Template),
    /// Strings from `{%` to `%}` are expressions.
    Jsonata(jsonata::Template),
}

/// Where a state leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// To another state of the same `States` field.
    State(StateId),
    /// It ends its machine, branch or iteration.
    End,
}

/// What a state does.
#[derive(Debug)]
pub enum Kind {
    /// Passes its input on, or a fixed result.
    Pass(Pass),
    /// Calls a function or service.
    Task(Box<Task>),
    /// Chooses the next state.
    Choice(Choice),
    /// Waits.
    Wait(Wait),
    /// Ends its machine, branch or iteration with success.
    Succeed,
    /// Ends it with a failure.
    Fail(Fail),
    /// Runs branches at the same time.
    Parallel(Box<Parallel>),
    /// Runs an item processor for each item of an array.
    Map(Box<Map>),
}

impl Kind {
    /// The state's `Type`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Pass(_) => "Pass",
            Self::Task(_) => "Task",
            Self::Choice(_) => "Choice",
            Self::Wait(_) => "Wait",
            Self::Succeed => "Succeed",
            Self::Fail(_) => "Fail",
            Self::Parallel(_) => "Parallel",
            Self::Map(_) => "Map",
        }
    }

    /// Whether somebody outside answers its task, who shows a token: `.waitForTaskToken` and activities.
    #[must_use]
    pub fn has_token(&self) -> bool {
        let Self::Task(task) = self else { return false };
        matches!(task.resource, Resource::Activity(_)) || task.resource.waits_for_token()
    }

    /// What to do with the result and with errors, for states that can fail and be tried again.
    #[must_use]
    pub fn handling(&self) -> Option<&Handling> {
        match self {
            Self::Task(task) => Some(&task.handling),
            Self::Parallel(parallel) => Some(&parallel.handling),
            Self::Map(map) => Some(&map.handling),
            _ => None,
        }
    }
}

/// `ResultPath`: where a result goes.
#[derive(Debug)]
pub enum ResultPath {
    /// `null`: the result is dropped and the input goes on.
    Discard,
    /// `$`, the default: the result replaces the input.
    Replace,
    /// A place in the input.
    At(ReferencePath),
}

/// Fields of a Pass state.
#[derive(Debug)]
pub struct Pass {
    /// `Result`
    pub result: Option<Value>,
    /// `Parameters`, or `Arguments` in JSONata.
    pub parameters: Option<Payload>,
    /// `ResultPath`
    pub result_path: ResultPath,
}

/// Fields by which Task, Parallel and Map treat results and errors alike.
#[derive(Debug)]
pub struct Handling {
    /// `ResultSelector`, of JSONPath.
    pub result_selector: Option<Payload>,
    /// `ResultPath`, of JSONPath.
    pub result_path: ResultPath,
    /// `Retry`, in order.
    pub retry: Vec<Retrier>,
    /// `Catch`, in order.
    pub catch: Vec<Catcher>,
}

/// One `Retry` entry.
#[derive(Debug)]
pub struct Retrier {
    /// `ErrorEquals`
    pub error_equals: Vec<ArcStr>,
    /// `IntervalSeconds`, 1 by default.
    pub interval_seconds: u64,
    /// `MaxAttempts`, 3 by default; 0 is never.
    pub max_attempts: u64,
    /// `BackoffRate`, 2.0 by default.
    pub backoff_rate: f64,
    /// `MaxDelaySeconds`
    pub max_delay_seconds: Option<u64>,
    /// `JitterStrategy` is `FULL`: the delay is drawn between 0 and the computed one.
    pub full_jitter: bool,
}

/// One `Catch` entry.
#[derive(Debug)]
pub struct Catcher {
    /// `ErrorEquals`
    pub error_equals: Vec<ArcStr>,
    /// `ResultPath` of JSONPath, for the error output.
    pub result_path: ResultPath,
    /// `Output` of JSONata.
    pub output: Option<jsonata::Template>,
    /// `Assign`
    pub assign: Option<Payload>,
    /// `Next`
    pub next: StateId,
}

/// Fields of a Task state.
#[derive(Debug)]
pub struct Task {
    /// `Resource`, what is called.
    pub resource: Resource,
    /// Which function it calls, as far as its text says.
    pub callee: Callee,
    /// Whether nobody waits for the function: `InvocationType` is `Event`.
    pub detached: bool,
    /// `Parameters`, or `Arguments` in JSONata.
    pub parameters: Option<Payload>,
    /// `TimeoutSeconds` or `TimeoutSecondsPath`
    pub timeout: Option<Seconds>,
    /// `HeartbeatSeconds` or `HeartbeatSecondsPath`
    pub heartbeat: Option<Seconds>,
    /// Result and errors.
    pub handling: Handling,
}

/// Which function a Task calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Callee {
    /// None: it calls something else.
    None,
    /// The one at this place of [`StateMachine::functions`].
    Named(usize),
    /// Any: its name is in the input.
    ByPath,
}

/// What a Task state calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resource {
    /// A Lambda function by its ARN, or a bare name. The result is what the function returns.
    Function(ArcStr),
    /// A service integration, `arn:aws:states:::SERVICE:ACTION`.
    Service(Service),
    /// An activity by its ARN.
    Activity(ArcStr),
}

impl Resource {
    /// Whether the state goes on only when somebody calls back with the token that it was given.
    #[must_use]
    pub fn waits_for_token(&self) -> bool {
        match self {
            Self::Function(_) | Self::Activity(_) => false,
            Self::Service(service) => service.pattern() == Some("waitForTaskToken"),
        }
    }
}

/// A service integration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// The whole ARN.
    pub arn: ArcStr,
    /// `lambda`, `sns`, `aws-sdk:dynamodb`, …: history's `resourceType`.
    pub service: ArcStr,
    /// `invoke`, `publish.waitForTaskToken`, …: history's `resource`.
    pub action: ArcStr,
}

impl Service {
    /// Whether it is `arn:aws:states:::lambda:invoke`, with no pattern behind it.
    #[must_use]
    pub fn is_lambda_invoke(&self) -> bool {
        self.service == "lambda" && self.action == "invoke"
    }

    /// Whether it calls a function: `lambda:invoke`, also with a pattern behind it.
    #[must_use]
    pub fn calls_function(&self) -> bool {
        self.service == "lambda" && self.action.split('.').next() == Some("invoke")
    }

    /// What stands behind the action and says when the state goes on: `waitForTaskToken`, `sync`, `sync:2`.
    #[must_use]
    pub fn pattern(&self) -> Option<&str> {
        self.action.split_once('.').map(|(_, pattern)| pattern)
    }
}

/// A number of seconds, fixed or in the input.
#[derive(Debug)]
pub enum Seconds {
    /// A fixed number.
    Fixed(u64),
    /// The field `…Path`.
    Path(Path),
    /// An expression.
    Jsonata(jsonata::Expression),
}

/// Fields of a Wait state: exactly one of the four forms.
#[derive(Debug)]
pub enum Wait {
    /// `Seconds` or `SecondsPath`
    Seconds(Seconds),
    /// `Timestamp`
    Timestamp(Timestamp),
    /// `TimestampPath`
    TimestampPath(Path),
    /// `Timestamp` of JSONata.
    TimestampJsonata(jsonata::Expression),
}

/// Fields of a Fail state.
#[derive(Debug)]
pub struct Fail {
    /// `Error` or `ErrorPath`
    pub error: Option<Text>,
    /// `Cause` or `CausePath`
    pub cause: Option<Text>,
}

/// A text, fixed or computed.
#[derive(Debug)]
pub enum Text {
    /// A fixed text.
    Fixed(ArcStr),
    /// The field `…Path`: a path or an intrinsic function.
    Expression(Expression),
    /// The field itself, in JSONata.
    Jsonata(jsonata::Expression),
}

/// Fields of a Parallel state.
#[derive(Debug)]
pub struct Parallel {
    /// The first state of each branch.
    pub branches: Vec<StateId>,
    /// `Parameters`, or `Arguments` in JSONata.
    pub parameters: Option<Payload>,
    /// Result and errors.
    pub handling: Handling,
}

/// Fields of a Map state.
#[derive(Debug)]
pub struct Map {
    /// Where its items come from.
    pub items: Items,
    /// `ItemSelector`, or `Parameters` as it was called before: the input of an iteration.
    pub item_selector: Option<Payload>,
    /// The first state of `ItemProcessor`, or `Iterator` as it was called before.
    pub processor: StateId,
    /// `MaxConcurrency` or `MaxConcurrencyPath`; 0 is no limit.
    pub max_concurrency: MaxConcurrency,
    /// What it has beside that if its iterations are executions of their own.
    pub distributed: Option<Box<Distributed>>,
    /// Result and errors.
    pub handling: Handling,
}

/// The items of a Map.
#[derive(Debug)]
pub enum Items {
    /// The state's input.
    Input,
    /// `ItemsPath`
    Path(Path),
    /// `Items` of JSONata.
    Jsonata(jsonata::Template),
}

/// How many iterations of a Map run at the same time; 0 is no limit.
#[derive(Debug)]
pub enum MaxConcurrency {
    /// A fixed number.
    Fixed(u64),
    /// `MaxConcurrencyPath`
    Path(Path),
    /// `MaxConcurrency` of JSONata.
    Jsonata(jsonata::Expression),
}
