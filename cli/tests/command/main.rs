//! The command as its users meet it.

#[cfg(unix)]
#[path = "../../../thunk/tests/casd/mod.rs"]
#[allow(dead_code, reason = "these tests take what they need")]
mod casd;
mod encode;
mod files;
mod folder;
#[cfg(unix)]
mod interrupted;
#[cfg(unix)]
mod jpeg_engine;
#[cfg(unix)]
mod parallel;
mod rebase;
mod reports;
mod safety;
mod streams;
#[cfg(unix)]
mod thunk;
mod video;
