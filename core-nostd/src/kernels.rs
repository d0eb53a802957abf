//! Instruction sets that hot loops can be compiled for.

/// A set of instructions, as a token: whoever has one may run code that is compiled for the set.
pub trait Kernels: Copy + Send + Sync {
    /// Runs `work`, compiled for the set.
    fn run<W: Work>(self, work: W) -> W::Output;
}

/// Work for [`Kernels::run`]. A closure would do, could it be told to be always inlined: only what is
/// inlined there is compiled for the set.
pub trait Work {
    /// What comes of it.
    type Output;
    /// Does it. Wants `#[inline(always)]`, and so does what it calls in its loops.
    fn run(self) -> Self::Output;
}

/// What the whole program is compiled for; every other set must give the same bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scalar;

impl Kernels for Scalar {
    fn run<W: Work>(self, work: W) -> W::Output {
        work.run()
    }
}
