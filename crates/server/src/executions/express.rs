//! Express executions that only compute: each runs wholly in a container, as `faastlane run` does it.

use std::sync::Arc;

use faastlane_container::process::{Job, Wanted};
use faastlane_container::{Conditions, Pace};
use faastlane_engine::{Outcome, Start as Begin};
use faastlane_value::Value;

use super::handle::{Handle, Started, SyncOutcome};
use super::journal;
use super::new::New;
use super::observe::Observed;
use super::watched::OfExecution;

impl Handle {
    /// Has an execution run in a container.
    pub(super) fn run_in_container(&self, new: New) -> Started {
        let started = Pace::default().now();
        let observed = Arc::new(Observed {
            arn: new.begin.execution_arn.clone(),
            name: new.begin.execution_name.clone(),
            machine_arn: new.begin.machine_arn.clone(),
            express: true,
            trace_header: new.trace_header.as_deref().map(Into::into),
            started,
        });
        let observer = Arc::clone(&self.settings.observer);
        observer.started(&observed);
        let arn = observed.arn.to_string();
        let is_traced = observer.is_traced(&observed);
        let on_end = new.on_end;
        let job = Job {
            input: new.input,
            // The text above goes to the container, and only that.
            start: Begin { input: Value::Null, ..new.begin },
            history: if is_traced { Wanted::Events } else { Wanted::Nothing },
            conditions: Conditions {
                mocks: new.mocks,
                wait_scale: self.settings.wait_scale,
                trace_id: Some(observed.traced().header(is_traced)),
                ..Conditions::default()
            },
        };
        let watch = OfExecution {
            observed: Arc::clone(&observed),
            known: Arc::clone(&new.known),
            observer: Arc::clone(&observer),
        };
        let (known, workshop) = (Arc::clone(&new.known), Arc::clone(&self.workshop));
        let make = move || known.maker(&workshop);
        let lanes = self.lanes.for_machine(new.known.runnable.revision, make);
        lanes.execute(job, watch, move |result| {
            let outcome = result.unwrap_or_else(|error| Outcome::Failed {
                error: Some("States.Runtime".into()),
                cause: Some(error.to_string().into()),
            });
            let stopped = Pace::default().now();
            observer.ended(&observed, journal::status(&outcome), stopped.0 - started.0);
            if let Some(on_end) = on_end {
                // Whoever asked may be gone.
                let _ = on_end.send(SyncOutcome {
                    arn: observed.arn.to_string(),
                    name: observed.name.to_string(),
                    start_date: started,
                    stop_date: stopped,
                    outcome,
                });
            }
        });
        Started { arn, start_date: started.0 }
    }
}
