//! What holds for all executions of a server.

use std::sync::Arc;

use faastlane_asl::StateMachine;
use faastlane_container::WaitScale;
use faastlane_container::process::{Definition, MakeSetup, Setup};
use faastlane_dataset::Location;
use faastlane_engine::{Limits, Mocks};
use faastlane_testing::mocks::MockFile;
use faastlane_value::Value;

use crate::executions::{Observe, Refused};
use crate::machines::Known;

/// What holds for all executions.
pub struct Settings {
    /// What is limited.
    pub limits: Limits,
    /// How long waiting takes.
    pub wait_scale: WaitScale,
    /// Mocks for those that are started with a test case.
    pub mocks: Option<MockFile>,
    /// What stands for S3.
    pub s3: Location,
    /// Who is told what they do.
    pub observer: Arc<dyn Observe>,
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings").field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl Settings {
    /// The mocks of a test case; none without one.
    ///
    /// # Errors
    /// There is no such case.
    pub(crate) fn mocks(&self, known: &Known, case: Option<&str>) -> Result<Mocks, Refused> {
        let Some(case) = case else { return Ok(Mocks::default()) };
        let Some(file) = &self.mocks else {
            let why =
                format!("the test case '{case}' needs mocks: start the server with --mock FILE");
            return Err(Refused::Unusable(why));
        };
        let mocks = file.case(&known.runnable.name, case, &known.machine);
        mocks.map_err(|error| Refused::Unusable(format!("the mock file:{error}")))
    }
}

/// Makes ready what state machines call. The command that serves knows the projects; the server does not.
pub trait Workshop: Send + Sync + 'static {
    /// What the lanes of a state machine need. It takes as long as installing packages takes.
    ///
    /// # Errors
    /// Why they cannot be had, in a sentence for the user.
    fn setup(
        &self,
        arn: &str,
        machine: &StateMachine,
        definition: Definition,
    ) -> Result<Setup, String>;

    /// How to make the lanes of a function that is invoked by itself; none if there is no function of this name.
    fn function(self: Arc<Self>, name: &str) -> Option<MakeSetup>;

    /// The botocore model of a service, for tests of states with mocks; none if it is not there.
    fn model(&self, service: &str) -> Option<Value>;
}
