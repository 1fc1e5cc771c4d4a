//! `faastlane.toml`: what a project wants of `faastlane run`, so that nobody has to type it.
//!
//! It is read apart from the project, because the services it names must run before the template
//! is read: their URLs are template parameters.

use std::path::{Path, PathBuf};

use faastlane_value::located::Place;
use serde::Deserialize;

use crate::error::{At, Error};
use crate::{paths, text};

/// The name of the file.
pub const FILE_NAME: &str = "faastlane.toml";

/// The settings of a project; all of them may be absent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The state machine to run when none is named.
    pub machine: Option<String>,
    /// The input to run with when none is given.
    pub input: Option<PathBuf>,
    /// How functions are kept apart when nothing is asked for.
    pub isolation: Option<Isolation>,
    /// What must run beside the project.
    #[serde(default)]
    pub services: Vec<Service>,
}

/// What keeps functions from reading each other's memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Isolation {
    /// Keys where the machine has them, else processes.
    #[default]
    Auto,
    /// Memory protection keys.
    Mpk,
    /// A process for each function.
    Process,
    /// Nothing.
    None,
}

/// A local stand-in for an outside service.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// What messages call it.
    pub name: String,
    /// The program and its arguments; it runs in the project's folder.
    pub command: Vec<String>,
    /// The template parameter that takes its URL.
    pub parameter: String,
}

impl Settings {
    /// Reads the settings of the project in `target` (its folder, or a file in it). Without a
    /// settings file they are all absent. Paths come out relative to the current directory.
    ///
    /// # Errors
    /// A file that cannot be read, is not TOML, or has a key that is not known.
    pub fn load(target: &Path) -> Result<Self, Error> {
        let folder = if target.is_dir() { target } else { paths::parent(target) };
        let file = paths::joined(folder, FILE_NAME);
        if !file.is_file() {
            return Ok(Self::default());
        }
        let text = text::read(&file)?;
        let mut settings: Self = toml::from_str(&text).map_err(|error| {
            let offset = error.span().map_or(0, |span| span.start);
            syntax(&file, place_of(&text, offset), error.message())
        })?;
        for service in &settings.services {
            if service.command.is_empty() {
                let message = format!("service `{}` has an empty command", service.name);
                let offset = text.find("command").unwrap_or(0);
                return Err(syntax(&file, place_of(&text, offset), &message));
            }
        }
        settings.input = settings.input.map(|input| folder.join(input));
        Ok(settings)
    }
}

fn syntax(file: &Path, place: Place, message: &str) -> Error {
    Error::Syntax { at: At::new(file, place), message: message.to_owned() }
}

/// The place of a byte of a text.
fn place_of(text: &str, offset: usize) -> Place {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let number = |count: usize| u32::try_from(count + 1).unwrap_or(u32::MAX);
    let line = number(before.matches('\n').count());
    Place { line, column: number(before[line_start..].chars().count()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> Result<Settings, String> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(FILE_NAME), text).unwrap();
        let error = |error: Error| error.to_string().replace(folder.path().to_str().unwrap(), "P");
        Settings::load(folder.path()).map_err(error).map(|mut settings| {
            settings.input =
                settings.input.map(|input| input.strip_prefix(folder.path()).unwrap().into());
            settings
        })
    }

    #[test]
    fn all_settings() {
        let text = "machine = \"Audit\"\ninput = \"events/in.json\"\nisolation = \"mpk\"\n\n[[services]]\nname = \"market\"\n\
                    command = [\"python3\", \"market.py\"]\nparameter = \"MarketUrl\"\n";
        let service = Service {
            name: "market".to_owned(),
            command: vec!["python3".to_owned(), "market.py".to_owned()],
            parameter: "MarketUrl".to_owned(),
        };
        let expected = Settings {
            machine: Some("Audit".to_owned()),
            input: Some("events/in.json".into()),
            isolation: Some(Isolation::Mpk),
            services: vec![service],
        };
        assert_eq!(load(text), Ok(expected));
        assert_eq!(load(""), Ok(Settings::default()));
    }

    #[test]
    fn no_file_means_no_settings() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Settings::load(folder.path()).unwrap(), Settings::default());
    }

    #[test]
    fn mistakes_have_places() {
        let check = |text: &str, expected: &str| assert_eq!(load(text).unwrap_err(), expected);
        check(
            "machine = \"A\"\nmachin = 1\n",
            "P/faastlane.toml:2:1: unknown field `machin`, expected one of `machine`, `input`, `isolation`, `services`",
        );
        check(
            "[[services]]\nname = \"a\"\ncommand = [\"x\"]\n",
            "P/faastlane.toml:1:1: missing field `parameter`",
        );
        check(
            "[[services]]\nname = \"a\"\ncommand = []\nparameter = \"A\"\n",
            "P/faastlane.toml:3:1: service `a` has an empty command",
        );
        check(
            "isolation = \"docker\"\n",
            "P/faastlane.toml:1:13: unknown variant `docker`, expected one of `auto`, `mpk`, `process`, `none`",
        );
        check(
            "machine = 1\n",
            "P/faastlane.toml:1:11: invalid type: integer `1`, expected a string",
        );
    }
}
