//! The loop: what is ready is begun, what ends makes others ready.

use std::cmp::{Ordering, Reverse};
use std::collections::{BinaryHeap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::{AbortHandle, JoinSet};

use super::graph::Graph;
use super::known::{known, missing, read};
use super::{Entry, Event, ForceError, ForceOptions, Forced, Origin};
use crate::digest::Digest;
use crate::engine::{Done, Engine, Failure, Job};
use crate::store::{Claim, Store, StoreError, Value};
use crate::thunk::Thunk;

/// How often it is looked whether another process has finished what it claimed.
const POLL: Duration = Duration::from_millis(20);

/// How far from now it is looked at all.
const IDLE: Duration = Duration::from_secs(3600);

pub(super) async fn run(
    store: &Arc<Store>,
    roots: &[Digest],
    options: &ForceOptions,
    said: &mut dyn FnMut(Event<'_>),
) -> Result<Forced, ForceError> {
    let mut run = Run {
        store,
        options,
        said,
        began: Instant::now(),
        graph: Graph::default(),
        waiting: Vec::new(),
        ready: BinaryHeap::new(),
        pending: HashMap::new(),
        running: JoinSet::new(),
        elsewhere: Vec::new(),
        restored: HashMap::new(),
        engine: Arc::clone(&options.engine),
        entries: Vec::new(),
    };
    for root in roots {
        run.add(*root)?;
    }
    run.graph.rank(options.cost)?;
    run.find_ready();
    while run.has_work() {
        run.begin_ready()?;
        if run.running.is_empty() && run.elsewhere.is_empty() {
            // All that was ready was known.
            continue;
        }
        let pause = run.pause();
        tokio::select! {
            Some(ended) = run.running.join_next() => match ended {
                Ok(attempt) => run.ended(attempt)?,
                Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
                // It lost a race.
                Err(_) => {}
            },
            () = tokio::time::sleep(pause) => {
                run.look_elsewhere();
                run.race();
            }
        }
    }
    Ok(run.finish(roots))
}

/// A thunk of which the value is known; the one with the longest way to the end is the greatest.
#[derive(Debug, PartialEq)]
struct Ready {
    rank: f64,
    /// Of thunks of one rank the one that was found first goes first.
    number: Reverse<usize>,
}

impl Eq for Ready {}

impl PartialOrd for Ready {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ready {
    fn cmp(&self, other: &Self) -> Ordering {
        let rank = self.rank.total_cmp(&other.rank);
        rank.then_with(|| self.number.cmp(&other.number))
    }
}

/// A job under way.
struct Pending {
    job: Arc<Job>,
    /// The thunks that it is.
    nodes: Vec<usize>,
    claim: Claim,
    begun: Instant,
    failures: u32,
    attempts: Vec<AbortHandle>,
}

/// What an engine answered.
struct Attempt {
    job: Digest,
    engine: Arc<dyn Engine>,
    start: f64,
    result: Result<Done, Failure>,
}

struct Run<'a> {
    store: &'a Arc<Store>,
    options: &'a ForceOptions,
    said: &'a mut dyn FnMut(Event<'_>),
    began: Instant,
    graph: Graph,
    /// For each thunk, how many others it waits for.
    waiting: Vec<usize>,
    ready: BinaryHeap<Ready>,
    /// By the job's name.
    pending: HashMap<Digest, Pending>,
    running: JoinSet<Attempt>,
    /// Thunks that other processes have claimed.
    elsewhere: Vec<usize>,
    /// How often a thunk was computed again because its outputs were lost.
    restored: HashMap<usize, u32>,
    engine: Arc<dyn Engine>,
    entries: Vec<Entry>,
}

impl Run<'_> {
    fn now(&self) -> f64 {
        self.began.elapsed().as_secs_f64()
    }

    /// Adds a thunk and what it waits for.
    fn add(&mut self, root: Digest) -> Result<(), ForceError> {
        let store = self.store;
        let added = self.graph.add(root, &mut |digest| known(store, digest))?;
        let mut count = 0;
        for number in added.clone() {
            if self.graph.nodes[number].value.is_some() {
                count += 1;
                self.note(number, Origin::Store, None, 0.0);
            }
        }
        (self.said)(Event::Wanted {
            thunks: added.len(),
            known: count,
        });
        Ok(())
    }

    /// Says where the value of a thunk came from.
    fn note(&mut self, number: usize, origin: Origin, engine: Option<&str>, start: f64) {
        let end = self.now();
        let node = &self.graph.nodes[number];
        let Some(value) = node.value.clone() else {
            return;
        };
        let dependencies = node.dependencies.iter();
        let entry = Entry {
            thunk: node.digest,
            name: node
                .thunk
                .as_ref()
                .map_or(String::new(), |thunk| thunk.name().to_owned()),
            dependencies: dependencies
                .map(|&other| self.graph.nodes[other].digest)
                .collect(),
            origin,
            engine: engine.map(str::to_owned),
            start: if engine.is_some() { start } else { end },
            end,
            value,
        };
        (self.said)(Event::Finished(&entry));
        self.entries.push(entry);
    }

    /// Counts anew who waits for whom.
    fn find_ready(&mut self) {
        self.elsewhere.clear();
        let nodes = &self.graph.nodes;
        let without_value = |&&number: &&usize| nodes[number].value.is_none();
        let count = |dependencies: &Vec<usize>| dependencies.iter().filter(without_value).count();
        self.waiting = nodes.iter().map(|node| count(&node.dependencies)).collect();
        self.ready.clear();
        for number in 0..self.waiting.len() {
            self.make_ready(number);
        }
    }

    fn make_ready(&mut self, number: usize) {
        let under_way = || self.pending.values().any(|one| one.nodes.contains(&number));
        let node = &self.graph.nodes[number];
        if node.value.is_none() && self.waiting[number] == 0 && !under_way() {
            self.ready.push(Ready {
                rank: node.rank,
                number: Reverse(number),
            });
        }
    }

    fn has_work(&self) -> bool {
        !(self.ready.is_empty() && self.pending.is_empty() && self.elsewhere.is_empty())
    }

    fn begin_ready(&mut self) -> Result<(), ForceError> {
        while self.running.len() < self.engine.slots().max(1) {
            let Some(Ready { number, .. }) = self.ready.pop() else {
                break;
            };
            self.begin(number.0)?;
        }
        Ok(())
    }

    /// Has a thunk computed that waits for no other any more, unless that is done or under way.
    fn begin(&mut self, number: usize) -> Result<(), ForceError> {
        let Some(job) = self.job(number) else {
            return Ok(());
        };
        if let Some(pending) = self.pending.get_mut(&job.digest) {
            pending.nodes.push(number);
            return Ok(());
        }
        let Some(claim) = self.store.claim(&job.digest)? else {
            self.elsewhere.push(number);
            return Ok(());
        };
        // Another thunk may be the same job, and another process may have finished it.
        if let Some(value) = self.store.remembered(&job.digest)? {
            return self.give(&[number], &job, &value, Origin::Store, None, 0.0);
        }
        let node = &self.graph.nodes[number];
        (self.said)(Event::Started {
            name: job.thunk.name(),
            thunk: &node.digest,
        });
        let pending = Pending {
            job: Arc::new(job),
            nodes: vec![number],
            claim,
            begun: Instant::now(),
            failures: 0,
            attempts: Vec::new(),
        };
        let digest = pending.job.digest;
        self.pending.insert(digest, pending);
        self.attempt(&digest, Duration::ZERO);
        Ok(())
    }

    /// A thunk with values instead of what it waited for.
    fn job(&self, number: usize) -> Option<Job> {
        let node = &self.graph.nodes[number];
        let thunk = node.thunk.as_ref()?;
        if node.dependencies.is_empty() {
            return Some(Job {
                digest: node.digest,
                thunk: Thunk::clone(thunk),
            });
        }
        let reduced = thunk.reduced(|from, path| {
            let value = self.graph.nodes[self.graph.number(from)?].value.as_ref()?;
            Some(value.outputs.get(path)?.digest)
        })?;
        Some(Job {
            digest: reduced.digest(),
            thunk: reduced,
        })
    }

    /// Asks the engine for a job, after a pause.
    fn attempt(&mut self, job: &Digest, pause: Duration) {
        let Some(pending) = self.pending.get_mut(job) else {
            return;
        };
        let (engine, store) = (Arc::clone(&self.engine), Arc::clone(self.store));
        let (digest, job, began) = (*job, Arc::clone(&pending.job), self.began);
        pending.attempts.push(self.running.spawn(async move {
            // Even no time is rounded up to a millisecond.
            if !pause.is_zero() {
                tokio::time::sleep(pause).await;
            }
            let start = began.elapsed().as_secs_f64();
            Attempt {
                result: Arc::clone(&engine).run(store, job).await,
                job: digest,
                engine,
                start,
            }
        }));
    }

    fn ended(&mut self, attempt: Attempt) -> Result<(), ForceError> {
        let digest = attempt.job;
        let Some(pending) = self.pending.get_mut(&digest) else {
            return Ok(());
        };
        match attempt
            .result
            .and_then(|done| self.store.check(&pending.job, done))
        {
            Ok(done) => {
                let Some(pending) = self.pending.remove(&digest) else {
                    return Ok(());
                };
                for attempt in &pending.attempts {
                    attempt.abort();
                }
                let origin = if done.cached {
                    Origin::Engine
                } else {
                    Origin::Computed
                };
                self.store.settle(pending.claim, &done.value)?;
                let engine = Some(attempt.engine.name());
                self.give(
                    &pending.nodes,
                    &pending.job,
                    &done.value,
                    origin,
                    engine,
                    attempt.start,
                )
            }
            Err(Failure::Store(error)) => self.lost(&digest, error),
            Err(failure @ (Failure::Unreachable { .. } | Failure::TooLong { .. })) => {
                self.again(&digest, failure)
            }
            Err(failure) => Err(self.failed(&digest, failure)),
        }
    }

    fn failed(&self, job: &Digest, failure: Failure) -> ForceError {
        let node = self
            .pending
            .get(job)
            .and_then(|pending| pending.nodes.first());
        ForceError::Failed {
            thunk: node.map_or(*job, |&number| self.graph.nodes[number].digest),
            failure: failure.into(),
        }
    }

    /// Gives what a job gave, which is remembered, to all thunks that are this job.
    fn give(
        &mut self,
        nodes: &[usize],
        job: &Job,
        value: &Value,
        origin: Origin,
        engine: Option<&str>,
        start: f64,
    ) -> Result<(), ForceError> {
        for &number in nodes {
            let node = &mut self.graph.nodes[number];
            if node.digest != job.digest {
                self.store.remember(&node.digest, value)?;
            }
            node.value = Some(value.clone());
            self.note(number, origin, engine, start);
            for dependent in self.graph.nodes[number].dependents.clone() {
                self.waiting[dependent] -= 1;
                self.make_ready(dependent);
            }
        }
        Ok(())
    }

    /// Tries a job again, or with another engine, or not any more.
    fn again(&mut self, job: &Digest, failure: Failure) -> Result<(), ForceError> {
        let Some(pending) = self.pending.get_mut(job) else {
            return Ok(());
        };
        pending.failures += 1;
        let failures = pending.failures;
        if failures < self.options.attempts {
            let thunk = self.graph.nodes[pending.nodes[0]].digest;
            (self.said)(Event::Again {
                thunk: &thunk,
                why: &failure.to_string(),
            });
            self.attempt(job, self.options.pause * (1 << (failures - 1).min(10)));
            return Ok(());
        }
        match &self.options.fallback {
            Some(fallback) if matches!(failure, Failure::Unreachable { .. }) => {
                if failures >= self.options.attempts * 2 {
                    return Err(self.failed(job, failure));
                }
                // Those that are under way there come here one after the other.
                self.engine = Arc::clone(fallback);
                let thunk = self.graph.nodes[pending.nodes[0]].digest;
                (self.said)(Event::Again {
                    thunk: &thunk,
                    why: &failure.to_string(),
                });
                self.attempt(job, Duration::ZERO);
                Ok(())
            }
            _ => Err(self.failed(job, failure)),
        }
    }

    /// Contents are gone or damaged: whoever gave them does so once more.
    fn lost(&mut self, job: &Digest, error: StoreError) -> Result<(), ForceError> {
        let (Some(digest), Some(pending)) = (error.lost(), self.pending.remove(job)) else {
            return Err(error.into());
        };
        for attempt in &pending.attempts {
            attempt.abort();
        }
        let gives = |&&other: &&usize| {
            let value = self.graph.nodes[other].value.as_ref();
            value.is_some_and(|value| value.outputs.values().any(|output| output.digest == digest))
        };
        let mut dependencies = pending
            .nodes
            .iter()
            .flat_map(|&node| &self.graph.nodes[node].dependencies);
        let Some(giver) = dependencies.find(gives).copied() else {
            let node = &self.graph.nodes[pending.nodes[0]];
            return Err(missing(&node.digest, &pending.job.thunk, digest));
        };
        let restored = self.restored.entry(giver).or_default();
        *restored += 1;
        if *restored > self.options.attempts {
            return Err(error.into());
        }
        let thunk = self.graph.nodes[giver].digest;
        (self.said)(Event::Again {
            thunk: &thunk,
            why: &error.to_string(),
        });
        self.reopen(giver)
    }

    /// Has a thunk computed whose value was known.
    fn reopen(&mut self, number: usize) -> Result<(), ForceError> {
        let node = &mut self.graph.nodes[number];
        node.value = None;
        if node.thunk.is_none() {
            node.thunk = Some(read(self.store, &node.digest)?);
            let store = self.store;
            self.graph
                .extend(number, &mut |digest| known(store, digest))?;
        }
        self.graph.rank(self.options.cost)?;
        self.find_ready();
        Ok(())
    }

    fn pause(&self) -> Duration {
        if !self.elsewhere.is_empty() {
            return POLL;
        }
        let left = |bound: Duration| {
            let single = self.pending.values().filter(|one| one.attempts.len() == 1);
            single
                .map(|one| bound.saturating_sub(one.begun.elapsed()))
                .min()
        };
        let left = self.options.race_after.and_then(left).unwrap_or(IDLE);
        left.max(Duration::from_millis(1))
    }

    /// Looks whether others have finished, or given up, what they claimed.
    fn look_elsewhere(&mut self) {
        for number in std::mem::take(&mut self.elsewhere) {
            self.make_ready(number);
        }
    }

    /// Begins what takes long a second time, if there is nothing else to do.
    fn race(&mut self) {
        let Some(bound) = self.options.race_after else {
            return;
        };
        let free = self.engine.slots().saturating_sub(self.running.len());
        if free == 0 || !self.ready.is_empty() {
            return;
        }
        let late = |one: &&Pending| one.attempts.len() == 1 && one.begun.elapsed() >= bound;
        let late = self.pending.values().filter(late).take(free);
        let late: Vec<Digest> = late.map(|one| one.job.digest).collect();
        for job in late {
            self.attempt(&job, Duration::ZERO);
        }
    }

    fn finish(self, roots: &[Digest]) -> Forced {
        let seconds = self.now();
        let value = |root: &Digest| {
            let number = self.graph.number(root);
            number.and_then(|number| self.graph.nodes[number].value.clone())
        };
        Forced {
            values: roots.iter().filter_map(value).collect(),
            entries: self.entries,
            seconds,
        }
    }
}
