//! Versions of state machines.

use faastlane_api::{Arn, Error, Qualifier};
use faastlane_store::Removed;
use faastlane_value::Value;

use super::answer::{Answer, done};
use super::request::Request;
use super::{Operations, Runs};
use crate::http::Failure;

/// How many versions a machine can have (API reference, `PublishStateMachineVersion`).
const MOST: usize = 1000;

impl<R: Runs> Operations<R> {
    pub(super) fn publish_version(&self, request: &Request<'_>) -> Result<Value, Failure> {
        let machine = self.active(request.required("stateMachineArn"))?;
        let is_full = self.store.versions(&machine.arn, None, MOST)?.items.len() >= MOST;
        if is_full
            && self
                .store
                .versions(&machine.arn, None, 1)?
                .items
                .iter()
                .all(|newest| newest.revision != machine.revision.key)
        {
            return Err(
                Error::quota_exceeded("A state machine can have at most 1000 versions.").into()
            );
        }
        let (revision_id, description) = (request.text("revisionId"), request.text("description"));
        let arn = self.publish(&machine.arn, revision_id, description)?;
        let number = arn.rsplit(':').next().and_then(|number| number.parse().ok()).unwrap_or(0);
        let created = self.store.version(&machine.arn, number)?.map(|version| version.created);
        let answer = Answer::default()
            .at("creationDate", created.unwrap_or_else(|| self.now()))
            .with("stateMachineVersionArn", arn);
        Ok(answer.build())
    }

    pub(super) fn list_versions(&self, request: &Request<'_>) -> Result<Value, Failure> {
        let text = request.required("stateMachineArn");
        let arn = Arn::machine(text)?;
        // The model gives this operation no other error for a machine that is not there.
        if arn.qualifier().is_some() || self.store.machine(text)?.is_none() {
            return Err(Error::invalid_arn(text).into());
        }
        let asked = request.page(&["ListStateMachineVersions", text])?;
        let page = self.store.versions(text, asked.after, asked.limit)?;
        let versions = page.items.into_iter().map(|version| {
            Answer::default()
                .with("stateMachineVersionArn", version.arn())
                .at("creationDate", version.created)
                .build()
        });
        let answer = Answer::default().with("stateMachineVersions", Value::array(versions));
        Ok(asked.end(answer, page.next).build())
    }

    pub(super) fn delete_version(&self, request: &Request<'_>) -> Result<Value, Failure> {
        let text = request.required("stateMachineVersionArn");
        let arn = Arn::machine(text)?;
        let Some(Qualifier::Version(number)) = arn.qualifier() else {
            // The API's own words are not known.
            let message = format!("Only a version can be deleted here: '{text}'");
            return Err(Error::validation(None, message).into());
        };
        match self.store.delete_version(arn.unqualified(), number)? {
            Removed::Done | Removed::Absent => Ok(done()),
            Removed::Used { aliases } => {
                let aliases = aliases.join(", ");
                Err(Error::conflict(format!(
                    "Version to be deleted must not be referenced by an alias. Current list of aliases \
                     referencing this version: [{aliases}]"
                ))
                .into())
            }
        }
    }
}
