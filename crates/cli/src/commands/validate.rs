//! `faastlane validate`: everything that is wrong with a project's state machines.

use faastlane_asl::Severity;

use crate::args::ValidateArgs;
use crate::exit::ExitCode;
use crate::{Error, functions, print, services, target};

/// Checks the machine that `--machine` names, or all of them.
pub(crate) fn validate(args: &ValidateArgs) -> Result<ExitCode, Error> {
    let settings = faastlane_project::Settings::load(&args.project.target)?;
    let project = target::load(&args.project, services::placeholders(&settings))?;
    let machines = match (&args.project.machine, &project.machines[..]) {
        (None, [_, ..]) => project.machines.iter().collect(),
        (name, _) => vec![target::machine(&project, name.as_deref())?],
    };
    let mut lines = Vec::new();
    let mut valid = true;
    for machine in &machines {
        let (checked, mut diagnostics) = target::check(machine);
        let mut refused = Vec::new();
        if let Some(checked) = checked {
            diagnostics.extend(target::unknown_functions(&project, &checked, Severity::Error));
            refused = functions::refused(&project, &checked);
        }
        valid &= refused.is_empty();
        valid &= diagnostics.iter().all(|diagnostic| diagnostic.severity == Severity::Warning);
        lines.extend(diagnostics.iter().map(|d| target::shown(&machine.definition, d)));
        lines.extend(refused.iter().map(|why| format!("{}: error: {why}", project.file.display())));
    }
    lines.push(summary(machines.len(), lines.len()));
    print::line(&lines.join("\n"))?;
    Ok(if valid { ExitCode::Succeeded } else { ExitCode::Invalid })
}

fn summary(machines: usize, findings: usize) -> String {
    let count = |count: usize, what: &str| match count {
        0 => format!("no {what}s"),
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    };
    format!("{} checked, {}", count(machines, "state machine"), count(findings, "finding"))
}
