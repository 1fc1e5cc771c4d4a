//! State machines.

use faastlane_api::{Arn, Error, Qualifier, check_name};
use faastlane_asl::MachineType;
use faastlane_container::Ids;
use faastlane_store::{
    Created, Executions as Of, Filter, Kind, Machine, MachineStatus, NewMachine, Published,
    Settings, Status, Store, Update, Updated,
};
use faastlane_value::Value;
use std::sync::Arc;
use tokio::task::JoinSet;

use super::answer::{Answer, done};
use super::request::Request;
use super::settings::{self, FIRST_REVISION};
use super::tags::{MOST_TAGS, check_tags};
use super::{Operations, Runs};
use crate::http::Failure;

impl<R: Runs> Operations<R> {
    pub(super) fn create_state_machine(&self, request: &Request<'_>) -> Result<Value, Failure> {
        let name = request.required("name");
        check_name(name)?;
        let description = described(request)?;
        settings::check_role(request.required("roleArn"))?;
        let (place, tags) = (request.place(), request.tags());
        let arn = place.machine(name);
        check_tags(&tags, &arn, MOST_TAGS)?;
        let kind = request.text("type").and_then(Kind::from_text).unwrap_or(Kind::Standard);
        let settings = Settings {
            definition: request.required("definition").to_owned(),
            role_arn: request.required("roleArn").to_owned(),
            logging: settings::logging(request)?,
            tracing: settings::tracing(request),
            encryption: settings::encryption(request)?,
        };
        faastlane_api::create_state_machine(request.body)?;
        let (name, revision_id) = (name.to_owned(), FIRST_REVISION.to_owned());
        let created = self.now();
        let new = NewMachine { arn, name, kind, settings, revision_id, created, tags };
        let publish = request.flag("publish", false);
        let (machine, version) = match self.store.create_machine(&new)? {
            Created::New(machine) => {
                let version =
                    publish.then(|| self.publish(&machine.arn, None, description)).transpose()?;
                (machine, version)
            }
            Created::Existing(machine) => {
                let version = self.same(&machine, &new, publish, description)?;
                (machine, version)
            }
        };
        let answer = Answer::default()
            .with("stateMachineArn", machine.arn)
            .at("creationDate", machine.created)
            .maybe("stateMachineVersionArn", version);
        Ok(answer.build())
    }

    /// The version that a request has published which is the same as an earlier one; roles and tags may differ.
    fn same(
        &self,
        machine: &Machine,
        new: &NewMachine,
        publish: bool,
        description: Option<&str>,
    ) -> Result<Option<String>, Failure> {
        let arn = machine.arn.as_str();
        if machine.status != MachineStatus::Active {
            return Err(Error::state_machine_deleting(arn).into());
        }
        let comparable =
            |settings: &Settings| Settings { role_arn: String::new(), ..settings.clone() };
        if machine.kind != new.kind
            || comparable(&machine.revision.settings) != comparable(&new.settings)
        {
            return Err(Error::state_machine_already_exists(arn).into());
        }
        if !publish {
            return Ok(None);
        }
        let first = self.store.version(arn, 1)?;
        let same = first.filter(|first| first.description.as_deref() == description);
        let version = same.ok_or_else(|| Error::state_machine_already_exists(arn))?;
        Ok(Some(version.arn()))
    }

    /// The ARN of a version of what a machine is now.
    pub(super) fn publish(
        &self,
        machine_arn: &str,
        revision_id: Option<&str>,
        description: Option<&str>,
    ) -> Result<String, Failure> {
        match self.store.publish_version(machine_arn, revision_id, description, self.now())? {
            Published::New(version) | Published::Existing(version) => Ok(version.arn()),
            Published::NoMachine => Err(Error::state_machine_does_not_exist(machine_arn).into()),
            Published::Stale { revision_id: current } => {
                let revision_id = revision_id.unwrap_or_default();
                Err(Error::conflict(format!(
                    "Failed to publish the State Machine version for revision {revision_id}. The current \
                     State Machine revision is {current}."
                ))
                .into())
            }
        }
    }

    pub(super) fn describe_state_machine(&self, request: &Request<'_>) -> Result<Value, Failure> {
        let text = request.required("stateMachineArn");
        let arn = Arn::machine(text)?;
        let absent = || Error::state_machine_does_not_exist(text);
        let machine = self.store.machine(arn.unqualified())?.ok_or_else(absent)?;
        let (revision, created, description) = match arn.qualifier() {
            None => (machine.revision, machine.created, None),
            Some(Qualifier::Version(number)) => {
                let version = self.store.version(&machine.arn, number)?.ok_or_else(absent)?;
                let revision = self.store.revision(version.revision)?.ok_or_else(absent)?;
                (revision, version.created, version.description)
            }
            // The guide names machines and versions only.
            Some(Qualifier::Alias(_)) => return Err(absent().into()),
        };
        let answer = Answer::default()
            .with("stateMachineArn", text)
            .with("name", machine.name)
            .with("status", machine.status.as_str())
            .with("type", machine.kind.as_str())
            .at("creationDate", created)
            .maybe("description", description);
        let (settings, id) = (&revision.settings, &revision.revision_id);
        Ok(settings::shown(answer, settings, id, request.wants_data()).build())
    }

    pub(super) fn update_state_machine(&self, request: &Request<'_>) -> Result<Value, Failure> {
        let text = request.required("stateMachineArn");
        let machine = self.active(text)?;
        let description = described(request)?;
        let update = Update {
            definition: request.owned("definition"),
            role_arn: request.owned("roleArn"),
            logging: settings::logging(request)?,
            tracing: settings::tracing(request),
            encryption: settings::encryption(request)?,
        };
        let Update { definition, role_arn, logging, tracing, encryption } = &update;
        if [definition, role_arn, logging, tracing, encryption]
            .iter()
            .all(|setting| setting.is_none())
        {
            return Err(Error::nothing_to_update().into());
        }
        if let Some(role) = role_arn {
            settings::check_role(role)?;
        }
        if let Some(definition) = definition {
            let machine_type = match machine.kind {
                Kind::Standard => MachineType::Standard,
                Kind::Express => MachineType::Express,
            };
            faastlane_api::check_definition(definition, machine_type)?;
        }
        let updated =
            self.store.update_machine(text, &update, &Ids::random().uuid(), self.now())?;
        let machine = match updated {
            Updated::Done(machine) => machine,
            Updated::Absent => return Err(Error::state_machine_does_not_exist(text).into()),
            Updated::Deleting => return Err(Error::state_machine_deleting(text).into()),
        };
        let publish = request.flag("publish", false);
        let version = publish.then(|| self.publish(text, None, description)).transpose()?;
        let revision_id = Some(machine.revision.revision_id).filter(|id| id != FIRST_REVISION);
        let answer = Answer::default()
            .at("updateDate", machine.updated)
            .maybe("revisionId", revision_id)
            .maybe("stateMachineVersionArn", version);
        Ok(answer.build())
    }

    /// The machine of an unqualified ARN, unless it is being deleted.
    pub(super) fn active(&self, text: &str) -> Result<Machine, Failure> {
        let arn = Arn::machine(text)?;
        let absent = || Error::state_machine_does_not_exist(text);
        if arn.qualifier().is_some() {
            return Err(absent().into());
        }
        let machine = self.store.machine(text)?.ok_or_else(absent)?;
        match machine.status {
            MachineStatus::Active => Ok(machine),
            _ => Err(Error::state_machine_deleting(text).into()),
        }
    }

    /// Deletes a machine. Its executions are stopped at once, which AWS does when they come to their next state.
    pub(super) fn delete_state_machine(&self, request: &Request<'_>) -> Result<Value, Failure> {
        let text = request.required("stateMachineArn");
        if Arn::machine(text)?.qualifier().is_some() {
            // The API's own words are not known.
            let message =
                format!("Only a state machine can be deleted, not a version or alias: '{text}'");
            return Err(Error::validation(None, message).into());
        }
        if self.store.delete_machine(text)? && self.store.machine(text)?.is_some() {
            let (store, executions) = (Arc::clone(&self.store), self.executions.clone());
            tokio::spawn(stop_all(store, executions, text.to_owned()));
        }
        Ok(done())
    }

    pub(super) fn list_state_machines(&self, request: &Request<'_>) -> Result<Value, Failure> {
        let asked = request.page(&["ListStateMachines"])?;
        let page = self.store.machines(asked.after, asked.limit)?;
        let machines = page.items.into_iter().map(|machine| {
            Answer::default()
                .with("stateMachineArn", machine.arn)
                .with("name", machine.name)
                .with("type", machine.kind.as_str())
                .at("creationDate", machine.created)
                .build()
        });
        let answer = Answer::default().with("stateMachines", Value::array(machines));
        Ok(asked.end(answer, page.next).build())
    }
}

/// `versionDescription`, which only a version can have.
fn described<'r>(request: &Request<'r>) -> Result<Option<&'r str>, Error> {
    let description = request.text("versionDescription").filter(|text| !text.is_empty());
    match description {
        Some(_) if !request.flag("publish", false) => {
            Err(Error::validation(None, "Version description can only be set when publish is true"))
        }
        description => Ok(description),
    }
}

/// How many executions are stopped at a time.
const STOPPED_TOGETHER: usize = 100;

/// Stops what runs of a machine. What cannot be stopped has ended meanwhile.
async fn stop_all<R: Runs>(store: Arc<Store>, executions: R, machine: String) {
    let filter = Filter { status: Some(Status::Running), ..Filter::default() };
    let mut after = None;
    while let Ok(page) = store.executions(Of::Machine(&machine), filter, after, STOPPED_TOGETHER) {
        let mut stopping = JoinSet::new();
        for execution in page.items {
            let executions = executions.clone();
            stopping
                .spawn(async move { executions.stop(&execution.arn, None, None).await.is_ok() });
        }
        stopping.join_all().await;
        after = page.next;
        if after.is_none() {
            return;
        }
    }
}
