//! `faastlane plan`: where everything of a state machine runs, and why.

use faastlane_engine::Mocks;
use faastlane_plan::{Plan, Profile};
use faastlane_project::Settings;

use crate::args::PlanArgs;
use crate::exit::ExitCode;
use crate::functions::{self, Pythons};
use crate::isolation::Placing;
use crate::profile::Kept;
use crate::{Error, composer, outcome, print, processes, services, target};

/// Composes the plan and prints it.
pub(crate) fn plan(args: &PlanArgs) -> Result<ExitCode, Error> {
    let kept = Kept::or_default();
    let plan = match composed(args, &kept) {
        Ok(plan) => plan,
        Err(error) if args.form.json => return outcome::tell(true, Err(error)),
        Err(error) => return Err(error),
    };
    if args.form.json {
        let json =
            serde_json::to_value(&plan).map_err(|error| Error::Internal(error.to_string()))?;
        print::serde_line(&json)?;
    } else if args.form.dot {
        print::line(&plan.dot())?;
    } else if args.form.svg {
        print::line(&plan.svg())?;
    } else if args.explain {
        print::line(&format!("{}\n\n{}", plan.explained(&kept.profile), source(&kept, args)))?;
    } else {
        print::line(&plan.to_string())?;
    }
    Ok(ExitCode::Succeeded)
}

fn composed(args: &PlanArgs, kept: &Kept) -> Result<Plan, Error> {
    print::be_quiet();
    let settings = Settings::load(&args.project.target)?;
    let placing = Placing::choose(args.placement, settings.isolation)?;
    let pythons = Pythons::find(args.python.as_deref())?;
    let project = target::load(&args.project, services::placeholders(&settings))?;
    let machine = target::machine(&project, args.project.machine.as_deref())?;
    let (checked, mocks) = target::checked(&project, machine, |_| Ok(Mocks::default()))?;
    let wanted = functions::wanted(&project, &checked, &mocks);
    let prepared = functions::prepare(wanted, &pythons, &[])?;
    let no_events = vec![None; prepared.functions.len()];
    let loaded = processes::load(&prepared.functions, placing.options(), no_events)?;
    for (function, loaded) in prepared.functions.iter().zip(&loaded) {
        if let Some(error) = &loaded.error {
            print::warning(&format!("function {} cannot be loaded: {error}", function.name));
        }
    }
    let profile = Profile {
        vcpus: args.vcpus.map_or(kept.profile.vcpus, usize::from),
        ..kept.profile.clone()
    };
    let width = args.width.map(|width| usize::try_from(width).unwrap_or(usize::MAX));
    let functions = &prepared.functions;
    Ok(composer::compose(&project, &checked, functions, &loaded, placing, &profile, width))
}

/// Where the numbers come from.
fn source(kept: &Kept, args: &PlanArgs) -> String {
    let vcpus = args.vcpus.map_or("", |_| "; vCPUs as typed");
    match kept.measured_at {
        Some(_) => format!("Numbers: measured here {} (`faastlane profile`){vcpus}.", kept.ago()),
        None => format!(
            "Numbers: built in, of another machine; `faastlane profile` measures this one{vcpus}."
        ),
    }
}
