//! `faastlane profile`: what this container can do, measured once and kept.

use std::fmt::Write as _;

use faastlane_host::keys;
use faastlane_plan::Profile;
use serde_json::json;

use crate::args::ProfileArgs;
use crate::exit::ExitCode;
use crate::profile::{Kept, Scaling, processors};
use crate::{Error, measure, outcome, print};

/// Measures if nothing is kept, or if it is wanted, and prints.
pub(crate) fn profile(args: &ProfileArgs) -> Result<ExitCode, Error> {
    let kept = if args.refresh { None } else { Kept::load() };
    let kept = match kept.map_or_else(measured, Ok) {
        Ok(kept) => kept,
        Err(error) if args.json => return outcome::tell(true, Err(error)),
        Err(error) => return Err(error),
    };
    if kept.is_busy() {
        print::warning(&format!(
            "others computed on this machine when it was measured (load {:.1}); `faastlane profile --refresh` \
             measures again",
            kept.load
        ));
    }
    if args.json {
        print::serde_line(&as_json(&kept))?;
    } else {
        print::line(&text(&kept))?;
    }
    Ok(ExitCode::Succeeded)
}

fn measured() -> Result<Kept, Error> {
    print::info("measuring this container; it takes a few seconds");
    let kept = measure::profile()?;
    match kept.save() {
        Ok(Some(_)) => {}
        Ok(None) => print::warning("the profile cannot be kept: there is no cache folder"),
        Err(error) => print::warning(&format!("the profile cannot be kept: {error}")),
    }
    Ok(kept)
}

fn as_json(kept: &Kept) -> serde_json::Value {
    let mut json = json!({
        "age_seconds": kept.age().unwrap_or_default().as_secs(),
        "processors": processors(),
        "load": kept.load,
        "scaling": kept.scaling,
        "profile": kept.profile,
    });
    if let Err(why) = keys::available() {
        json["no_keys_because"] = why.to_string().into();
    }
    json
}

fn text(kept: &Kept) -> String {
    let Profile { vcpus, hop_us, fork_ms, load_ms, lane_mib, host_mib, portable_mib, .. } =
        kept.profile;
    let times = |Scaling { threads, times }: &Scaling| format!("{threads} threads {times:.2}x");
    let scaling: Vec<_> = kept.scaling.iter().skip(1).map(times).collect();
    let scaling = match scaling.as_slice() {
        [] => String::new(),
        scaling => format!(" ({})", scaling.join(", ")),
    };
    let keys = keys::available().map_or_else(|why| format!("no: {why}"), |()| "yes".to_owned());
    let free = kept.profile.free_mib.map_or("unknown".to_owned(), |free| format!("{free:.0} MiB"));
    let lines = [
        ("usable vCPUs", format!("{vcpus} of {}{scaling}", processors())),
        ("protection keys", keys),
        ("hop, thread lane", format!("{:.1} µs", hop_us.thread)),
        ("hop, forked host", format!("{:.1} µs", hop_us.forked)),
        ("hop, portable lane", format!("{:.1} µs", hop_us.portable)),
        ("load a function", format!("{load_ms:.0} ms")),
        ("fork a host", format!("{fork_ms:.1} ms")),
        ("memory, thread lane", format!("{lane_mib:.1} MiB")),
        ("memory, forked host", format!("{host_mib:.1} MiB")),
        ("memory, portable lane", format!("{portable_mib:.1} MiB")),
        ("memory, free", free),
        ("measured", kept.ago()),
    ];
    let mut text = String::new();
    for (name, value) in lines {
        // Writing to a String does not fail.
        let _ = writeln!(text, "{name:21}  {value}");
    }
    text.truncate(text.trim_end().len());
    text
}
