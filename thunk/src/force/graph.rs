//! The thunks that have to be computed for some others.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use super::ForceError;
use crate::digest::Digest;
use crate::store::Value;
use crate::thunk::{Source, Thunk};

/// What is known of a thunk before anything is computed.
#[derive(Clone, Debug)]
pub(super) enum Known {
    /// What it gives.
    Value(Value),
    /// Only what it is.
    Thunk(Arc<Thunk>),
}

/// A thunk among those that are wanted.
#[derive(Debug)]
pub(super) struct Node {
    pub digest: Digest,
    /// None if its value was known from the start.
    pub thunk: Option<Arc<Thunk>>,
    pub value: Option<Value>,
    /// Thunks that it waits for, by number.
    pub dependencies: Vec<usize>,
    /// Thunks that wait for it, by number.
    pub dependents: Vec<usize>,
    /// What it and the longest chain of those that wait for it cost.
    pub rank: f64,
}

/// Thunks by number.
#[derive(Debug, Default)]
pub(super) struct Graph {
    pub nodes: Vec<Node>,
    numbers: HashMap<Digest, usize>,
}

impl Graph {
    pub fn number(&self, digest: &Digest) -> Option<usize> {
        self.numbers.get(digest).copied()
    }

    /// Adds a thunk and all that it waits for: what `known` gives a value for waits for nothing. Gives the numbers of those that
    /// are new.
    pub fn add(
        &mut self,
        root: Digest,
        known: &mut impl FnMut(&Digest) -> Result<Known, ForceError>,
    ) -> Result<Range<usize>, ForceError> {
        let first = self.nodes.len();
        self.add_all(vec![root], known)?;
        Ok(first..self.nodes.len())
    }

    /// Adds all that a thunk waits for, which did not matter as long as its value was known.
    pub fn extend(
        &mut self,
        number: usize,
        known: &mut impl FnMut(&Digest) -> Result<Known, ForceError>,
    ) -> Result<(), ForceError> {
        let waits_for = self.nodes[number]
            .thunk
            .iter()
            .flat_map(|thunk| thunk.waits_for());
        self.add_all(waits_for.collect(), known)?;
        self.link(number)
    }

    fn add_all(
        &mut self,
        mut wanted: Vec<Digest>,
        known: &mut impl FnMut(&Digest) -> Result<Known, ForceError>,
    ) -> Result<(), ForceError> {
        let first = self.nodes.len();
        while let Some(digest) = wanted.pop() {
            if self.numbers.contains_key(&digest) {
                continue;
            }
            let (thunk, value) = match known(&digest)? {
                Known::Value(value) => (None, Some(value)),
                Known::Thunk(thunk) => (Some(thunk), None),
            };
            wanted.extend(thunk.iter().flat_map(|thunk| thunk.waits_for()));
            self.numbers.insert(digest, self.nodes.len());
            self.nodes.push(Node {
                digest,
                thunk,
                value,
                dependencies: Vec::new(),
                dependents: Vec::new(),
                rank: 0.0,
            });
        }
        (first..self.nodes.len()).try_for_each(|number| self.link(number))
    }

    /// Notes for whom a thunk waits, and that they have what it wants.
    fn link(&mut self, number: usize) -> Result<(), ForceError> {
        let Some(thunk) = self.nodes[number].thunk.clone() else {
            return Ok(());
        };
        for input in thunk.inputs.values() {
            let Source::Output { thunk: from, path } = &input.source else {
                continue;
            };
            let other = &self.nodes[self.numbers[from]];
            let has = match (&other.thunk, &other.value) {
                (Some(thunk), _) => thunk.outputs.contains(path),
                (None, Some(value)) => value.outputs.contains_key(path),
                (None, None) => false,
            };
            if !has {
                return Err(ForceError::NoSuchOutput {
                    thunk: *from,
                    path: path.clone(),
                    wanted_by: self.nodes[number].digest,
                });
            }
        }
        for from in thunk.waits_for() {
            let from = self.numbers[&from];
            self.nodes[number].dependencies.push(from);
            self.nodes[from].dependents.push(number);
        }
        Ok(())
    }

    /// Ranks all thunks by the longest way from them to the end.
    ///
    /// # Errors
    ///
    /// If some wait for each other in a circle. Digests exclude that, unless the store lies.
    pub fn rank(&mut self, cost: impl Fn(&Thunk) -> f64) -> Result<(), ForceError> {
        let mut left: Vec<usize> = self
            .nodes
            .iter()
            .map(|node| node.dependents.len())
            .collect();
        let is_last = |number: &usize| left[*number] == 0;
        let mut last: Vec<usize> = (0..left.len()).filter(is_last).collect();
        let mut seen = 0;
        while let Some(number) = last.pop() {
            seen += 1;
            let node = &self.nodes[number];
            let after = node.dependents.iter().map(|&other| self.nodes[other].rank);
            let after = after.fold(0.0, f64::max);
            let own = node.thunk.as_ref().map_or(0.0, |thunk| cost(thunk));
            self.nodes[number].rank = own + after;
            for &other in &self.nodes[number].dependencies {
                left[other] -= 1;
                if left[other] == 0 {
                    last.push(other);
                }
            }
        }
        match (0..left.len()).find(|&number| left[number] > 0) {
            Some(number) if seen < left.len() => Err(ForceError::Cycle(self.nodes[number].digest)),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::thunk::tests::example;
    use crate::thunk::{Function, Input};

    fn waits(name: &str, others: &[&str]) -> (Digest, Thunk) {
        let inputs = others.iter().map(|&other| {
            let from = Digest::of(other.as_bytes());
            (other.to_owned(), Input::output(from, "out"))
        });
        let thunk = Thunk {
            function: Function::Builtin {
                name: name.into(),
                version: 1,
            },
            inputs: inputs.collect(),
            ..example()
        };
        (Digest::of(name.as_bytes()), thunk)
    }

    fn graph(thunks: &[(&str, &[&str])], root: &str) -> Result<Graph, ForceError> {
        let all: HashMap<_, _> = thunks
            .iter()
            .map(|(name, others)| waits(name, others))
            .collect();
        let mut graph = Graph::default();
        let mut known = |digest: &Digest| {
            let thunk = all.get(digest).cloned();
            thunk
                .map(|thunk| Known::Thunk(thunk.into()))
                .ok_or(ForceError::NoThunkThere(*digest))
        };
        graph.add(Digest::of(root.as_bytes()), &mut known)?;
        graph.rank(|_| 1.0)?;
        Ok(graph)
    }

    #[test]
    fn ranks_are_lengths_of_ways() {
        let thunks: &[(&str, &[&str])] =
            &[("d", &["b", "c"]), ("c", &["b"]), ("b", &["a"]), ("a", &[])];
        let graph = graph(thunks, "d").unwrap();
        let rank =
            |name: &str| graph.nodes[graph.number(&Digest::of(name.as_bytes())).unwrap()].rank;
        assert_eq!(["a", "b", "c", "d"].map(rank), [4.0, 3.0, 2.0, 1.0]);
    }

    #[test]
    fn circles_are_errors() {
        for thunks in [
            &[("a", &["a"][..])][..],
            &[("a", &["b"]), ("b", &["c"]), ("c", &["b"])],
        ] {
            assert!(matches!(graph(thunks, "a"), Err(ForceError::Cycle(_))));
        }
    }

    #[test]
    fn what_is_not_there_is_an_error() {
        assert!(matches!(
            graph(&[("a", &["b"])], "a"),
            Err(ForceError::NoThunkThere(_))
        ));
        let mut graph = Graph::default();
        let (root, thunk) = waits("a", &["b"]);
        let mut known = |digest: &Digest| {
            let value = Value {
                outputs: std::collections::BTreeMap::new(),
                seconds: 0.0,
            };
            Ok(if *digest == root {
                Known::Thunk(thunk.clone().into())
            } else {
                Known::Value(value)
            })
        };
        let added = graph.add(root, &mut known);
        assert!(matches!(added, Err(ForceError::NoSuchOutput { .. })));
    }
}
