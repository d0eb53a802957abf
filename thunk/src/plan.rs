//! How long a graph of tasks would take some workers: a simulation, by the rules of [`force`](crate::force()).

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeSet, BinaryHeap};

/// A task of known cost.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Task {
    /// Seconds that a worker computes.
    pub seconds: f64,
    /// Bytes that it reads first, and writes then.
    pub bytes: [u64; 2],
    /// The tasks that it waits for, by number: lower ones than its own.
    pub dependencies: Vec<usize>,
}

/// Some workers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Workers {
    /// How many.
    pub count: usize,
    /// They are there after a time between these, in seconds.
    pub start: [f64; 2],
    /// Bytes a second between a worker and the store.
    pub bandwidth: f64,
    /// Seconds for each task beyond its own: finding it, telling of its end.
    pub overhead: f64,
    /// The part of tasks that take longer, and how many times as long.
    pub stragglers: (f64, f64),
    /// A task that takes so many times what it should is begun once more elsewhere.
    pub race_after: f64,
    /// Of the random numbers.
    pub seed: u64,
}

impl Workers {
    /// So many that are there at once, with no costs but those of the tasks.
    #[must_use]
    pub fn ideal(count: usize) -> Self {
        Workers {
            count,
            start: [0.0; 2],
            bandwidth: f64::INFINITY,
            overhead: 0.0,
            stragglers: (0.0, 1.0),
            race_after: f64::INFINITY,
            seed: 1,
        }
    }
}

/// What a simulation says.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Simulated {
    /// From the beginning to the end of the last task, in seconds.
    pub seconds: f64,
    /// Seconds that workers had something to do.
    pub busy: f64,
    /// Tasks that were begun twice.
    pub raced: usize,
}

/// Seconds of all tasks, and of the longest chain of tasks that wait for each other.
#[must_use]
pub fn work_and_span(tasks: &[Task]) -> (f64, f64) {
    let mut ends: Vec<f64> = Vec::with_capacity(tasks.len());
    for task in tasks {
        let start = task.dependencies.iter().map(|&other| ends[other]);
        ends.push(start.fold(0.0, f64::max) + task.seconds);
    }
    let work = tasks.iter().map(|task| task.seconds).sum();
    (work, ends.into_iter().fold(0.0, f64::max))
}

/// Lets workers do tasks: those with the longest way to the end first.
#[must_use]
pub fn simulate(tasks: &[Task], workers: &Workers) -> Simulated {
    let mut simulation = Simulation::new(tasks, workers);
    while let Some(Reverse(event)) = simulation.events.pop() {
        simulation.happen(&event);
        simulation.assign(event.time);
    }
    simulation.result
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Event {
    time: f64,
    /// The task that ends; none: a worker is there.
    task: Option<usize>,
}

impl Eq for Event {}

impl PartialOrd for Event {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Event {
    fn cmp(&self, other: &Self) -> Ordering {
        let time = self.time.total_cmp(&other.time);
        time.then_with(|| self.task.cmp(&other.task))
    }
}

struct Simulation<'a> {
    tasks: &'a [Task],
    workers: &'a Workers,
    dependents: Vec<Vec<usize>>,
    waiting: Vec<usize>,
    /// The place of each task among all, by its way to the end.
    place: Vec<usize>,
    by_place: Vec<usize>,
    ready: BTreeSet<usize>,
    idle: usize,
    events: BinaryHeap<Reverse<Event>>,
    random: u64,
    result: Simulated,
}

impl<'a> Simulation<'a> {
    fn new(tasks: &'a [Task], workers: &'a Workers) -> Self {
        let mut dependents = vec![Vec::new(); tasks.len()];
        for (number, task) in tasks.iter().enumerate() {
            for &other in &task.dependencies {
                dependents[other].push(number);
            }
        }
        let mut ranks = vec![0.0; tasks.len()];
        for number in (0..tasks.len()).rev() {
            let after = dependents[number].iter().map(|&other: &usize| ranks[other]);
            ranks[number] = tasks[number].seconds + after.fold(0.0, f64::max);
        }
        let mut by_place: Vec<usize> = (0..tasks.len()).collect();
        by_place.sort_by(|&a, &b| ranks[b].total_cmp(&ranks[a]).then(a.cmp(&b)));
        let mut place = vec![0; tasks.len()];
        for (at, &number) in by_place.iter().enumerate() {
            place[number] = at;
        }
        let waiting: Vec<usize> = tasks.iter().map(|task| task.dependencies.len()).collect();
        let ready = (0..tasks.len()).filter(|&number| waiting[number] == 0);
        let mut simulation = Simulation {
            tasks,
            workers,
            dependents,
            ready: ready.map(|number| place[number]).collect(),
            waiting,
            place,
            by_place,
            idle: 0,
            events: BinaryHeap::new(),
            random: workers.seed | 1,
            result: Simulated::default(),
        };
        for _ in 0..workers.count {
            let [from, to] = workers.start;
            let time = from + (to - from) * simulation.uniform();
            simulation.events.push(Reverse(Event { time, task: None }));
        }
        simulation
    }

    /// Between 0 and 1, by xorshift64* (Vigna, 2016).
    fn uniform(&mut self) -> f64 {
        self.random ^= self.random >> 12;
        self.random ^= self.random << 25;
        self.random ^= self.random >> 27;
        (self.random.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn happen(&mut self, event: &Event) {
        self.idle += 1;
        let Some(task) = event.task else {
            return;
        };
        self.result.seconds = event.time;
        for &dependent in &self.dependents[task] {
            self.waiting[dependent] -= 1;
            if self.waiting[dependent] == 0 {
                self.ready.insert(self.place[dependent]);
            }
        }
    }

    fn assign(&mut self, now: f64) {
        while self.idle > 0 {
            let Some(place) = self.ready.pop_first() else {
                return;
            };
            self.idle -= 1;
            let number = self.by_place[place];
            let seconds = self.takes(number);
            self.result.busy += seconds;
            let event = Event {
                time: now + seconds,
                task: Some(number),
            };
            self.events.push(Reverse(event));
        }
    }

    /// Seconds until a task is done that is begun now. The second attempt at one that takes too long has no other worker in this
    /// model: it is for the time of the first.
    fn takes(&mut self, number: usize) -> f64 {
        let task = &self.tasks[number];
        let bytes = task.bytes[0] + task.bytes[1];
        let usual = self.workers.overhead + bytes as f64 / self.workers.bandwidth + task.seconds;
        let (part, times) = self.workers.stragglers;
        if self.uniform() >= part {
            return usual;
        }
        let bound = self.workers.race_after;
        if times <= bound + 1.0 {
            return usual * times;
        }
        self.result.raced += 1;
        usual * (bound + 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(seconds: f64, dependencies: &[usize]) -> Task {
        Task {
            seconds,
            bytes: [0, 0],
            dependencies: dependencies.to_vec(),
        }
    }

    /// Four tasks of 2 seconds, each with one of 1 second after it that also waits for the one before.
    fn chain() -> Vec<Task> {
        let mut tasks: Vec<Task> = (0..4).map(|_| task(2.0, &[])).collect();
        for number in 0..4 {
            let before: &[usize] = if number == 0 {
                &[0]
            } else {
                &[number, number + 3]
            };
            tasks.push(task(1.0, before));
        }
        tasks
    }

    #[test]
    fn few_workers_are_busy_and_many_wait() {
        let tasks = chain();
        assert_eq!(work_and_span(&tasks), (12.0, 6.0));
        let seconds = |count| simulate(&tasks, &Workers::ideal(count)).seconds;
        assert_eq!([1, 2, 4, 100].map(seconds), [12.0, 7.0, 6.0, 6.0]);
        assert_eq!(simulate(&tasks, &Workers::ideal(3)).busy, 12.0);
        assert_eq!(simulate(&[], &Workers::ideal(3)), Simulated::default());
    }

    #[test]
    fn what_workers_cost_is_counted() {
        let mut tasks = chain();
        tasks[0].bytes = [10, 20];
        let workers = Workers {
            start: [5.0, 5.0],
            bandwidth: 10.0,
            overhead: 0.5,
            ..Workers::ideal(1)
        };
        assert_eq!(
            simulate(&tasks, &workers).seconds,
            5.0 + 12.0 + 3.0 + 8.0 * 0.5
        );
    }

    #[test]
    fn stragglers_are_the_same_each_time() {
        let workers = Workers {
            stragglers: (0.5, 10.0),
            ..Workers::ideal(2)
        };
        let slow = simulate(&chain(), &workers);
        assert_eq!(simulate(&chain(), &workers), slow);
        assert!(slow.seconds > 7.0 && slow.raced == 0);
        let raced = Workers {
            race_after: 2.0,
            ..workers
        };
        let raced = simulate(&chain(), &raced);
        assert!(raced.seconds < slow.seconds && raced.raced > 0);
    }
}
