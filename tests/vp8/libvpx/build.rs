//! Compiles the few calls of libvpx that are needed, with the system's C compiler.

use std::path::PathBuf;
use std::process::Command;
use std::{env, error::Error};

fn main() -> Result<(), Box<dyn Error>> {
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("no OUT_DIR")?);
    let (object, library) = (out.join("peer.o"), out.join("libpeer.a"));
    let cc = env::var("CC").unwrap_or_else(|_| "cc".into());
    let compiled = Command::new(cc)
        .args(["-O2", "-Wall", "-c", "peer.c", "-o"])
        .arg(&object)
        .status()?;
    let packed = Command::new("ar")
        .arg("rcs")
        .arg(&library)
        .arg(&object)
        .status()?;
    if !compiled.success() || !packed.success() {
        return Err("peer.c does not compile: it wants Debian's libvpx-dev".into());
    }
    println!("cargo:rustc-link-search=native={}", out.display());
    println!("cargo:rustc-link-lib=static=peer");
    println!("cargo:rustc-link-lib=vpx");
    println!("cargo:rerun-if-changed=peer.c");
    Ok(())
}
