//! `awslambdaric`, the runtime client that AWS publishes: installed once, then run for each case.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::Receiver;
use std::time::Duration;

use faastlane_lanes::Function;
use tempfile::TempDir;

use crate::case::{Answer, Seen};
use crate::harness::{REQUEST_ID, python, python_version};
use crate::runtime_api::{Said, serve};

/// The versions that are compared with.
const PACKAGES: [&str; 3] =
    ["awslambdaric==4.2.2", "simplejson==4.3.0", "snapshot-restore-py==1.0.0"];

/// The folder with the packages, for the Python that the lane uses as well. Else why there is none.
pub(crate) fn install() -> Result<PathBuf, String> {
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let name = format!("{}-python{}", PACKAGES.join("-").replace("==", "-"), python_version());
    let folder = cache.join(name);
    if folder.is_dir() {
        return Ok(folder);
    }
    let unfinished = TempDir::new_in(cache).map_err(|error| error.to_string())?;
    let mut pip = Command::new(python());
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    let mut uv = Command::new("uv");
    uv.args(["pip", "install", "--quiet", "--python"]).arg(python());
    let mut reasons = Vec::new();
    for mut tool in [uv, pip] {
        tool.args(["--no-deps", "--only-binary", ":all:", "--target"]).arg(unfinished.path());
        match tool.args(PACKAGES).stdin(Stdio::null()).output() {
            Ok(output) if output.status.success() => {
                // Another test run may have been faster.
                let _ = std::fs::rename(unfinished.path(), &folder);
                return Ok(folder);
            }
            Ok(output) => reasons.push(String::from_utf8_lossy(&output.stderr).into_owned()),
            Err(error) => reasons.push(error.to_string()),
        }
    }
    let last_line = |text: &String| text.trim().lines().last().unwrap_or_default().to_owned();
    Err(reasons.iter().map(last_line).collect::<Vec<_>>().join("; "))
}

/// Runs `awslambdaric` on the function until it has answered all events.
pub(crate) fn run(packages: &Path, function: &Function, handler: &str, events: &[&str]) -> Seen {
    let (address, said) = serve(events, REQUEST_ID, &function.arn);
    let log = tempfile::NamedTempFile::new().unwrap();
    let mut child = Command::new(&function.python)
        .args(["-m", "awslambdaric", handler])
        .current_dir(&function.code_root)
        .env_clear()
        .envs(environment(function))
        .env("AWS_LAMBDA_RUNTIME_API", address.to_string())
        .env("PYTHONPATH", packages)
        .stdin(Stdio::null())
        .stdout(append(log.path()))
        .stderr(append(log.path()))
        .spawn()
        .unwrap();
    let answers = answers(&mut child, &said, events.len());
    let log = std::fs::read_to_string(log.path()).unwrap();
    Seen { answers, log }
}

/// What the runtime answers until it asks for more events than there are, or ends.
fn answers(child: &mut Child, said: &Receiver<Said>, events: usize) -> Vec<Answer> {
    let mut answers = Vec::new();
    let has_ended = loop {
        // The timeout is only there to notice a process that ends without a word.
        match said.recv_timeout(Duration::from_millis(20)) {
            Ok(Said::Idle) => break false,
            Ok(answer) => answers.push(answer.into()),
            Err(_) if child.try_wait().unwrap().is_some() => break true,
            Err(_) => {}
        }
    };
    answers.extend(said.try_iter().map(Answer::from));
    child.kill().unwrap();
    child.wait().unwrap();
    if has_ended && answers.len() < events {
        answers.push(Answer::Ended);
    }
    answers
}

/// The variables that decide how the runtime behaves, as the lane sets them.
fn environment(function: &Function) -> Vec<(String, String)> {
    let set = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let mut variables = vec![
        set("PATH", &std::env::var("PATH").unwrap_or_default()),
        set("_HANDLER", ""),
        set("AWS_EXECUTION_ENV", &format!("AWS_Lambda_{}", function.runtime)),
        set("AWS_LAMBDA_FUNCTION_NAME", &function.name),
        set("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        set("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", &function.memory_mib.to_string()),
        set("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
        set("AWS_LAMBDA_LOG_GROUP_NAME", &format!("/aws/lambda/{}", function.name)),
        set("LANG", "en_US.UTF-8"),
        set("TZ", ":UTC"),
    ];
    variables.extend(function.environment.iter().cloned());
    variables
}

fn append(path: &Path) -> File {
    File::options().append(true).open(path).unwrap()
}
