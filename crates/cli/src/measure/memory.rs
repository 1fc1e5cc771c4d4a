//! Memory that is free for more processes.

use std::fs;

/// In MiB: what the kernel says is available, or what a control group leaves of it. None where
/// neither can be read.
pub(crate) fn free_mib() -> Option<f64> {
    let available = number_after(&fs::read_to_string("/proc/meminfo").ok()?, "MemAvailable:");
    let of_group = |file: &str| {
        let text = fs::read_to_string(format!("/sys/fs/cgroup/{file}")).ok()?;
        text.trim().parse::<f64>().ok()
    };
    let left = || Some((of_group("memory.max")? - of_group("memory.current")?) / (1024.0 * 1024.0));
    let available = available.map(|kib| kib / 1024.0);
    [available, left()].into_iter().flatten().reduce(f64::min)
}

fn number_after(text: &str, name: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_a_line_is_found() {
        let text = "MemTotal:  100 kB\nMemAvailable:   2048 kB\n";
        assert_eq!(number_after(text, "MemAvailable:"), Some(2048.0));
        assert_eq!(number_after(text, "Swap:"), None);
    }
}
