//! The function that calls services for the states of a machine, beside those of the user.

use std::collections::BTreeSet;
use std::path::PathBuf;

use faastlane_asl::{Service, State};
use faastlane_environment::{Python, Requirements, Version, package_of};
use faastlane_lanes as lanes;
use faastlane_services as services;

use super::{Prepared, Pythons, install};
use crate::{Error, print};

impl Prepared {
    /// Adds the function that calls these services, if there are any. It runs in the Python of a function that
    /// has boto3, and without one with the boto3 of an environment that is made for it.
    pub(crate) fn add_services(
        &mut self,
        called: &[(&State, &Service)],
        pythons: &Pythons,
        overrides: &[(String, String)],
    ) -> Result<(), Error> {
        if called.is_empty() {
            return Ok(());
        }
        let environment = services::Environment::of_process(overrides);
        tell_services(called, &environment);
        let called: Vec<_> = called.iter().map(|(_, service)| *service).collect();
        let needs_boto3 = called.iter().any(|service| services::needs_boto3(service));
        let (python, interpreter) = self.python_of_services(pythons, needs_boto3)?;
        let Version { major, minor, .. } = python.version;
        let interpreter = services::Interpreter {
            python: interpreter,
            libpython: python.libpython().ok(),
            runtime: format!("python{major}.{minor}"),
        };
        let code = services::Code::write()
            .map_err(|error| Error::Internal(format!("cannot write code: {error}")))?;
        self.functions.push(services::function(&code, interpreter, &called, &environment));
        self.pythons.push(python);
        self._services = Some(code);
        Ok(())
    }

    /// A Python and its interpreter, with boto3 if that is needed.
    fn python_of_services(
        &self,
        pythons: &Pythons,
        needs_boto3: bool,
    ) -> Result<(Python, PathBuf), Error> {
        let has_boto3 = |(function, python): &(&lanes::Function, &Python)| {
            package_of(&function.python, python.version, "boto3").is_some()
        };
        let own = self.functions.iter().zip(&self.pythons).find(has_boto3);
        if let Some((function, python)) = own {
            return Ok((python.clone(), function.python.clone()));
        }
        let (found, environments) = match pythons {
            Pythons::Given(python) => return Ok((python.clone(), python.path.clone())),
            Pythons::Found(found, environments) => (found, environments),
        };
        let python = match self.pythons.first() {
            Some(python) => python.clone(),
            None => faastlane_environment::choose(None, found)?.python,
        };
        let requirements =
            if needs_boto3 { Requirements::of_boto3() } else { Requirements::default() };
        let interpreter = install(environments, &python, &requirements)?;
        Ok((python, interpreter))
    }
}

/// Says which services are called, and where; and what cannot be done for them.
fn tell_services(called: &[(&State, &Service)], environment: &services::Environment) {
    for (state, service) in called {
        if service.pattern().is_some_and(|pattern| pattern.starts_with("sync")) {
            print::warning(&format!(
                "the state '{}' waits for a job of {}, which nothing here does: mock it",
                state.name, service.service
            ));
        }
    }
    let name = |service: &str| service.strip_prefix("aws-sdk:").unwrap_or(service).to_owned();
    let names: BTreeSet<String> = called
        .iter()
        .filter(|(_, service)| services::needs_boto3(service))
        .map(|(_, service)| name(&service.service))
        .collect();
    if names.is_empty() {
        return;
    }
    let place = environment.place().unwrap_or_else(|| "where AWS_ENDPOINT_URL_... say".to_owned());
    let names: Vec<_> = names.into_iter().collect();
    print::info(&format!("services: {} are called {place}", names.join(", ")));
}
