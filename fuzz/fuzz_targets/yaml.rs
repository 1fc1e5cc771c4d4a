//! A template's text to a project, and its state machines to diagnostics.
//!
//! Through a file, as users give it: what reads YAML is not public.
#![no_main]

use std::path::PathBuf;
use std::sync::OnceLock;

use faastlane_asl::MachineType;
use faastlane_project::{Options, load};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| {
    let file = file();
    std::fs::write(file, text).expect("the folder of temporary files takes small files");
    match load(file, &Options::default()) {
        Ok(project) => {
            for machine in &project.machines {
                let _ = faastlane_asl::read(&machine.definition.root, MachineType::Standard);
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});

/// The one file that is written again and again, in a folder that holds nothing else.
fn file() -> &'static PathBuf {
    static FILE: OnceLock<PathBuf> = OnceLock::new();
    FILE.get_or_init(|| {
        let folder = tempfile::tempdir().expect("there is room for temporary files");
        folder.keep().join("template.yaml")
    })
}
