//! Definitions of recorded executions.

use faastlane_asl::{Diagnostic, StateMachine};

use crate::corpus::Definition;

/// The machine of a definition; what was said about it if it is refused.
pub(crate) fn read(definition: &Definition) -> Result<StateMachine, Vec<Diagnostic>> {
    let (machine, diagnostics) =
        faastlane_api::read_definition(&definition.text, definition.machine_type);
    machine.ok_or(diagnostics)
}
