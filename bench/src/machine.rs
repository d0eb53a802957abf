//! What a result depends on besides the code.

use std::num::NonZeroUsize;
use std::{fs, thread};

/// Cores that this process may use.
#[must_use]
pub fn cores() -> NonZeroUsize {
    thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// One line on the processor and on what the compiler was allowed to use of it.
#[must_use]
pub fn describe() -> String {
    let model = fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("model name"))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    });
    let features = [
        ("sse4.2", cfg!(target_feature = "sse4.2")),
        ("avx2", cfg!(target_feature = "avx2")),
        ("avx512bw", cfg!(target_feature = "avx512bw")),
        ("neon", cfg!(target_feature = "neon")),
    ];
    let built: Vec<_> = features.iter().filter(|f| f.1).map(|f| f.0).collect();
    let built = if built.is_empty() {
        "the target's least".into()
    } else {
        built.join(" ")
    };
    format!(
        "machine: {}, {} cores; both codecs built for: {built}",
        model.as_deref().unwrap_or(std::env::consts::ARCH),
        cores()
    )
}
