//! A file's lock that threads of one process can hold together.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::fs::{FlockOperation, flock};

/// A file that is locked as long as somebody in this process shares it.
#[derive(Debug)]
pub(super) struct SharedLock {
    file: File,
    holders: Mutex<usize>,
}

impl SharedLock {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)?;
        Ok(SharedLock {
            file,
            holders: Mutex::new(0),
        })
    }

    fn holders(&self) -> MutexGuard<'_, usize> {
        self.holders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for those who have the lock alone.
    pub(super) fn share(&self) -> io::Result<Sharing<'_>> {
        let mut holders = self.holders();
        if *holders == 0 {
            flock(&self.file, FlockOperation::LockShared)?;
        }
        *holders += 1;
        Ok(Sharing(self))
    }

    /// Waits for all others, in this process and in others.
    pub(super) fn alone(&self) -> io::Result<Alone<'_>> {
        let mut holders = self.holders();
        while *holders > 0 {
            // Who shares the lock does so for microseconds.
            drop(holders);
            std::thread::yield_now();
            holders = self.holders();
        }
        flock(&self.file, FlockOperation::LockExclusive)?;
        Ok(Alone {
            lock: self,
            _holders: holders,
        })
    }
}

/// The lock, held with others.
#[derive(Debug)]
pub(super) struct Sharing<'a>(&'a SharedLock);

impl Drop for Sharing<'_> {
    fn drop(&mut self) {
        let mut holders = self.0.holders();
        *holders -= 1;
        if *holders == 0 {
            let _ = flock(&self.0.file, FlockOperation::Unlock);
        }
    }
}

/// The lock, held alone.
#[derive(Debug)]
pub(super) struct Alone<'a> {
    lock: &'a SharedLock,
    _holders: MutexGuard<'a, usize>,
}

impl Drop for Alone<'_> {
    fn drop(&mut self) {
        let _ = flock(&self.lock.file, FlockOperation::Unlock);
    }
}
