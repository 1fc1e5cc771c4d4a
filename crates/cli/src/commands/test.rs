//! `faastlane test`: executions with mocks, held against what is expected of them.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::path::Path;
use std::time::Instant;

use console::Style;
use faastlane_value::{Value, json};

use crate::args::{ProjectArgs, SetupArgs, TestArgs};
use crate::exit::ExitCode;
use crate::interrupt::Interrupt;
use crate::testing::{self, Ran, TestFile};
use crate::{Error, print, target, view};

/// Runs the tests of a project and tells which pass.
pub(crate) fn test(args: &TestArgs) -> Result<ExitCode, Error> {
    let interrupt = Interrupt::watch()?;
    let ran = run_all(args, &interrupt);
    interrupt.check()?;
    interrupt.let_go();
    ran
}

fn run_all(args: &TestArgs, interrupt: &Interrupt) -> Result<ExitCode, Error> {
    let project = &args.setup.project.target;
    let folder = testing::folder(target::folder(project));
    let tests = testing::find(&folder, &args.filter)?;
    if tests.is_empty() {
        let folder = folder.display();
        let which = if args.filter.is_empty() { "" } else { " of that name" };
        return Err(Error::Invalid(format!("there is no test{which} in {folder} (*.test.json)")));
    }
    let mut by_machine: BTreeMap<Option<&str>, Vec<&TestFile>> = BTreeMap::new();
    for test in &tests {
        by_machine.entry(test.case.machine.as_deref()).or_default().push(test);
    }
    let began = Instant::now();
    let mut results = Vec::new();
    for (machine, tests) in by_machine {
        let setup = for_machine(&args.setup, machine);
        testing::run(&setup, &tests, interrupt, |test, ran| {
            let told = tell(test, &ran);
            results.push((test.path.clone(), ran, told));
        })?;
    }
    let found = |test: &TestFile| results.iter().position(|(path, ..)| *path == test.path);
    let places: Vec<Option<usize>> = tests.iter().map(found).collect();
    let mut ran: Vec<Option<Ran>> = Vec::new();
    for (_, result, told) in results {
        told?;
        ran.push(Some(result));
    }
    let ordered = tests.iter().zip(places);
    let results: Vec<(&TestFile, Ran)> =
        ordered.filter_map(|(test, place)| Some((test, ran[place?].take()?))).collect();
    if let Some(file) = &args.junit {
        let report = testing::report(&project.display().to_string(), &results);
        write(file, report.as_bytes())?;
    }
    let failed: Vec<_> = results.iter().filter(|(_, ran)| !ran.passed()).collect();
    for (test, ran) in &failed {
        match args.update {
            true => update(test, ran)?,
            false => print::line(&explained(test, ran))?,
        }
    }
    let passed = results.len() - failed.len();
    let count = match results.len() {
        1 => "1 test".to_owned(),
        count => format!("{count} tests"),
    };
    let verb = if args.update { "updated" } else { "failed" };
    let took = view::duration(began.elapsed());
    print::line(&format!("\n{count}: {passed} passed, {} {verb}, in {took}", failed.len()))?;
    Ok(if failed.is_empty() || args.update { ExitCode::Succeeded } else { ExitCode::Failed })
}

/// What was typed, for the machine that a test names.
fn for_machine(typed: &SetupArgs, machine: Option<&str>) -> SetupArgs {
    let machine = machine.map(str::to_owned).or_else(|| typed.project.machine.clone());
    let project = ProjectArgs { machine, ..typed.project.clone() };
    SetupArgs { project, ..typed.clone() }
}

/// A line about a test that has ended.
fn tell(test: &TestFile, ran: &Ran) -> Result<(), Error> {
    let (word, style) = match ran.passed() {
        true => ("ok  ", Style::new().green()),
        false => ("FAIL", Style::new().red().bold()),
    };
    let word = style.force_styling(colours()).apply_to(word);
    print::line(&format!("{word}  {} ({})", test.name, view::duration(ran.took)))
}

/// How a test differs from what was expected, and what its functions wrote.
fn explained(test: &TestFile, ran: &Ran) -> String {
    let mut text = format!("\n---- {} ({})", test.name, test.path.display());
    for difference in &ran.differences {
        text += &format!("\n{}", testing::shown(difference, colours()));
    }
    let is_told = ran.differences.iter().any(|difference| difference.what == "error");
    if let Some(failure) = ran.actual.failure().filter(|_| !is_told) {
        text += &format!("\nit failed with {failure}");
    }
    if !ran.logs.is_empty() {
        text += &format!("\nlogs:\n  {}", ran.logs.trim_end().replace('\n', "\n  "));
    }
    text
}

fn update(test: &TestFile, ran: &Ran) -> Result<(), Error> {
    let updated: Value = ran.actual.update(&test.case.root, &test.case.expected);
    let mut text = Vec::new();
    json::write_pretty(&updated, &mut text)
        .map_err(|error| Error::Internal(format!("cannot write JSON: {error}")))?;
    text.push(b'\n');
    write(&test.path, &text)
}

fn write(file: &Path, bytes: &[u8]) -> Result<(), Error> {
    std::fs::write(file, bytes)
        .map_err(|error| Error::Invalid(format!("cannot write {}: {error}", file.display())))
}

fn colours() -> bool {
    std::io::stdout().is_terminal() && console::colors_enabled()
}
