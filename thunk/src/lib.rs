//! Thunks: closures that name their function and their data by content hash.
//!
//! A [`Thunk`] is a value: what is called, with which arguments, on which files, and which files it leaves. Files are named by digests, or
//! are outputs of other thunks. [`force`](force()) finds what a thunk gives, with an [`Engine`] that computes and a [`Store`] that
//! remembers; nothing is computed twice.

mod action;
mod digest;
mod engine;
pub mod excamera;
mod force;
pub mod functions;
pub mod jpeg;
mod local;
pub mod plan;
mod reapi;
mod store;
mod thunk;

pub use action::{Action, NoAction};
pub use digest::{Digest, Hashing, NoDigest};
pub use engine::{Done, Engine, Failure, Job, Running, command_line};
pub use force::{Entry, Event, ForceError, ForceOptions, Forced, Origin, force, runtime};
pub use local::{Isolation, Local};
pub use reapi::{Reapi, ReapiOptions};
pub use store::{Claim, Collected, NewBlob, Output, Store, StoreError, Value};
pub use thunk::{Function, Input, NoThunk, Source, Thunk};
