//! Says whether the program is for a Cortex-M with DSP instructions: there is no stable name for that feature.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-check-cfg=cfg(cortex_m_dsp)");
    // Armv7E-M is Armv7-M with them (Arm DDI 0403, A1.3).
    let target = std::env::var("TARGET").unwrap_or_default();
    if target.starts_with("thumbv7em-") {
        println!("cargo:rustc-cfg=cortex_m_dsp");
    }
}
