//! Task states.

use std::sync::LazyLock;

use faastlane_asl::{Kind, Resource, Service, Task};
use faastlane_frame::Data;
use faastlane_value::{ArcStr, ObjectBuilder, Value, json, str_literal};

use crate::action::{TaskId, TimerId};
use crate::failure::Failure;
use crate::flow::{Clock, FlowId, Phase, RunningTask, Stage};
use crate::history::{ErrorDetails, TaskResource};
use crate::turn::{Step, Turn};
use crate::{Action, EventKind, Pattern, TaskRequest, TaskResult, TaskTarget};

/// The region in which everything here takes place, as histories show it.
const REGION: ArcStr = str_literal!("us-east-1");

impl Turn<'_> {
    pub(crate) fn task(&mut self, id: FlowId, task: &Task, input: Data) -> Result<Step, Failure> {
        let timeout = match &task.timeout {
            Some(timeout) => Some(self.seconds(id, timeout, "TimeoutSecondsPath", &input)?),
            None => None,
        };
        let heartbeat = match &task.heartbeat {
            Some(beat) => Some(self.seconds(id, beat, "HeartbeatSecondsPath", &input)?),
            None => None,
        };
        let payload = self.passed_on(id, task.parameters.as_ref(), input)?;
        let call = self.call(id, &task.resource, &payload)?;
        self.record_scheduled(id, &task.resource, payload, timeout, heartbeat);
        // A service that is mocked is not asked.
        if let Some(refusal) = call.refusal.filter(|_| !self.is_mocked()) {
            self.record_failed(id, refusal.clone().into_details());
            return Err(refusal);
        }
        let token_of = self.progress.flow(id).token_of.filter(|_| self.state(id).kind.has_token());
        let ticket = token_of.unwrap_or_else(|| TaskId(self.progress.ticket(id)));
        let flow = self.progress.flow(id);
        let (state, attempt) = (flow.state, flow.retry_count);
        let invocation = self.progress.invoke(state);
        self.actions.push(Action::RunTask(TaskRequest {
            task: ticket,
            state: self.state(id).name.clone(),
            target: call.target,
            pattern: Pattern::of(&task.resource),
            token: token_of.map(|task| self.progress.token(task)),
            input: call.input,
            detached: call.detached,
            wants_log: call.wants_log,
            invocation,
            attempt,
        }));
        if call.detached && token_of.is_none() {
            return self.detached_succeeded(id, task);
        }
        let mut running = RunningTask {
            task: ticket,
            stage: Stage::Asked,
            timeout: Clock { seconds: timeout, timer: None },
            // The clock of other tasks would always run out.
            heartbeat: Clock { seconds: heartbeat.filter(|_| token_of.is_some()), timer: None },
        };
        // Those of an activity begin with its worker: "Task state", developer guide.
        if !matches!(task.resource, Resource::Activity(_)) {
            self.start_clocks(id, &mut running);
        }
        self.progress.flow_mut(id).phase = Phase::Task(running);
        if call.detached && !self.is_mocked() {
            let result = TaskResult::of_answer(accepted(), None);
            self.task_submitted(ticket, TaskResult { is_whole: true, ..result });
        }
        Ok(Step::Blocked)
    }

    /// What is called, with what.
    fn call(&self, id: FlowId, resource: &Resource, payload: &Data) -> Result<Call, Failure> {
        let (target, input) = match resource {
            Resource::Function(function) => {
                (TaskTarget::Function(function.clone()), payload.clone())
            }
            Resource::Activity(arn) => (TaskTarget::Activity(arn.clone()), payload.clone()),
            Resource::Service(service) if !service.calls_function() => {
                (TaskTarget::Service(service.clone()), payload.clone())
            }
            Resource::Service(_) => return self.lambda_invoke(id, payload),
        };
        Ok(Call { target, input, detached: false, wants_log: false, refusal: None })
    }

    /// The parameters of `lambda:invoke`: `FunctionName`, `Payload`, `Qualifier`, `InvocationType`.
    fn lambda_invoke(&self, id: FlowId, parameters: &Data) -> Result<Call, Failure> {
        let text = |field| match parameters.get(field)?.value() {
            Value::String(text) => Some(text.clone()),
            _ => None,
        };
        let Some(name) = text("FunctionName") else {
            let message = format!(
                "The Parameters '{}' could not be used to start the Task: [The field \
                 \"FunctionName\" is required but was missing]",
                parameters.to_json()
            );
            return Err(self.runtime_failure(id, &message));
        };
        let function = match text("Qualifier") {
            Some(qualifier) => format!("{name}:{qualifier}").into(),
            None => name,
        };
        let input = parameters.get("Payload").map_or(Ok(Value::empty_object().into()), event_of);
        let asks = |field, value| text(field).is_some_and(|text| text == value);
        Ok(Call {
            target: TaskTarget::Function(function),
            refusal: input.as_ref().err().map(Failure::payload_not_json),
            input: input.unwrap_or_else(|_| Value::Null.into()),
            detached: asks("InvocationType", "Event"),
            wants_log: asks("LogType", "Tail"),
        })
    }

    fn record_scheduled(
        &mut self,
        id: FlowId,
        resource: &Resource,
        input: Data,
        timeout_seconds: Option<u64>,
        heartbeat_seconds: Option<u64>,
    ) {
        match resource {
            Resource::Function(arn) => {
                let resource = arn.clone();
                let kind = EventKind::LambdaFunctionScheduled { resource, input, timeout_seconds };
                self.record(id, kind);
                self.record(id, EventKind::LambdaFunctionStarted);
            }
            Resource::Activity(arn) => {
                let resource = arn.clone();
                self.record(
                    id,
                    EventKind::ActivityScheduled {
                        resource,
                        input,
                        timeout_seconds,
                        heartbeat_seconds,
                    },
                );
            }
            Resource::Service(service) => {
                self.record(
                    id,
                    EventKind::TaskScheduled {
                        resource: task_resource(service),
                        region: REGION,
                        parameters: input,
                        timeout_seconds,
                        heartbeat_seconds,
                    },
                );
                self.record(id, EventKind::TaskStarted(task_resource(service)));
            }
        }
    }

    /// Takes a task's result.
    pub(crate) fn task_succeeded(
        &mut self,
        id: FlowId,
        result: TaskResult,
    ) -> Result<Step, Failure> {
        let task = self.task_of(id);
        if result.too_large {
            let failure = too_large(&task.resource);
            self.record_failed(id, failure.clone().into_details());
            return Err(failure);
        }
        if result.is_whole {
            self.record_begun_by_mock(id, &result.output);
        }
        let output = match &task.resource {
            Resource::Service(service) if service.is_lambda_invoke() && !result.is_whole => {
                invoke_result(result)
            }
            _ => result.output,
        };
        self.record_succeeded(id, output.clone());
        self.exit_with_result(id, &task.handling, output)
    }

    /// `InvocationType: Event` succeeds as soon as the call is under way.
    fn detached_succeeded(&mut self, id: FlowId, task: &Task) -> Result<Step, Failure> {
        let output = accepted();
        self.record_succeeded(id, output.clone());
        self.exit_with_result(id, &task.handling, output)
    }

    fn record_succeeded(&mut self, id: FlowId, output: Data) {
        let kind = match &self.task_of(id).resource {
            Resource::Function(_) => EventKind::LambdaFunctionSucceeded { output },
            Resource::Activity(_) => EventKind::ActivitySucceeded { output },
            Resource::Service(service) => {
                EventKind::TaskSucceeded { resource: task_resource(service), output }
            }
        };
        self.record(id, kind);
    }

    fn record_failed(&mut self, id: FlowId, details: ErrorDetails) {
        let kind = match &self.task_of(id).resource {
            Resource::Function(_) => EventKind::LambdaFunctionFailed(details),
            Resource::Activity(_) => EventKind::ActivityFailed(details),
            Resource::Service(service) => EventKind::TaskFailed(task_resource(service), details),
        };
        self.record(id, kind);
    }

    /// Takes a task's failure.
    ///
    /// A function's error payload is passed on as it came from a function ARN, and as compact JSON
    /// from `lambda:invoke`: so it was recorded on AWS.
    pub(crate) fn task_failed(&mut self, id: FlowId, error: ArcStr, cause: Option<ArcStr>) {
        let cause = match (&self.task_of(id).resource, &self.progress.flow(id).phase) {
            // Whoever calls back says what he wants to say.
            (_, Phase::Task(RunningTask { stage: Stage::Begun, .. })) => cause,
            (Resource::Service(_), _) => cause.map(compact),
            _ => cause,
        };
        let failure = Failure::of_task(error, cause);
        self.record_failed(id, failure.clone().into_details());
        self.state_failed(id, failure, None);
    }

    /// Gives up a task whose time is over.
    pub(crate) fn task_timed_out(&mut self, id: FlowId, failure: Failure) {
        let phase = std::mem::replace(&mut self.progress.flow_mut(id).phase, Phase::Ready);
        self.cancel(&phase);
        let details = failure.clone().into_details();
        let kind = match &self.task_of(id).resource {
            Resource::Function(_) => EventKind::LambdaFunctionTimedOut(details),
            Resource::Activity(_) => EventKind::ActivityTimedOut(details),
            Resource::Service(service) => EventKind::TaskTimedOut(task_resource(service), details),
        };
        self.record(id, kind);
        self.state_failed(id, failure, None);
    }

    /// Starts a task's heartbeat clock again.
    pub(crate) fn task_heartbeat(&mut self, task: TaskId) {
        let Some((id, mut running)) = self.progress.running(task) else { return };
        if let Some(timer) = running.heartbeat.timer {
            self.cancel_timer(timer);
            self.start_clock(id, &mut running.heartbeat);
            self.progress.flow_mut(id).phase = Phase::Task(running);
        }
    }

    pub(crate) fn cancel_task_timers(&mut self, running: &RunningTask) {
        for timer in [running.timeout.timer, running.heartbeat.timer].into_iter().flatten() {
            self.cancel_timer(timer);
        }
    }

    pub(super) fn start_clocks(&mut self, id: FlowId, running: &mut RunningTask) {
        self.start_clock(id, &mut running.timeout);
        self.start_clock(id, &mut running.heartbeat);
    }

    fn start_clock(&mut self, id: FlowId, clock: &mut Clock) {
        let Some(seconds) = clock.seconds else { return };
        let timer = TimerId(self.progress.ticket(id));
        self.actions.push(Action::StartTimer(timer, self.now.plus_seconds(seconds)));
        clock.timer = Some(timer);
    }
}

impl<'a> Turn<'a> {
    /// The Task state that a flow is in.
    pub(super) fn task_of(&self, id: FlowId) -> &'a Task {
        match &self.state(id).kind {
            Kind::Task(task) => task,
            other => unreachable!("only Task states run tasks, not {} states", other.name()),
        }
    }
}

/// A call that a Task state makes.
struct Call {
    target: TaskTarget,
    input: Data,
    detached: bool,
    wants_log: bool,
    /// What the service says of a call that it does not even begin.
    refusal: Option<Failure>,
}

/// The event that a function gets whose `Payload` this is.
fn event_of(payload: Data) -> Result<Data, json::Error> {
    // Nothing else need be decoded.
    if payload.depth() > 0 {
        return Ok(payload);
    }
    match payload.value() {
        Value::Null => Ok(Value::empty_object().into()),
        // A text is sent as it is: it must be the JSON text of the function's event.
        Value::String(text) => json::parse(text.as_bytes()).map(Data::from),
        _ => Ok(payload),
    }
}

/// A result that is longer than AWS allows.
pub(super) fn too_large(resource: &Resource) -> Failure {
    Failure::data_limit_exceeded(match resource {
        Resource::Service(service) => &service.service,
        Resource::Function(arn) | Resource::Activity(arn) => arn,
    })
}

/// What Lambda says of a call that nobody waits for.
fn accepted() -> Data {
    let mut output = ObjectBuilder::with_capacity(2);
    output.insert("Payload", "");
    output.insert("StatusCode", 202);
    output.build().into()
}

/// JSON text without white space between its parts; other text as it is.
fn compact(text: ArcStr) -> ArcStr {
    json::parse(text.as_bytes()).map_or(text, |value| value.to_json().into())
}

pub(super) fn task_resource(service: &Service) -> TaskResource {
    TaskResource { service: service.service.clone(), action: service.action.clone() }
}

/// The result of `lambda:invoke`: the answer of Lambda's Invoke API around the function's value.
pub(super) fn invoke_result(result: TaskResult) -> Data {
    let response = Value::object([(str_literal!("RequestId"), Value::from(result.request_id))]);
    let mut members = Vec::with_capacity(6);
    let mut insert = |key, member| members.push((key, member));
    insert(str_literal!("ExecutedVersion"), Value::from(str_literal!("$LATEST")).into());
    if let Some(log_tail) = result.log_tail {
        insert(str_literal!("LogResult"), Value::from(log_tail).into());
    }
    insert(str_literal!("Payload"), result.output);
    insert(str_literal!("SdkHttpMetadata"), HTTP_METADATA.clone().into());
    insert(str_literal!("SdkResponseMetadata"), response.into());
    insert(str_literal!("StatusCode"), Value::from(200).into());
    Data::object(members)
}

/// What the result of `lambda:invoke` says about HTTP, always the same.
static HTTP_METADATA: LazyLock<Value> = LazyLock::new(|| {
    Value::object([
        (str_literal!("AllHttpHeaders"), Value::empty_object()),
        (str_literal!("HttpHeaders"), Value::empty_object()),
        (str_literal!("HttpStatusCode"), Value::from(200)),
    ])
});
