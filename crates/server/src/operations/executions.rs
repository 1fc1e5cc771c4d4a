//! Executions: stopped, gone on with, described and listed.

use faastlane_api::{Arn, Error, Qualifier, Resource};
use faastlane_store::{Execution, Executions as Of, Filter, Kind, MachineStatus, Status, Summary};
use faastlane_value::Value;

use super::answer::{Answer, Data, number};
use super::failure::refused;
use super::map_runs::machine_of;
use super::redrive::Redrivable;
use super::request::Request;
use super::settings;
use super::{Operations, Runs};
use crate::http::Failure;

impl<R: Runs> Operations<R> {
    pub(super) async fn stop_execution(&self, request: &Request<'_>) -> Result<Value, Failure> {
        let arn = Arn::execution(request.required("executionArn"))?.text;
        let (error, cause) = (request.owned("error"), request.owned("cause"));
        let stopped = self.executions.stop(arn, error, cause).await;
        let stopped = stopped.map_err(|why| refused(why, arn))?;
        Ok(Answer::default().at("stopDate", stopped).build())
    }

    pub(super) async fn redrive_execution(&self, request: &Request<'_>) -> Result<Value, Failure> {
        let text = request.required("executionArn");
        let arn = Arn::execution(text)?.text;
        let (token, now) = (request.text("clientToken"), self.now());
        let at = match self.redrives.seen(arn, token, now) {
            Some(at) => at,
            None => {
                let execution = self.execution(arn)?;
                match self.redrivable(&execution)? {
                    Redrivable::Yes => {}
                    Redrivable::ByMapRun => {
                        let why = "Execution can only be redriven by its Map Run";
                        return Err(Error::execution_not_redrivable(why).into());
                    }
                    Redrivable::No(why) => return Err(Error::execution_not_redrivable(why).into()),
                }
                let at = self.executions.redrive(arn).await.map_err(|why| refused(why, arn))?;
                self.redrives.add(arn, token, at);
                at
            }
        };
        Ok(Answer::default().at("redriveDate", at).build())
    }

    pub(super) fn describe_execution(&self, request: &Request<'_>) -> Result<Value, Failure> {
        let execution = self.execution(described(request)?)?;
        let redrivable = self.redrivable(&execution)?;
        let machine = shown_machine(&execution.machine_arn, execution.map_run_arn.as_deref());
        let data = request.wants_data();
        let answer = Answer::default()
            .with("executionArn", execution.arn)
            .with("stateMachineArn", machine)
            .with("name", execution.name)
            .with("status", execution.status.as_str())
            .at("startDate", execution.started)
            .maybe_at("stopDate", execution.stopped)
            .data(Data::Input, Some(execution.input), data)
            .data(Data::Output, execution.output, data)
            .maybe("traceHeader", execution.trace_header)
            .maybe("mapRunArn", execution.map_run_arn)
            .maybe("error", execution.error)
            .maybe("cause", execution.cause)
            .maybe("stateMachineVersionArn", execution.version_arn)
            .maybe("stateMachineAliasArn", execution.alias_arn)
            .with("redriveCount", number(execution.redrive_count))
            .maybe_at("redriveDate", execution.redriven)
            .with("redriveStatus", redrivable.status())
            .maybe("redriveStatusReason", redrivable.reason());
        Ok(answer.build())
    }

    pub(super) fn describe_machine_for_execution(
        &self,
        request: &Request<'_>,
    ) -> Result<Value, Failure> {
        let arn = described(request)?;
        let execution = self.execution(arn)?;
        let revision = self.store.revision(execution.revision)?;
        let revision = revision.ok_or_else(|| Error::execution_does_not_exist(arn))?;
        let map_run = execution.map_run_arn.as_deref();
        let machine = shown_machine(&execution.machine_arn, map_run);
        let label =
            map_run.and_then(|_| machine.rsplit_once('/')).map(|(_, label)| label.to_owned());
        let name = match Arn::parse(&machine)?.resource {
            Resource::StateMachine { name, .. } => name.to_owned(),
            _ => String::new(),
        };
        let answer = Answer::default()
            .with("stateMachineArn", machine)
            .with("name", name)
            .at("updateDate", revision.created)
            .maybe("mapRunArn", map_run)
            .maybe("label", label);
        let (settings, id) = (&revision.settings, &revision.revision_id);
        Ok(settings::shown(answer, settings, id, request.wants_data()).build())
    }

    pub(super) fn list_executions(&self, request: &Request<'_>) -> Result<Value, Failure> {
        let (machine, map_run) = (request.text("stateMachineArn"), request.text("mapRunArn"));
        let (status, redriven) = (request.text("statusFilter"), request.text("redriveFilter"));
        let parsed = machine.map(Arn::machine).transpose()?;
        let mut filter = Filter {
            status: status.and_then(Status::from_text),
            redriven: redriven.map(|filter| filter == "REDRIVEN"),
            ..Filter::default()
        };
        let of = match (parsed, map_run) {
            (Some(arn), None) => {
                self.check_listed(&arn)?;
                if filter.status == Some(Status::PendingRedrive) {
                    // The API's own words are not known.
                    let message = "The status PENDING_REDRIVE can only be listed of a Map Run: give mapRunArn";
                    return Err(Error::validation(None, message).into());
                }
                match arn.qualifier() {
                    Some(Qualifier::Version(_)) => filter.version_arn = Some(arn.text),
                    Some(Qualifier::Alias(_)) => filter.alias_arn = Some(arn.text),
                    None => {}
                }
                Of::Machine(arn.unqualified())
            }
            (None, Some(map_run)) => {
                let arn = Arn::map_run(map_run)?.text;
                let absent = || Error::resource_not_found_at(arn);
                self.store.map_run(arn)?.ok_or_else(absent)?;
                Of::MapRun(arn)
            }
            // The API's own words are not known.
            _ => {
                let message = "Exactly one of stateMachineArn and mapRunArn must be specified";
                return Err(Error::validation(None, message).into());
            }
        };
        let whose = machine.or(map_run).unwrap_or_default();
        let filters = [status.unwrap_or_default(), redriven.unwrap_or_default()];
        let asked = request.page(&["ListExecutions", whose, filters[0], filters[1]])?;
        let page = self.store.executions(of, filter, asked.after, asked.limit)?;
        let is_of_map_run = map_run.is_some();
        let executions = page.items.into_iter().map(|execution| listed(execution, is_of_map_run));
        let answer = Answer::default().with("executions", Value::array(executions));
        Ok(asked.end(answer, page.next).build())
    }

    /// Checks that there are executions of a machine, version or alias to be listed.
    fn check_listed(&self, arn: &Arn<'_>) -> Result<(), Failure> {
        let absent = || Error::state_machine_does_not_exist(arn.text);
        let machine = self.store.machine(arn.unqualified())?.ok_or_else(absent)?;
        if machine.kind == Kind::Express {
            return Err(Error::type_not_supported().into());
        }
        let exists = match arn.qualifier() {
            None => true,
            Some(Qualifier::Version(number)) => self.store.version(&machine.arn, number)?.is_some(),
            Some(Qualifier::Alias(name)) => self.store.alias(&machine.arn, name)?.is_some(),
        };
        if exists { Ok(()) } else { Err(absent().into()) }
    }

    fn execution(&self, arn: &str) -> Result<Execution, Failure> {
        let absent = || Error::execution_does_not_exist(arn);
        Ok(self.store.execution(arn)?.ok_or_else(absent)?)
    }

    fn redrivable(&self, execution: &Execution) -> Result<Redrivable, Failure> {
        if matches!(execution.status, Status::Running | Status::Succeeded) {
            return Ok(Redrivable::of(execution, true, 0, self.now()));
        }
        let machine = self.store.machine(&execution.machine_arn)?;
        let has_machine = machine.is_some_and(|machine| machine.status == MachineStatus::Active);
        let events = self.store.last_event(&execution.arn)?;
        Ok(Redrivable::of(execution, has_machine, events, self.now()))
    }
}

/// The ARN of an execution that can be described: a Standard one, or a child of a map run.
fn described<'r>(request: &Request<'r>) -> Result<&'r str, Error> {
    let text = request.required("executionArn");
    match Arn::parse(text)?.resource {
        Resource::Express { machine, .. } if machine.contains('/') => Ok(text),
        _ => Arn::execution(text).map(|arn| arn.text),
    }
}

/// The machine of an execution as answers name it: of a child of a map run, with the Map's label.
fn shown_machine(machine: &str, map_run: Option<&str>) -> String {
    map_run.map_or_else(|| machine.to_owned(), machine_of)
}

fn listed(execution: Summary, is_of_map_run: bool) -> Value {
    let map_run = execution.map_run_arn;
    let machine = shown_machine(&execution.machine_arn, map_run.as_deref());
    Answer::default()
        .with("executionArn", execution.arn)
        .with("stateMachineArn", machine)
        .with("name", execution.name)
        .with("status", execution.status.as_str())
        .at("startDate", execution.started)
        .maybe_at("stopDate", execution.stopped)
        .maybe("mapRunArn", map_run.filter(|_| is_of_map_run))
        .maybe("itemCount", execution.item_count.filter(|_| is_of_map_run).map(number))
        .maybe("stateMachineVersionArn", execution.version_arn)
        .maybe("stateMachineAliasArn", execution.alias_arn)
        .with("redriveCount", number(execution.redrive_count))
        .maybe_at("redriveDate", execution.redriven)
        .build()
}
