//! Models of AWS's services, from the botocore that a user has.
//!
//! They lie in `botocore/data/SERVICE/VERSION/service-2.json[.gz]`. Folders are named otherwise than resources of
//! Task states, which take the service's id in small letters (`aws-sdk:sfn` is `stepfunctions`); that id
//! stands near the beginning of each file, so the right one is found without reading the others whole.

use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use faastlane_value::{Value, json};
use flate2::read::GzDecoder;

/// How much of a file is read to find the service's id, in bytes of text.
const BEGINNING: u64 = 4096;
/// Longest model that is read, in bytes of text; the longest that there is has 6 MB.
const LONGEST: u64 = 64 << 20;

/// The models of one botocore; each is read when it is first asked for.
#[derive(Debug)]
pub struct Botocore {
    data: PathBuf,
    models: HashMap<String, Option<Value>>,
}

impl Botocore {
    /// The models of the package in this folder.
    #[must_use]
    pub fn new(package: &Path) -> Self {
        Self { data: package.join("data"), models: HashMap::new() }
    }

    /// The model of a service by the name that resources of Task states have for it; none for one that
    /// this botocore does not know.
    pub fn model(&mut self, service: &str) -> Option<Value> {
        if let Some(model) = self.models.get(service) {
            return model.clone();
        }
        let model = self.find(service).and_then(|file| read(&file));
        self.models.insert(service.to_owned(), model.clone());
        model
    }

    fn find(&self, service: &str) -> Option<PathBuf> {
        let id = service.strip_prefix("aws-sdk:").unwrap_or(service);
        // The optimised integration is named after the API's endpoint.
        let folder = if id == "states" { "stepfunctions" } else { id };
        latest(&self.data.join(folder)).or_else(|| {
            let mut folders: Vec<PathBuf> =
                self.data.read_dir().ok()?.flatten().map(|entry| entry.path()).collect();
            folders.sort();
            folders.iter().filter_map(|folder| latest(folder)).find(|file| has_id(file, id))
        })
    }
}

/// The model in the newest version of a service's folder.
fn latest(folder: &Path) -> Option<PathBuf> {
    let versions = folder.read_dir().ok()?.flatten().map(|entry| entry.path());
    let version = versions.filter(|path| path.is_dir()).max()?;
    let names = ["service-2.json.gz", "service-2.json"];
    names.iter().map(|name| version.join(name)).find(|file| file.is_file())
}

/// Whether a model is of the service with this id, written in small letters without spaces.
fn has_id(file: &Path, id: &str) -> bool {
    const KEY: &str = "\"serviceId\":\"";
    let mut beginning = Vec::new();
    let read = open(file).and_then(|text| text.take(BEGINNING).read_to_end(&mut beginning).ok());
    let text = String::from_utf8_lossy(&beginning);
    let text: String = text.split_whitespace().collect();
    let found = text.find(KEY).map(|at| &text[at + KEY.len()..]);
    let found = found.and_then(|rest| rest.split('"').next());
    read.is_some() && found.is_some_and(|found| found.to_lowercase().replace('-', "") == id)
}

fn read(file: &Path) -> Option<Value> {
    let mut text = Vec::new();
    open(file)?.take(LONGEST).read_to_end(&mut text).ok()?;
    json::parse(&text).ok()
}

fn open(file: &Path) -> Option<Box<dyn Read>> {
    let bytes = File::open(file).ok()?;
    let is_packed = file.extension().is_some_and(|extension| extension == "gz");
    Some(if is_packed { Box::new(GzDecoder::new(bytes)) } else { Box::new(bytes) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_found_by_its_folder_or_its_id() {
        let package = tempfile::tempdir().expect("a folder can be made");
        let write = |folder: &str, id: &str| {
            let folder = package.path().join("data").join(folder);
            std::fs::create_dir_all(&folder).expect("a folder can be made");
            let text = format!(r#"{{"metadata": {{"serviceId": "{id}"}}, "operations": {{}}}}"#);
            std::fs::write(folder.join("service-2.json"), text).expect("a file can be written");
        };
        write("stepfunctions/2016-11-23", "SFN");
        write("logs/2010-01-01", "Old");
        write("logs/2014-03-28", "CloudWatch Logs");
        let mut botocore = Botocore::new(package.path());
        for (service, id) in [
            ("states", Some("SFN")),
            ("aws-sdk:sfn", Some("SFN")),
            ("aws-sdk:cloudwatchlogs", Some("CloudWatch Logs")),
            ("logs", Some("CloudWatch Logs")),
            ("aws-sdk:nothing", None),
        ] {
            let model = botocore.model(service);
            let found = model.as_ref().and_then(|model| model.get("metadata")?.get("serviceId"));
            assert_eq!(found.and_then(Value::as_str), id, "{service}");
        }
    }
}
