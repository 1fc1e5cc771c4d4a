//! Reads the recordings: one JSON file a case.

use std::path::{Path, PathBuf};

use faastlane_asl::MachineType;
use faastlane_value::{Value, json};

use crate::compare::Volatile;

/// A folder that is no corpus.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder that cannot be read.
    #[error("cannot read '{}': {error}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// A file that is not JSON.
    #[error("'{}' is not JSON: {error}", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        error: json::Error,
    },
    /// A file that is no recording.
    #[error("'{}' is no recording: the member '{member}' is missing or not {expected}", path.display())]
    Shape {
        /// The file.
        path: PathBuf,
        /// The member.
        member: &'static str,
        /// What it should be.
        expected: &'static str,
    },
}

/// One recording.
#[derive(Debug)]
pub struct Case {
    /// Its name.
    pub name: String,
    /// What it uses.
    pub tags: Vec<String>,
    /// What changes from run to run.
    pub volatile: Volatile,
    /// What was done and what came of it.
    pub subject: Subject,
}

/// What was done, and what AWS answered.
#[derive(Debug)]
pub enum Subject {
    /// An execution.
    Execution(Execution),
    /// `CreateStateMachine` that was refused.
    CreateError {
        /// The request.
        request: Value,
        /// `error_code`
        error_code: String,
        /// `message`, where it was recorded.
        message: Option<Value>,
    },
    /// `ValidateStateMachineDefinition`.
    Validate {
        /// The request.
        request: Value,
        /// The whole answer.
        response: Value,
    },
    /// `TestState`.
    TestState {
        /// The whole request.
        request: Value,
        /// The functions there were.
        functions: Vec<Function>,
        /// The answer, or the error's code and its message, where that was recorded.
        expected: Result<Value, (String, Option<Value>)>,
    },
    /// Any other operation, by its kind.
    Other(String),
}

/// A definition as it was sent.
#[derive(Debug)]
pub struct Definition {
    /// Its text.
    pub text: String,
    /// The type of its machine.
    pub machine_type: MachineType,
}

/// An execution that was recorded.
#[derive(Debug)]
pub struct Execution {
    /// The state machine.
    pub definition: Definition,
    /// The input.
    pub input: Value,
    /// The functions there were.
    pub functions: Vec<Function>,
    /// What came of it.
    pub expected: Expected,
}

/// A function that a definition may call.
#[derive(Debug)]
pub struct Function {
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// Its file.
    pub file: PathBuf,
    /// The function in that file.
    pub handler: String,
    /// Lambda's name of the runtime.
    pub runtime: String,
}

/// What came of an execution.
#[derive(Debug)]
pub struct Expected {
    /// `SUCCEEDED`, `FAILED`, …
    pub status: Value,
    /// The output of one that succeeded.
    pub output: Option<Value>,
    /// The error of one that did not.
    pub error: Option<Value>,
    /// Its cause.
    pub cause: Option<Value>,
    /// The history, where it was recorded.
    pub events: Option<Vec<Value>>,
    /// Whether the events of concurrent branches are sorted, and their ids mean nothing.
    pub sorted_inside_parallel: bool,
}

impl Case {
    /// Why it is not run; `None` if it is.
    #[must_use]
    pub fn out_of_scope(&self) -> Option<String> {
        match &self.subject {
            Subject::Other(kind) => Some(format!("kind:{kind}")),
            _ => None,
        }
    }
}

/// Reads every case of the corpus in `folder`, in order of their names.
///
/// # Errors
/// A file that cannot be read or is no recording.
pub fn read(folder: &Path) -> Result<Vec<Case>, Error> {
    let cases = folder.join("cases");
    let unreadable = |path: &Path| {
        let path = path.to_owned();
        move |error| Error::Read { path, error }
    };
    let mut paths = Vec::new();
    for entry in cases.read_dir().map_err(unreadable(&cases))? {
        let path = entry.map_err(unreadable(&cases))?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            paths.push(path);
        }
    }
    paths.sort();
    let read_case = |path: &PathBuf| {
        let text = std::fs::read(path).map_err(unreadable(path))?;
        let value =
            json::parse(&text).map_err(|error| Error::Json { path: path.clone(), error })?;
        File { path, folder, value: &value }.case()
    };
    paths.iter().map(read_case).collect()
}

/// A part of a file of the corpus.
struct File<'a> {
    path: &'a Path,
    folder: &'a Path,
    value: &'a Value,
}

impl File<'_> {
    fn case(&self) -> Result<Case, Error> {
        let tags = self.texts("tags")?;
        let volatile = Volatile::new(self.texts("volatile")?.iter().map(String::as_str));
        let kind = self.text("kind")?;
        let expected = self.part("expected")?;
        let subject = match kind.as_str() {
            "execution" => Subject::Execution(self.execution(&expected)?),
            "create-error" => Subject::CreateError {
                request: self.member("request")?.clone(),
                error_code: expected.text("error_code")?,
                message: expected.present("message"),
            },
            "validate" => Subject::Validate {
                request: self.member("request")?.clone(),
                response: expected.member("response")?.clone(),
            },
            "test-state" => Subject::TestState {
                request: self.member("request")?.clone(),
                functions: self.functions()?,
                expected: match expected.present("response") {
                    Some(response) => Ok(response),
                    None => Err((expected.text("error_code")?, expected.present("message"))),
                },
            },
            _ => Subject::Other(kind),
        };
        Ok(Case { name: self.text("name")?, tags, volatile, subject })
    }

    fn execution(&self, expected: &File<'_>) -> Result<Execution, Error> {
        let text = self.member("definition")?.to_json();
        let machine_type = machine_type(&self.text("type")?);
        Ok(Execution {
            definition: Definition { text, machine_type },
            input: self.member("input")?.clone(),
            functions: self.functions()?,
            expected: Expected {
                status: expected.member("status")?.clone(),
                output: expected.present("output"),
                error: expected.present("error"),
                cause: expected.present("cause"),
                events: expected
                    .present("events")
                    .as_ref()
                    .and_then(Value::as_array)
                    .map(|events| events.to_vec()),
                sorted_inside_parallel: expected.value.get("events_order").and_then(Value::as_str)
                    == Some("sorted-inside-parallel"),
            },
        })
    }

    fn functions(&self) -> Result<Vec<Function>, Error> {
        let functions = self.value.get("functions").and_then(Value::as_object);
        let members = functions.into_iter().flat_map(|functions| functions.iter());
        members
            .map(|(arn, value)| {
                let file = File { value, ..*self };
                Ok(Function {
                    arn: arn.to_string(),
                    name: file.text("name")?,
                    file: self.folder.join(file.text("file")?),
                    handler: file.text("handler")?,
                    runtime: file.text("runtime")?,
                })
            })
            .collect()
    }

    fn part(&self, name: &'static str) -> Result<File<'_>, Error> {
        Ok(File { value: self.member(name)?, ..*self })
    }

    /// A member that is there and not null.
    fn present(&self, name: &str) -> Option<Value> {
        self.value.get(name).filter(|value| **value != Value::Null).cloned()
    }

    fn member(&self, name: &'static str) -> Result<&Value, Error> {
        self.value.get(name).ok_or_else(|| self.wrong(name, "there"))
    }

    fn text(&self, name: &'static str) -> Result<String, Error> {
        let text = self.member(name)?.as_str();
        text.map(str::to_owned).ok_or_else(|| self.wrong(name, "a string"))
    }

    fn texts(&self, name: &'static str) -> Result<Vec<String>, Error> {
        let texts = self.member(name)?.as_array().and_then(|items| {
            items.iter().map(|item| item.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>()
        });
        texts.ok_or_else(|| self.wrong(name, "an array of strings"))
    }

    fn wrong(&self, member: &'static str, expected: &'static str) -> Error {
        Error::Shape { path: self.path.to_owned(), member, expected }
    }
}

fn machine_type(name: &str) -> MachineType {
    if name == "EXPRESS" { MachineType::Express } else { MachineType::Standard }
}
