//! Memory that is used again, and threads that wait for work: what a codec and all that come of it share.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use lentil_core::vp8::{Limits, State};

use super::picture::Pixels;
use super::scratch::Scratch;

/// Choices for decoding and encoding.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// How many threads may work on one frame, each at another place of it. Neither pictures nor bytes depend on it.
    pub threads: NonZeroUsize,
    /// The largest pictures; memory is taken for none that is larger.
    pub limits: Limits,
}

impl Default for Options {
    /// One thread; pictures of at most 2^28 pixels, which is all that VP8 can say.
    fn default() -> Self {
        Options {
            threads: NonZeroUsize::MIN,
            limits: Limits::NONE,
        }
    }
}

/// What the next frame depends on, besides pictures.
#[derive(Debug, Default)]
pub(super) struct Context {
    pub state: State,
    pub segments: Vec<u8>,
}

/// Things that are used again.
#[derive(Debug)]
pub(super) struct Pool {
    pub options: Options,
    pixels: Shelf<Pixels>,
    contexts: Shelf<Context>,
    scratch: Mutex<Vec<Scratch>>,
    /// All threads but the caller's.
    pub threads: Option<rayon::ThreadPool>,
}

impl Pool {
    pub fn new(options: Options) -> Self {
        let others = options.threads.get() - 1;
        let build = || {
            let builder = rayon::ThreadPoolBuilder::new().num_threads(others);
            // Without threads there is but the caller's.
            builder.build().ok()
        };
        Pool {
            threads: (others > 0).then(build).flatten(),
            options,
            pixels: Shelf::default(),
            contexts: Shelf::default(),
            scratch: Mutex::default(),
        }
    }

    /// Something that nobody else has, filled by `fill`, whatever was in it.
    pub fn pixels<E>(
        &self,
        fill: impl FnOnce(&mut Pixels) -> Result<(), E>,
    ) -> Result<Arc<Pixels>, E> {
        self.pixels.fill(fill)
    }

    /// The same for contexts.
    pub fn context<E>(
        &self,
        fill: impl FnOnce(&mut Context) -> Result<(), E>,
    ) -> Result<Arc<Context>, E> {
        self.contexts.fill(fill)
    }

    /// Lends scratch memory.
    pub fn with_scratch<T>(&self, work: impl FnOnce(&mut Scratch) -> T) -> T {
        let list = || self.scratch.lock().unwrap_or_else(PoisonError::into_inner);
        let mut scratch = list().pop().unwrap_or_default();
        let result = work(&mut scratch);
        list().push(scratch);
        result
    }
}

/// Shared things, of which some may have no other owner any more.
#[derive(Debug)]
struct Shelf<T>(Mutex<Vec<Arc<T>>>);

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Shelf(Mutex::default())
    }
}

/// Things without an owner that are kept: a steady stream needs one or two.
const SPARE: usize = 4;

impl<T: Default> Shelf<T> {
    fn fill<E>(&self, fill: impl FnOnce(&mut T) -> Result<(), E>) -> Result<Arc<T>, E> {
        let mut thing = self.take();
        if let Some(unshared) = Arc::get_mut(&mut thing) {
            fill(unshared)?;
        }
        self.list().push(thing.clone());
        Ok(thing)
    }

    fn list(&self) -> std::sync::MutexGuard<'_, Vec<Arc<T>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a thing that nobody else has, or makes one; lets go of those that are too many.
    fn take(&self) -> Arc<T> {
        let mut list = self.list();
        let mut spare = 0;
        list.retain_mut(|thing| {
            let free = Arc::get_mut(thing).is_some();
            spare += usize::from(free);
            !free || spare <= SPARE
        });
        let free = list
            .iter_mut()
            .position(|thing| Arc::get_mut(thing).is_some());
        free.map(|i| list.swap_remove(i)).unwrap_or_default()
    }
}
