//! The command as its users meet it.

mod encode;
mod files;
mod folder;
#[cfg(unix)]
mod interrupted;
mod rebase;
mod reports;
mod safety;
mod streams;
mod video;
