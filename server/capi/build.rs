//! Gives the shared library the name that programs look for when they start: before version 1, each
//! minor version may change the interface, so the name holds both numbers.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let known = ["linux", "android", "freebsd", "netbsd", "openbsd"];
    let os = std::env::var("CARGO_CFG_TARGET_OS").unwrap_or_default();
    if known.contains(&os.as_str()) {
        let (major, minor) = (
            env!("CARGO_PKG_VERSION_MAJOR"),
            env!("CARGO_PKG_VERSION_MINOR"),
        );
        println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,liblentil.so.{major}.{minor}");
    }
}
