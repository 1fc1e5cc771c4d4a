//! Two fixed files: what is shown of one, and of both.
//!
//! Set `FAASTLANE_BLESS=1` to write what is shown into the expected files, and read the difference.

use std::path::{Path, PathBuf};

use faastlane_results::{Metric, Report, compare, markdown, svg};

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

fn report(name: &str) -> Report {
    serde_json::from_str(&std::fs::read_to_string(golden(name)).unwrap()).unwrap()
}

#[track_caller]
fn check(name: &str, text: &str) {
    let file = golden(name);
    if std::env::var_os("FAASTLANE_BLESS").is_some() {
        std::fs::write(&file, text).unwrap();
    }
    assert_eq!(text, std::fs::read_to_string(file).unwrap());
}

#[test]
fn a_report_is_a_table_for_each_workload() {
    check("markdown.md", &markdown(&report("before.json")));
}

#[test]
fn a_comparison_says_what_is_sure() {
    check("compare.md", &compare(&report("before.json"), &report("after.json")));
}

#[test]
fn files_without_a_common_workload_say_so() {
    let before = report("before.json");
    let nothing = Report { workloads: Vec::new(), ..before.clone() };
    let text = compare(&before, &nothing);
    assert!(text.starts_with("The two files have nothing in common"), "{text}");
}

#[test]
fn a_picture_has_a_row_for_each_way() {
    let workload = &report("before.json").workloads[0];
    let picture = svg(workload).unwrap();
    for contender in &workload.contenders {
        assert!(picture.contains(&contender.name), "{picture}");
    }
    assert!(picture.starts_with("<svg") && picture.trim_end().ends_with("</svg>"), "{picture}");
}

#[test]
fn numbers_come_from_the_samples() {
    let report = report("before.json");
    let lanes = &report.workloads[0].contenders[0];
    // Medians of rounds, then of what they say.
    assert_eq!(lanes.value(Metric::EndToEnd), Some(31.2));
    assert_eq!(lanes.value(Metric::Interaction), Some(21.2));
    assert_eq!(lanes.value(Metric::InteractionP99), Some(40.4));
    assert_eq!(lanes.value(Metric::Throughput), Some(40_202.0));
    assert_eq!(report.workloads[1].contenders, []);
}
