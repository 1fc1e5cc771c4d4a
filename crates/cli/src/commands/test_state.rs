//! `faastlane test-state`: one state alone, as `TestState` of AWS's API does it.

use std::time::SystemTime;

use faastlane_api::{Models, Surroundings};
use faastlane_asl::{Kind, StateMachine};
use faastlane_container::Ids;
use faastlane_engine::{ErrorDetails, Mock, Mocks, TaskRequest, TaskTarget, Time};
use faastlane_project::Settings;
use faastlane_testing::botocore::Botocore;
use faastlane_value::{ObjectBuilder, Value, json};

use super::repeat::Logs;
use super::run::Ready;
use crate::args::{
    LevelArg, LimitsArg, PlacementArgs, ProjectArgs, SetupArgs, TestStateArgs, ValidationArg,
};
use crate::exit::ExitCode;
use crate::functions::Pythons;
use crate::interrupt::Interrupt;
use crate::{Error, input, print, services, target};

/// The role of a test that names none.
const ROLE: &str = "arn:aws:iam::123456789012:role/faastlane";

/// Tests the state and prints what came of it.
pub(crate) fn test_state(args: &TestStateArgs) -> Result<ExitCode, Error> {
    let interrupt = Interrupt::watch()?;
    let tested = test(args, &interrupt);
    interrupt.check()?;
    interrupt.let_go();
    let answer = tested?;
    match args.json {
        true => print::json_line(&answer)?,
        false => print::output(&readable(&answer))?,
    }
    let status = answer.get("status").and_then(Value::as_str);
    let good = matches!(status, Some("SUCCEEDED" | "CAUGHT_ERROR"));
    Ok(if good { ExitCode::Succeeded } else { ExitCode::Failed })
}

fn test(args: &TestStateArgs, interrupt: &Interrupt) -> Result<Value, Error> {
    let read = |typed: &Option<String>| match typed {
        Some(_) => input::read(typed.as_deref(), None, interrupt).map(Some),
        None => Ok(None),
    };
    let project = args.target.as_ref().map(|target| SetupArgs {
        project: ProjectArgs {
            target: target.clone(),
            machine: args.machine.clone(),
            functions: args.functions.clone(),
            parameters: args.parameters.clone(),
        },
        environment: Vec::new(),
        python: args.python.clone(),
        limits: LimitsArg::None,
        placement: PlacementArgs::default(),
        s3: None,
    });
    let request = match (read(&args.request)?, &project) {
        (Some(text), _) => parsed(&text)?,
        (None, Some(setup)) => request(args, definition(&setup.project)?, read)?,
        (None, None) => return Err(Error::Invalid("there is nothing to test".to_owned())),
    };
    let mut here = Here {
        project,
        state: args.state.clone(),
        interrupt,
        pythons: Pythons::find(args.python.as_deref())?,
        botocore: None,
        ids: Ids::random(),
        broken: None,
    };
    let answer = faastlane_api::test_state(&request, &mut here);
    match (here.broken, answer) {
        (Some(broken), _) => Err(broken),
        (None, Ok(answer)) => Ok(answer),
        (None, Err(refused)) => Err(Error::Invalid(refused.to_string())),
    }
}

/// The definition that is meant, as JSON text. No service of the project need run for that.
fn definition(args: &ProjectArgs) -> Result<String, Error> {
    let settings = Settings::load(&args.target)?;
    let project = target::load(args, services::placeholders(&settings))?;
    let machine = target::machine(&project, args.machine.as_deref())?;
    Ok(machine.definition.root.to_value().to_json())
}

/// Mocks for all Task states but one: functions that only these call are not prepared.
fn all_but(called: Option<&str>, machine: &StateMachine) -> Mocks {
    let mut mocks = Mocks::default();
    let tasks = machine.states.iter().filter(|state| matches!(state.kind, Kind::Task(_)));
    for state in tasks.filter(|state| Some(state.name.as_str()) != called) {
        let mock = Mock { name: state.name.clone(), responses: Vec::new() };
        mocks.insert(state.name.clone(), mock);
    }
    mocks
}

/// The request that was typed, in the shape of the API.
fn request(
    args: &TestStateArgs,
    definition: String,
    read: impl Fn(&Option<String>) -> Result<Option<String>, Error>,
) -> Result<Value, Error> {
    let mut request = Members::default();
    request.text("definition", Some(definition));
    request.text("stateName", args.state.clone());
    request.text("roleArn", Some(ROLE.to_owned()));
    request.text("input", read(&args.input)?);
    request.text("variables", read(&args.variables)?);
    request.text("context", read(&args.context)?);
    let level = args.inspection_level.map(|level| match level {
        LevelArg::Info => "INFO",
        LevelArg::Debug => "DEBUG",
        LevelArg::Trace => "TRACE",
    });
    request.text("inspectionLevel", level.map(str::to_owned));
    let mut mock = Members::default();
    mock.text("result", read(&args.mock_result)?);
    let mut error = Members::default();
    error.text("error", args.mock_error.clone());
    error.text("cause", args.mock_cause.clone());
    mock.object("errorOutput", error);
    let mode = args.field_validation_mode.map(|mode| match mode {
        ValidationArg::Strict => "STRICT",
        ValidationArg::Present => "PRESENT",
        ValidationArg::None => "NONE",
    });
    mock.text("fieldValidationMode", mode.map(str::to_owned));
    request.object("mock", mock);
    let mut configuration = Members::default();
    configuration.number("retrierRetryCount", args.retrier_retry_count);
    configuration.number("mapIterationFailureCount", args.map_iteration_failure_count);
    configuration.text("errorCausedByState", args.error_caused_by_state.clone());
    if let Some(file) = &args.map_item_reader_data {
        let text = std::fs::read_to_string(file).map_err(|error| {
            Error::Invalid(format!("cannot read the items {}: {error}", file.display()))
        })?;
        configuration.text("mapItemReaderData", Some(text));
    }
    request.object("stateConfiguration", configuration);
    Ok(request.build())
}

/// Members of an object; those without a value are left out.
#[derive(Default)]
struct Members {
    builder: ObjectBuilder,
    count: usize,
}

impl Members {
    fn insert(&mut self, name: &'static str, value: Option<Value>) {
        if let Some(value) = value {
            self.count += 1;
            self.builder.insert(name, value);
        }
    }

    fn text(&mut self, name: &'static str, text: Option<String>) {
        self.insert(name, text.map(Value::from));
    }

    fn number(&mut self, name: &'static str, number: Option<u32>) {
        self.insert(name, number.map(|number| Value::from(i64::from(number))));
    }

    fn object(&mut self, name: &'static str, members: Self) {
        let object = (members.count > 0).then(|| members.build());
        self.insert(name, object);
    }

    fn build(self) -> Value {
        self.builder.build()
    }
}

fn parsed(text: &str) -> Result<Value, Error> {
    json::parse(text.as_bytes())
        .map_err(|error| Error::Invalid(format!("cannot read the request as JSON: {error}")))
}

/// The answer with values in place of the JSON texts that the API gives.
fn readable(answer: &Value) -> Value {
    let value = |text: &Value| match text.as_str().map(|text| json::parse(text.as_bytes())) {
        Some(Ok(value)) => value,
        _ => text.clone(),
    };
    let members = answer.as_object().into_iter().flat_map(|members| members.iter());
    Value::object(members.map(|(name, member)| {
        let member = match (name.as_str(), member.as_object()) {
            ("output", _) => value(member),
            ("inspectionData", Some(data)) => {
                Value::object(data.iter().map(|(name, text)| (name.clone(), value(text))))
            }
            _ => member.clone(),
        };
        (name.clone(), member)
    }))
}

/// This machine and the user's project.
struct Here<'a> {
    /// What is set up when something is called.
    project: Option<SetupArgs>,
    /// The state under test.
    state: Option<String>,
    interrupt: &'a Interrupt,
    pythons: Pythons,
    /// What was found of models; none before they were looked for.
    botocore: Option<Option<Botocore>>,
    ids: Ids,
    /// What ends the command.
    broken: Option<Error>,
}

impl Models for Here<'_> {
    fn model(&mut self, service: &str) -> Option<Value> {
        let pythons = &self.pythons;
        let botocore = self.botocore.get_or_insert_with(|| {
            let found = pythons.package("botocore").map(|package| Botocore::new(&package));
            if found.is_none() {
                print::note(
                    "no botocore was found, so the mock is not held against the model of its \
                     service; install boto3 to have that",
                );
            }
            found
        });
        let model = botocore.as_mut()?.model(service);
        if model.is_none() {
            print::note(&format!("botocore has no model of {service}: the mock is not checked"));
        }
        model
    }
}

impl Surroundings for Here<'_> {
    fn now(&self) -> Time {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let ms = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
        Time(ms)
    }

    fn uuid(&mut self) -> String {
        self.ids.uuid()
    }

    fn call(&mut self, request: &TaskRequest) -> Result<Value, ErrorDetails> {
        let refused = |cause: String| {
            let error = Some("States.TaskFailed".into());
            Err(ErrorDetails { error, cause: Some(cause.into()) })
        };
        let (project, resource) = match (&self.project, &request.target) {
            (Some(project), TaskTarget::Function(function)) => (project, function.as_str()),
            (Some(project), TaskTarget::Service(service)) => (project, service.arn.as_str()),
            (None, TaskTarget::Function(function)) => {
                return refused(format!(
                    "There is no project with the function '{function}'; mock it."
                ));
            }
            (None, TaskTarget::Service(service)) => {
                return refused(format!(
                    "'{}' is only called for a project; mock it.",
                    service.arn
                ));
            }
            (_, TaskTarget::Activity(arn)) => {
                return refused(format!("The activity '{arn}' has no worker here; mock it."));
            }
        };
        let mocks = |machine: &StateMachine| all_but(self.state.as_deref(), machine);
        let ready =
            Ready::set_up(project, None, self.interrupt, |_, _, machine| Ok(mocks(machine)));
        let called = ready.and_then(|ready| {
            ready.call(resource, request.input.value(), Logs(ready.names()), self.interrupt)
        });
        match called {
            Ok(outcome) => outcome.into_output().map(|output| output.into_value()),
            Err(broken) => {
                self.broken = Some(broken);
                Err(ErrorDetails::default())
            }
        }
    }
}
