//! Partitions of one sequential scan, restored side by side and written in order.

use std::collections::VecDeque;
use std::io::Write;
use std::ops::Range;

use lentil_core::jpeg::{Layout, Plan};
use lentil_core::kernels::Kernels;
use lentil_core::lepton::Error as Damage;
use lentil_core::lepton::transcode::{Job, Restorer, Status};
use rayon::prelude::*;

use crate::Error;
use crate::compress::OwnMemory;
use crate::decompress::Task;
use crate::demux::Streams;
use crate::limited::Limited;

/// Restored bytes that all partitions together hold until those before them are written; each may
/// hold [`ROOM`] besides.
const HELD: usize = 4 << 20;
/// Room for a step.
const ROOM: usize = 1 << 16;

/// A partition at work.
struct Worker {
    number: usize,
    restorer: Restorer,
    memory: OwnMemory,
    input: Vec<u8>,
    used: usize,
    input_ended: bool,
    output: Vec<u8>,
    /// With this much output it rests.
    most: usize,
    done: bool,
}

impl Worker {
    fn new(job: &Job<'_, impl Kernels>, number: usize, restorer: Restorer, threads: usize) -> Self {
        Worker {
            number,
            restorer,
            memory: OwnMemory::new(&job.image),
            input: Vec::new(),
            used: 0,
            input_ended: false,
            output: Vec::new(),
            most: HELD / threads + ROOM,
            done: false,
        }
    }

    fn fill(&mut self, streams: &mut impl Streams) -> Result<(), Error> {
        if !self.done && !self.input_ended && self.output.len() < self.most {
            self.input.drain(..self.used);
            self.used = 0;
            self.input_ended = !streams.fill(self.number, &mut self.input)?;
        }
        Ok(())
    }

    /// Goes on until input runs out or enough is held.
    fn run(&mut self, job: &Job<'_, impl Kernels>) -> Result<(), Damage> {
        while !self.done && self.output.len() < self.most {
            let old = self.output.len();
            self.output.resize(old + ROOM, 0);
            let progress = self.restorer.step(
                job,
                &mut self.memory.lend(),
                &self.input[self.used..],
                self.input_ended,
                &mut self.output[old..],
            );
            let progress = progress?;
            self.output.truncate(old + progress.written);
            self.used += progress.consumed;
            match progress.status {
                Status::Done => self.done = true,
                Status::Input => return Ok(()),
                Status::Output => {}
            }
        }
        Ok(())
    }
}

/// Restores the scan, and what follows it in the JPEG header; gives the number of partitions.
pub(crate) fn restore(
    kernels: impl Kernels,
    task: &Task<'_>,
    plan: Plan<'_>,
    streams: &mut impl Streams,
    output: &mut Limited<impl Write>,
) -> Result<u8, Error> {
    let job = Job {
        kernels,
        image: task.image(Layout::strip)?,
        plan,
        style: task.style(0),
    };
    let parts = task.parts(&job.image)?;
    let handoffs = task.block.handoffs.as_slice();
    // Files of early encoders do not say how partitions begin: each waits for the one before.
    let independent = handoffs.iter().all(|h| h.start.is_some());
    let threads = if independent {
        task.options.threads.get()
    } else {
        1
    };

    let mut waiting = parts.iter().enumerate();
    let mut working: VecDeque<Worker> = VecDeque::new();
    let mut previous: Option<Restorer> = None;
    loop {
        while working.len() < threads {
            let Some((number, rows)) = waiting.next() else {
                break;
            };
            let restorer = begin(&job, rows, handoffs[number].start, previous.as_ref());
            working.push_back(Worker::new(&job, number, restorer, threads));
        }
        for worker in &mut working {
            worker.fill(streams)?;
        }
        let result = match working.make_contiguous() {
            [] => break,
            [one] => one.run(&job),
            several => several.par_iter_mut().try_for_each(|w| w.run(&job)),
        };
        result?;
        while let Some(first) = working.front_mut() {
            output.put(&first.output)?;
            first.output.clear();
            if output.left == 0 {
                return Ok(parts.len() as u8);
            }
            if !first.done {
                break;
            }
            if first.restorer.was_cut() {
                return Err(Damage::Stream.into());
            }
            previous = working.pop_front().map(|w| w.restorer);
        }
    }
    let restarts = previous.map_or(0, |r| r.restarts());
    for i in 0..u32::from(task.block.extra_restarts.first().copied().unwrap_or(0)) {
        output.put(&[0xff, 0xd0 + ((restarts + i) & 7) as u8])?;
    }
    output.put(task.walk.rest())?;
    Ok(parts.len() as u8)
}

fn begin(
    job: &Job<'_, impl Kernels>,
    rows: &Range<u32>,
    start: Option<lentil_core::lepton::transcode::RowStart>,
    previous: Option<&Restorer>,
) -> Restorer {
    match (start, previous) {
        (None, Some(previous)) => Restorer::after(previous, rows.clone()),
        (start, _) => Restorer::new(job, rows.clone(), &start.unwrap_or_default()),
    }
}
