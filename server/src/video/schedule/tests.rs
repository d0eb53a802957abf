//! Threads that take tasks in any order never have one too early, and never sleep for good.

use super::*;

/// Numbers that look random (SplitMix64).
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        ((z ^ (z >> 27)) >> 16) as usize % end
    }
}

/// What must be done before a task, by the data that it uses.
fn needs(plan: &Plan, task: Task) -> Vec<Task> {
    let last = plan.spans() - 1;
    let mut needs = vec![];
    let above = |row: usize| row.checked_sub(1);
    match task {
        Task::Modes { row } => {
            needs.extend(above(row).map(|row| Task::Modes { row }));
            if let Some(row) = row.checked_sub(plan.slots) {
                needs.extend(whole(plan, row));
            }
        }
        Task::Tokens { row, span } => {
            needs.push(Task::Modes { row });
            needs.extend(span.checked_sub(1).map(|span| Task::Tokens { row, span }));
            needs.extend(above(row).map(|row| Task::Tokens { row, span }));
            let same_partition = row.checked_sub(plan.partitions);
            needs.extend(same_partition.map(|row| Task::Tokens { row, span: last }));
        }
        Task::Span { row, span } => {
            if plan.parses {
                needs.push(Task::Tokens { row, span });
            } else if let Some(row) = row.checked_sub(plan.slots) {
                needs.extend(whole(plan, row));
            }
            let before = span.checked_sub(1);
            needs.extend(before.map(|span| Task::Span { row, span }));
            let span = (span + 1).min(last);
            needs.extend(above(row).map(|row| Task::Span { row, span }));
        }
        Task::Filter { row, planes } => {
            needs.push(Task::Span { row, span: last });
            needs.extend(above(row).map(|row| Task::Filter { row, planes }));
        }
    }
    needs
}

/// What a row ends with.
fn whole(plan: &Plan, row: usize) -> Vec<Task> {
    if !plan.filters {
        let span = plan.spans() - 1;
        return vec![Task::Span { row, span }];
    }
    let filters = plan.filters().iter();
    let filters = filters.map(|&planes| Task::Filter { row, planes });
    filters.collect()
}

/// How many tasks there are.
fn count(plan: &Plan) -> usize {
    let parsing = if plan.parses { 1 + plan.spans() } else { 0 };
    plan.rows * (parsing + plan.spans() + plan.filters().len())
}

/// Threads that take tasks, sleep and are woken as in a frame, in a random order.
fn interleave(plan: Plan, threads: usize, random: &mut Random) {
    #[derive(Clone, Copy, PartialEq)]
    enum Thread {
        Awake(Option<Task>),
        At(Task),
        Asleep,
    }
    let mut progress = Progress::new(plan);
    let mut threads = vec![Thread::Awake(None); threads];
    let mut done = vec![];
    while !progress.is_complete() {
        let awake: Vec<usize> = (0..threads.len())
            .filter(|&i| threads[i] != Thread::Asleep)
            .collect();
        assert!(!awake.is_empty(), "all sleep: {plan:?} {progress:?}");
        let i = awake[random.below(awake.len())];
        threads[i] = match threads[i] {
            Thread::Awake(last) => progress.take(last).map_or(Thread::Asleep, Thread::At),
            Thread::At(task) => {
                progress.end(task);
                done.push(task);
                Thread::Awake(Some(task))
            }
            Thread::Asleep => unreachable!(),
        };
        if let Thread::At(task) = threads[i] {
            assert!(!done.contains(&task), "twice: {task:?}");
            for need in needs(&plan, task) {
                assert!(done.contains(&need), "{task:?} before {need:?}");
            }
            if progress.wakes() {
                let asleep = threads.iter().position(|thread| *thread == Thread::Asleep);
                threads[asleep.expect("one that sleeps")] = Thread::Awake(None);
            }
        }
    }
    assert_eq!(done.len(), count(&plan));
}

#[test]
fn tasks_wait_for_what_they_need_and_for_nothing_else() {
    let mut random = Random(1);
    for _ in 0..2000 {
        let columns = 1 + random.below(9);
        let plan = Plan {
            threads: 1 + random.below(9),
            rows: 1 + random.below(12),
            columns,
            span: 1 + random.below(columns),
            partitions: 1 << random.below(4),
            slots: 1 + random.below(MAX_SLOTS),
            parses: random.below(2) == 0,
            filters: random.below(3) > 0,
            apart: random.below(2) == 0,
        };
        interleave(plan, plan.threads, &mut random);
    }
}

#[test]
fn plans_of_all_sizes_work() {
    let mut random = Random(2);
    for threads in [2, 3, 4, 7, 8, 100] {
        for partitions in [1, 2, 4, 8] {
            for (rows, columns) in [(1000, 1), (1, 1000), (40, 25), (17, 121)] {
                let decoding = Plan::of_threads(rows, columns, partitions, threads);
                let encoding = Plan::of_encoders(rows, columns, threads);
                for plan in [decoding, encoding] {
                    let plan = plan.expect("a large frame");
                    assert!(plan.slots <= MAX_SLOTS && plan.threads <= threads);
                    assert!(plan.parses || plan.spans() <= MAX_SPANS);
                    let spans = (0..plan.spans()).map(|span| plan.columns_of(span));
                    assert!(spans.clone().all(|columns| !columns.is_empty()));
                    assert!(spans.flatten().eq(0..columns));
                    let small = Plan {
                        rows: rows.min(20),
                        ..plan
                    };
                    interleave(small, plan.threads, &mut random);
                }
            }
        }
    }
    assert_eq!(Plan::of_encoders(10, 10, 8), None);
    assert_eq!(Plan::of_encoders(100, 100, 1), None);
    assert_eq!(Plan::of_threads(10, 10, 8, 8), None);
    assert_eq!(Plan::of_threads(100, 100, 8, 1), None);
}
