//! A server that runs.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use faastlane_value::{ObjectBuilder, Value};
use tempfile::TempDir;

use super::Functions;

/// How long a start may take.
const STARTED: Duration = Duration::from_secs(60);
/// Between two looks at a server that starts.
const LOOK: Duration = Duration::from_millis(5);
/// As long as on Lambda: what is timed out here is what the definition says. In seconds.
const TIMEOUT: i64 = 900;
/// What stands before the address that a server tells.
const TOLD: &str = "listening on ";
/// A project must have a machine.
const MACHINE: &str = r#"{"StartAt": "S", "States": {"S": {"Type": "Succeed"}}}"#;

/// A server with its files. It ends with this value.
#[derive(Debug)]
pub(super) struct Server {
    child: Child,
    url: String,
    /// Its store and its log.
    _folder: TempDir,
}

impl Server {
    /// Starts a server that has these functions, with the limits of AWS.
    pub(super) fn start(program: &Path, functions: &Functions) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let file = |name: &str| folder.path().join(name);
        let (machine, map, log) = (file("machine.asl.json"), file("functions.json"), file("log"));
        fs::write(&machine, MACHINE)?;
        fs::write(&map, map_of(functions)?.to_json())?;
        let mut command = Command::new(program);
        command
            .arg("serve")
            .arg(&machine)
            .arg("--functions")
            .arg(&map)
            .arg("--store")
            .arg(file("store.db"))
            .args(["--port", "0", "--limits", "aws"])
            .stdin(Stdio::null())
            .stdout(File::create(&log)?)
            .stderr(File::options().append(true).open(&log)?);
        let shown = program.display();
        let child = command.spawn().with_context(|| format!("cannot start '{shown}'"))?;
        let mut server = Self { child, url: String::new(), _folder: folder };
        server.url = server.until_started(&log)?;
        Ok(server)
    }

    /// Where requests are sent to.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Waits until the server tells where it is.
    fn until_started(&mut self, log: &Path) -> Result<String> {
        let began = Instant::now();
        loop {
            let said = fs::read_to_string(log)?;
            // A line may be half written.
            let mut lines = said.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n'));
            if let Some(url) = lines.find_map(|line| Some(line.split_once(TOLD)?.1)) {
                return Ok(url.to_owned());
            }
            if self.child.try_wait()?.is_some() || began.elapsed() > STARTED {
                bail!("the server does not start: {said}");
            }
            std::thread::sleep(LOOK);
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself. What it has started ends with it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The map of `--functions`.
fn map_of(functions: &Functions) -> Result<Value> {
    let mut map = ObjectBuilder::default();
    for (name, (file, handler, runtime)) in functions {
        let file = file.canonicalize().with_context(|| format!("no '{}'", file.display()))?;
        let folder = file.parent().unwrap_or(&file).to_string_lossy();
        let module = file.file_stem().unwrap_or_default().to_string_lossy();
        let function = Value::object([
            ("code_uri", Value::from(folder.as_ref())),
            ("handler", Value::from(format!("{module}.{handler}"))),
            ("runtime", Value::from(runtime.as_str())),
            ("timeout", Value::from(TIMEOUT)),
        ]);
        map.insert(name.as_str(), function);
    }
    Ok(map.build())
}
