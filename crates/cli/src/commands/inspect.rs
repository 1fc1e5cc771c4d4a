//! `faastlane inspect`: instructions that write the register of protection keys, in files.

use std::fmt::Write as _;
use std::path::Path;

use faastlane_inspect::{Finding, Place, Scanned, scan_tree};
use faastlane_value::{ObjectBuilder, Value};

use crate::args::InspectArgs;
use crate::exit::ExitCode;
use crate::{Error, print};

/// Lists them with the code around them; exit codes are those of grep.
pub(crate) fn inspect(args: &InspectArgs) -> Result<ExitCode, Error> {
    let scanned = scan_tree(&args.path)?;
    for error in &scanned.errors {
        print::note(&format!("error: {error}"));
    }
    if args.json {
        print::json_line(&json(&scanned))?;
    } else if scanned.findings.is_empty() {
        print::info(&format!("{} searched, nothing found", files(scanned.files)));
    } else {
        print::line(&text(&scanned))?;
        let count = scanned.findings.len();
        print::info(&format!("{} searched, {count} found", files(scanned.files)));
    }
    Ok(match (scanned.errors.is_empty(), scanned.findings.is_empty()) {
        (false, _) => ExitCode::Invalid,
        (true, false) => ExitCode::Succeeded,
        (true, true) => ExitCode::Failed,
    })
}

fn files(count: usize) -> String {
    if count == 1 { "1 file".to_owned() } else { format!("{count} files") }
}

/// Below the name of each file its finds, one row and the disassembly each.
fn text(scanned: &Scanned) -> String {
    let mut text = String::new();
    let mut last: Option<&Path> = None;
    for (file, finding) in &scanned.findings {
        if last != Some(file) {
            let separator = if last.is_some() { "\n" } else { "" };
            let _ = writeln!(text, "{separator}{}", file.display());
            let _ = writeln!(text, "  OFFSET      ADDRESS     GADGET  PLACE        SYMBOL");
            last = Some(file);
        }
        let _ = writeln!(text, "{}", row(finding));
        for line in &finding.disassembly {
            let bytes: Vec<_> = line.bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            let mark = if line.marked { '>' } else { ' ' };
            let (address, bytes) = (line.address, bytes.join(" "));
            let _ = writeln!(text, "    {mark} {address:8x}  {bytes:30}  {}", line.text);
        }
    }
    text.truncate(text.trim_end().len());
    text
}

fn row(finding: &Finding) -> String {
    let symbol = match (&finding.symbol, &finding.section) {
        (Some((name, distance)), _) => format!("{name}+{distance:#x}"),
        (None, Some(section)) => format!("in {section}"),
        (None, None) => "–".to_owned(),
    };
    let Finding { offset, address, gadget, .. } = finding;
    format!("  {offset:<#10x}  {address:<#10x}  {gadget:6}  {:11}  {symbol}", place(finding.place))
}

fn place(place: Place) -> &'static str {
    match place {
        Place::Instruction { .. } => "instruction",
        Place::Hidden => "hidden",
    }
}

fn json(scanned: &Scanned) -> Value {
    let findings = scanned.findings.iter().map(|(file, finding)| json_finding(file, finding));
    let mut object = ObjectBuilder::with_capacity(3);
    object.insert("files", number(scanned.files as u64));
    object.insert("findings", Value::array(findings));
    let errors = scanned.errors.iter().map(|error| Value::from(error.to_string()));
    object.insert("errors", Value::array(errors));
    object.build()
}

fn json_finding(file: &Path, finding: &Finding) -> Value {
    let mut object = ObjectBuilder::with_capacity(8);
    object.insert("file", file.display().to_string());
    object.insert("gadget", finding.gadget.to_string());
    object.insert("place", place(finding.place));
    object.insert("offset", number(finding.offset));
    object.insert("address", number(finding.address));
    object.insert("section", finding.section.clone().map_or(Value::Null, Value::from));
    let (symbol, distance) = finding.symbol.clone().unzip();
    object.insert("symbol", symbol.map_or(Value::Null, Value::from));
    object.insert("distance", distance.map_or(Value::Null, number));
    let lines = finding.disassembly.iter().map(|line| {
        let bytes: String = line.bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut object = ObjectBuilder::with_capacity(4);
        object.insert("address", number(line.address));
        object.insert("bytes", bytes);
        object.insert("text", line.text.clone());
        object.insert("marked", line.marked);
        object.build()
    });
    object.insert("disassembly", Value::array(lines));
    object.build()
}

/// Addresses of programs stay far below the largest number that fits.
fn number(number: u64) -> Value {
    Value::from(i64::try_from(number).unwrap_or(i64::MAX))
}
