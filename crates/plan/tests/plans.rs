//! Golden plans: `tests/golden/NAME.json` holds a machine, its functions and a profile, and the plan
//! that a person expects of them. `UPDATE_GOLDENS=1` writes what comes out instead.

use std::fs;
use std::path::{Path, PathBuf};

use faastlane_asl::{MachineType, StateMachine};
use faastlane_plan::{Function, Isolation, Lanes, Plan, Profile, Wanted, compose};
use faastlane_value::located;
use serde_json::{Value, json};

#[test]
fn plans_are_as_expected() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files: Vec<PathBuf> =
        files.filter(|file| file.extension().is_some_and(|e| e == "json")).collect();
    assert!(files.len() >= 14, "goldens are missing");
    let different: Vec<_> = files.iter().filter_map(|file| check(file)).collect();
    assert!(different.is_empty(), "{}", different.join("\n"));
}

/// What people see of one plan, in all its forms.
#[test]
fn forms_are_as_expected() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    for name in ["finra-2-vcpus-keys", "map-wider-than-a-container", "timers"] {
        let file = golden.join(name);
        let case = fs::read_to_string(file.with_extension("json")).unwrap();
        let case: Value = serde_json::from_str(&case).unwrap();
        let plan = plan_of(&case);
        let profile: Profile = serde_json::from_value(case["profile"].clone()).unwrap();
        let forms = [("txt", plan.explained(&profile)), ("dot", plan.dot()), ("svg", plan.svg())];
        for (extension, found) in forms {
            let file = file.with_extension(extension);
            if std::env::var_os("UPDATE_GOLDENS").is_some() {
                fs::write(&file, format!("{found}\n")).unwrap();
            }
            let expected = fs::read_to_string(&file).unwrap();
            assert_eq!(format!("{found}\n"), expected, "{}", file.display());
        }
    }
}

/// What is different, if anything is.
fn check(file: &Path) -> Option<String> {
    let mut case: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    let found = serde_json::to_value(plan_of(&case)).unwrap();
    if case["plan"] == found {
        return None;
    }
    let difference = format!("{}:\nexpected {:#}\nfound {:#}", file.display(), case["plan"], found);
    if std::env::var_os("UPDATE_GOLDENS").is_some() {
        case["plan"] = found;
        fs::write(file, format!("{case:#}\n")).unwrap();
        return None;
    }
    Some(difference)
}

fn plan_of(case: &Value) -> Plan {
    let machine = machine(&case["definition"]);
    let functions: Vec<Function> =
        case["functions"].as_array().unwrap().iter().map(function).collect();
    let name_of = |reference: &str| {
        // The examples name functions by parameters of their templates.
        let name = reference.strip_suffix(":$LATEST").unwrap_or(reference);
        let name = name.trim_start_matches("${").trim_end_matches('}');
        let short = name.strip_suffix("Arn").or(name.strip_suffix("Name")).unwrap_or(name);
        functions.iter().position(|function| function.name == name || function.name == short)
    };
    let profile: Profile = serde_json::from_value(case["profile"].clone()).unwrap();
    let isolation = case["isolation"].as_str().unwrap();
    let wanted = Wanted {
        lanes: match case["lanes"].as_str().unwrap() {
            "threads" => Lanes::Threads,
            "processes" => Lanes::Processes,
            "portable" => Lanes::Portable,
            _ => Lanes::Auto,
        },
        isolation: match isolation {
            "mpk" => Isolation::Mpk,
            "none" => Isolation::None,
            _ => Isolation::Process,
        },
        width: case["width"].as_u64().map(|width| usize::try_from(width).unwrap()),
        most_lanes: match isolation {
            "mpk" => 13,
            "none" => 15,
            _ => 1,
        },
        most_hosts: 256,
    };
    compose(&machine, &functions, &name_of, &profile, wanted)
}

fn machine(definition: &Value) -> StateMachine {
    let text = match definition {
        Value::String(file) => {
            let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
            fs::read_to_string(examples.join(file)).unwrap()
        }
        inline => inline.to_string(),
    };
    let root = located::parse(&text).unwrap();
    let (machine, diagnostics) = faastlane_asl::read(&root, MachineType::Standard);
    machine.unwrap_or_else(|| panic!("{diagnostics:?}"))
}

fn function(given: &Value) -> Function {
    let text = |key: &str| given[key].as_str().map(str::to_owned);
    Function {
        name: text("name").unwrap(),
        python: text("python"),
        timeout_seconds: given["timeout_seconds"].as_u64().unwrap_or(3),
        own_process: text("own_process"),
        portable: text("portable"),
    }
}

#[test]
fn memory_limits_hosts() {
    let hosts = |free_mib| Profile { free_mib, host_mib: 6.0, ..Profile::default() }.hosts(10);
    assert_eq!([None, Some(100.0), Some(25.0), Some(0.0)].map(hosts), [10, 10, 3, 1]);
    let case = json!({
        "definition": {"StartAt": "M", "States": {"M": {"Type": "Map", "End": true, "ItemProcessor": {
            "StartAt": "F", "States": {"F": {"Type": "Task", "Resource": "f", "End": true}}}}}},
        "functions": [{"name": "f"}],
        "profile": {"vcpus": 4, "free_mib": 60.0, "host_mib": 1.0},
        "lanes": "auto", "isolation": "process", "width": 25,
    });
    let plan = plan_of(&case);
    assert_eq!(
        (plan.fan_outs[0].hosts_most, &plan.fan_outs[0].groups[..]),
        (Some(11), &[9, 8, 8][..])
    );
}
