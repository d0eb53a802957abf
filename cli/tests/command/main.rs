//! The command as its users meet it.

mod encode;
mod files;
mod folder;
#[cfg(unix)]
mod interrupted;
#[cfg(unix)]
mod parallel;
mod rebase;
mod reports;
mod safety;
mod streams;
#[cfg(unix)]
mod thunk;
mod video;
