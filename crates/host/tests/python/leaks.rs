//! Calls leave nothing behind: memory stays level over many of them, with every kind of value and of
//! end. One lost reference per call would show.

use faastlane_host::Input;

use crate::lane::{Answer, Python, frame};
use faastlane_value::json;

const CODE: &str = "
import decimal, sys
class Custom(Exception): pass
sys.stdout = open('/dev/null', 'w')
def handler(event, context):
    context.own = context
    if event == 'raise': raise Custom('x' * 100)
    if event == 'odd': return {'d': decimal.Decimal('1.5'), 1: (2, b'x')}
    if event == 'unserialisable': return [{1}]
    if event == 'bytes': return b'x' * 100
    return event
";

#[test]
fn memory_stays_level() {
    crate::lane::for_each_python("leaks::memory_stays_level", |python: &Python| {
        let mut handler = python.load(CODE);
        let plain = r#"{"a": [1, 1000, 2.5, null, true, "text", "é€", {"b": {}}], "f": [1.5, 2.5],
            "n": 123456789012345678901234567890, "a key of more than thirty-one characters": []}"#;
        let texts = [plain, "\"raise\"", "\"odd\"", "\"unserialisable\"", "\"bytes\""];
        let frames = texts.map(|text| frame(&json::parse(text.as_bytes()).unwrap()));
        let broken = &frames[0][..frames[0].len() - 1];
        let mut round = |count: u32| {
            for _ in 0..count {
                for frame in &frames {
                    handler.call_with(Input::Frame(frame), "", "Root=1");
                }
                handler.call_with(Input::Text(plain.as_bytes()), "{\"custom\": 1}", "");
                assert!(matches!(handler.call(Input::Frame(broken)), Answer::Failed(_)));
            }
        };
        round(1_000);
        let before = resident_kib();
        round(5_000);
        let grown = resident_kib().saturating_sub(before);
        // A lost object of the smallest size, 16 bytes, would be 78 KiB.
        assert!(grown < 64, "{python:?}: {grown} KiB more after 35,000 calls");
    });
}

fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches("kB").trim().parse().unwrap()
}
