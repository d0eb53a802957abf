//! Threads that take what [`Progress`] says can be done next, and sleep if there is nothing.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use rayon::ThreadPool;

use super::schedule::{Plan, Progress, Task};

/// Locks what no other thread has.
pub(super) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Has all tasks of a frame done, by this thread and others, so many as its plan says; ends early with an error.
pub(super) fn run<E: Send>(
    others: &ThreadPool,
    plan: &Plan,
    work: impl Fn(Task) -> Result<(), E> + Sync,
) -> Result<(), E> {
    let crew = Crew {
        state: Mutex::new(State {
            progress: Progress::new(*plan),
            failed: None,
            broken: false,
        }),
        changed: Condvar::new(),
    };
    others.in_place_scope(|scope| {
        for _ in 1..plan.threads {
            scope.spawn(|_| crew.work(&work));
        }
        crew.work(&work);
    });
    let state = crew.state.into_inner();
    let failed = state.unwrap_or_else(PoisonError::into_inner).failed;
    failed.map_or(Ok(()), Err)
}

/// Has each of some things done that wait for nothing, by this thread and so many in all.
pub(super) fn each<T: Send>(
    others: &ThreadPool,
    threads: usize,
    things: impl Iterator<Item = T> + Send,
    work: impl Fn(T) + Sync,
) {
    let things = Mutex::new(things);
    let next = || lock(&things).next();
    let work = || std::iter::from_fn(next).for_each(&work);
    others.in_place_scope(|scope| {
        for _ in 1..threads {
            scope.spawn(|_| work());
        }
        work();
    });
}

/// The threads at a frame. Only `state` is contended.
struct Crew<E> {
    state: Mutex<State<E>>,
    /// There is something to do for one of those who sleep, or nothing any more for all of them.
    changed: Condvar,
}

/// What the threads have to agree on.
struct State<E> {
    progress: Progress,
    failed: Option<E>,
    /// A thread panicked.
    broken: bool,
}

impl<E> State<E> {
    fn is_over(&self) -> bool {
        self.progress.is_complete() || self.failed.is_some() || self.broken
    }
}

impl<E> Crew<E> {
    /// Does what there is to do, until the frame is complete.
    fn work(&self, run: impl Fn(Task) -> Result<(), E>) {
        let broken = Broken(self);
        let mut state = lock(&self.state);
        let mut last = None;
        while !state.is_over() {
            let Some(task) = state.progress.take(last.take()) else {
                let woken = self.changed.wait(state);
                state = woken.unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let wakes = state.progress.wakes();
            drop(state);
            if wakes {
                self.changed.notify_one();
            }
            let result = run(task);
            state = lock(&self.state);
            state.progress.end(task);
            if let Err(error) = result {
                state.failed = Some(error);
            }
            last = Some(task);
        }
        let wakes = state.progress.wakes_all();
        drop(state);
        if wakes {
            self.changed.notify_all();
        }
        std::mem::forget(broken);
    }
}

/// Wakes the others if a thread panics, so that the panic is seen instead of waited for.
struct Broken<'c, E>(&'c Crew<E>);

impl<E> Drop for Broken<'_, E> {
    fn drop(&mut self) {
        lock(&self.0.state).broken = true;
        self.0.changed.notify_all();
    }
}
