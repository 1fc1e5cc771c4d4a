//! Aliases of state machines.

use faastlane_api::{Arn, Error, Qualifier, Reason};
use faastlane_store::{Alias, Aliased, MachineStatus, Route};
use faastlane_value::Value;

use super::answer::{Answer, done, number};
use super::request::Request;
use super::{Operations, Runs};
use crate::http::Failure;

/// How many aliases a machine can have (API reference, `CreateStateMachineAlias`).
const MOST: usize = 100;

impl<R: Runs> Operations<R> {
    pub(super) fn create_alias(&self, request: &Request<'_>) -> Result<Value, Failure> {
        let name = request.required("name");
        let (machine_arn, routes) = routing(request)?.ok_or_else(Error::resource_not_found)?;
        let machine = self.store.machine(&machine_arn)?.ok_or_else(Error::resource_not_found)?;
        if machine.status != MachineStatus::Active {
            return Err(Error::state_machine_deleting(&machine_arn).into());
        }
        let is_full = self.store.aliases(&machine_arn, None, None, MOST)?.items.len() >= MOST;
        if is_full && self.store.alias(&machine_arn, name)?.is_none() {
            return Err(
                Error::quota_exceeded("A state machine can have at most 100 aliases.").into()
            );
        }
        let (now, description) = (self.now(), request.owned("description"));
        let name = name.to_owned();
        let alias = Alias { machine_arn, name, routes, description, created: now, updated: now };
        let alias = match self.store.create_alias(&alias)? {
            Aliased::Done(alias) => alias,
            Aliased::Existing(existing)
                if existing.routes == alias.routes && existing.description == alias.description =>
            {
                existing
            }
            Aliased::Existing(_) => {
                let message = "Failed to create alias because an alias with the same name and a \
                               different routing configuration already exists.";
                return Err(Error::conflict(message).into());
            }
            Aliased::NoVersion(_) | Aliased::Absent => {
                return Err(Error::resource_not_found().into());
            }
        };
        let answer = Answer::default()
            .with("stateMachineAliasArn", alias.arn())
            .at("creationDate", alias.created);
        Ok(answer.build())
    }

    pub(super) fn describe_alias(&self, request: &Request<'_>) -> Result<Value, Failure> {
        let (machine, name) = named(request)?;
        let alias = self.store.alias(machine, name)?.ok_or_else(Error::resource_not_found)?;
        let routes = alias.routes.iter().map(|route| {
            Answer::default()
                .with("stateMachineVersionArn", format!("{machine}:{}", route.version))
                .with("weight", number(route.weight))
                .build()
        });
        let answer = Answer::default()
            .with("stateMachineAliasArn", alias.arn())
            .with("name", alias.name.as_str())
            .maybe("description", alias.description.as_deref())
            .with("routingConfiguration", Value::array(routes))
            .at("creationDate", alias.created)
            .at("updateDate", alias.updated);
        Ok(answer.build())
    }

    pub(super) fn update_alias(&self, request: &Request<'_>) -> Result<Value, Failure> {
        let (machine, name) = named(request)?;
        let description = request.text("description");
        let routing = routing(request)?;
        if description.is_none() && routing.is_none() {
            // The API's own words are not known.
            let message = "Either the description or the routingConfiguration must be specified";
            return Err(Error::validation(Some(Reason::MissingParameter), message).into());
        }
        let routes = match &routing {
            Some((of, routes)) if of == machine => Some(routes.as_slice()),
            Some(_) => return Err(of_another_machine().into()),
            None => None,
        };
        match self.store.update_alias(machine, name, routes, description, self.now())? {
            Aliased::Done(alias) | Aliased::Existing(alias) => {
                Ok(Answer::default().at("updateDate", alias.updated).build())
            }
            Aliased::NoVersion(_) | Aliased::Absent => Err(Error::resource_not_found().into()),
        }
    }

    pub(super) fn delete_alias(&self, request: &Request<'_>) -> Result<Value, Failure> {
        let (machine, name) = named(request)?;
        self.store.delete_alias(machine, name)?;
        Ok(done())
    }

    pub(super) fn list_aliases(&self, request: &Request<'_>) -> Result<Value, Failure> {
        let text = request.required("stateMachineArn");
        let arn = Arn::machine(text)?;
        let absent = || Error::state_machine_does_not_exist(text);
        let machine = self.store.machine(arn.unqualified())?.ok_or_else(absent)?;
        if machine.status != MachineStatus::Active {
            return Err(Error::state_machine_deleting(text).into());
        }
        let version = match arn.qualifier() {
            None => None,
            Some(Qualifier::Version(number)) => {
                self.store.version(&machine.arn, number)?.ok_or_else(Error::resource_not_found)?;
                Some(number)
            }
            Some(Qualifier::Alias(_)) => return Err(absent().into()),
        };
        let asked = request.page(&["ListStateMachineAliases", text])?;
        let page = self.store.aliases(&machine.arn, version, asked.after, asked.limit)?;
        let aliases = page.items.into_iter().map(|alias| {
            Answer::default()
                .with("stateMachineAliasArn", alias.arn())
                .at("creationDate", alias.created)
                .build()
        });
        let answer = Answer::default().with("stateMachineAliases", Value::array(aliases));
        Ok(asked.end(answer, page.next).build())
    }
}

/// The machine and the name in the ARN of an alias.
fn named<'r>(request: &Request<'r>) -> Result<(&'r str, &'r str), Error> {
    let text = request.required("stateMachineAliasArn");
    let arn = Arn::machine(text)?;
    match arn.qualifier() {
        Some(Qualifier::Alias(name)) => Ok((arn.unqualified(), name)),
        _ => Err(Error::invalid_arn(text)),
    }
}

/// The machine and the versions of `routingConfiguration`; none where there is none.
fn routing(request: &Request<'_>) -> Result<Option<(String, Vec<Route>)>, Error> {
    let refused = |message: String| Error::validation(Some(Reason::RoutingConfiguration), message);
    let arn = |item: &Value| item.get("stateMachineVersionArn")?.as_str().map(str::to_owned);
    let arns: Vec<String> = request.list("routingConfiguration").filter_map(arn).collect();
    let received = || arns.join(", ");
    let Some(first) = arns.first() else { return Ok(None) };
    if arns.iter().skip(1).any(|arn| arn == first) {
        let received = received();
        return Err(refused(format!(
            "Routing configuration must contain distinct state machine version ARNs. Received: [{received}]"
        )));
    }
    let weight = |item: &Value| item.get("weight")?.as_number()?.as_i64();
    let weights: Vec<i64> = request.list("routingConfiguration").filter_map(weight).collect();
    let mut machines = Vec::new();
    let mut routes = Vec::new();
    for (text, weight) in arns.iter().zip(&weights) {
        let arn = Arn::machine(text)?;
        let Some(Qualifier::Version(version)) = arn.qualifier() else {
            let received = received();
            return Err(refused(format!(
                "Routing configuration must contain state machine version ARNs. Received: [{received}]"
            )));
        };
        machines.push(arn.unqualified().to_owned());
        routes.push(Route { version, weight: u8::try_from(*weight).unwrap_or(0) });
    }
    if weights.iter().sum::<i64>() != 100 {
        let weights = weights.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        return Err(refused(format!(
            "Sum of routing configuration weights must equal 100. Received: [{weights}]"
        )));
    }
    machines.dedup();
    match machines.pop() {
        Some(machine) if machines.is_empty() => Ok(Some((machine, routes))),
        _ => Err(of_another_machine()),
    }
}

/// The API's own words are not known.
fn of_another_machine() -> Error {
    let message = "Routing configuration must contain versions of the same state machine.";
    Error::validation(Some(Reason::RoutingConfiguration), message)
}
