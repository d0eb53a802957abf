//! What is damaged, missing or full.

mod common;

use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use common::{Place, copy, count, ignore, local};
use lentil_thunk::{Digest, ForceError, Input, Origin, Store, StoreError, Value, force};

/// Writes over a file that is not meant to be written to.
fn damage(path: &Path, bytes: &[u8]) {
    fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
    fs::write(path, bytes).unwrap();
}

#[test]
fn damaged_contents_are_found_when_they_are_read() {
    let place = Place::new();
    let digest = place.store.put(b"sound").unwrap();
    for bytes in [&b"souns"[..], b"so", b"", b"sound and more"] {
        damage(&place.blob(&digest), bytes);
        let error = place.store.read(&digest).unwrap_err();
        assert!(matches!(error, StoreError::Corrupt(found) if found == digest));
        assert!(matches!(
            place.store.read(&digest),
            Err(StoreError::Missing(_))
        ));
        place.store.put(b"sound").unwrap();
        // Also after it was found to be sound.
        place.store.get(&digest).unwrap();
        damage(&place.blob(&digest), bytes);
        assert!(matches!(
            place.store.get(&digest),
            Err(StoreError::Corrupt(_))
        ));
        place.store.put(b"sound").unwrap();
    }
    assert_eq!(place.store.read(&digest).unwrap(), b"sound");
}

#[test]
fn a_missing_or_damaged_input_is_an_error() {
    let place = Place::new();
    let thunk = place.script("cat a > out", &[("a", place.put(b"input"))]);
    let input = Digest::of(b"input");
    let is_missing = |error: &ForceError| match error {
        ForceError::MissingInput {
            thunk: found,
            path,
            digest,
        } => (*found, &path[..], *digest) == (thunk.digest(), "a", input),
        _ => false,
    };
    damage(&place.blob(&input), b"INPUT");
    let error = place.force(&thunk).unwrap_err();
    assert!(is_missing(&error), "{error}");
    let error = place.force(&thunk).unwrap_err();
    assert!(is_missing(&error), "{error}");
    assert!(error.to_string().contains("\"a\""));
    place.put(b"input");
    assert_eq!(place.out(&place.force(&thunk).unwrap()), b"input");
}

#[test]
fn lost_results_are_computed_again() {
    let place = Place::new();
    let first = place.script("echo 1 > out", &[]);
    let digest = Digest::of(b"1\n");
    let between = copy(Input::output(place.keep(&first), "out"));
    for (suffix, damaged) in [("a", false), ("b", true)] {
        place.force(&between).unwrap();
        if damaged {
            damage(&place.blob(&digest), b"2\n");
        } else {
            fs::remove_file(place.blob(&digest)).unwrap();
        }
        let input = Input::output(place.keep(&between), "out");
        let last = place.script(
            &format!("cat a > out; echo {suffix} >> out"),
            &[("a", input)],
        );
        let forced = place.force(&last).unwrap();
        assert_eq!(place.out(&forced), format!("1\n{suffix}\n").as_bytes());
        // The first two have the same output: once the first has given it again, that of the second is there, too.
        assert_eq!(count(&forced, Origin::Computed), 2);
        assert_eq!(count(&forced, Origin::Store), 1 + usize::from(damaged));
    }
}

#[test]
fn one_process_at_a_time_has_a_claim() {
    let place = Place::new();
    let (here, there) = (&place.store, place.other());
    let thunk = Digest::of(b"a thunk");
    let file = here.root().join("claims").join(thunk.hex());
    let value = Value {
        outputs: [].into(),
        seconds: 0.5,
    };
    // One who died while writing leaves a part of an entry.
    fs::write(&file, vec![7; 1000]).unwrap();
    let claim = here.claim(&thunk).unwrap().unwrap();
    assert!(there.claim(&thunk).unwrap().is_none());
    here.settle(claim, &value).unwrap();
    assert!(!file.exists());
    let claim = there.claim(&thunk).unwrap().unwrap();
    assert_eq!(there.remembered(&thunk).unwrap(), Some(value));
    assert!(here.claim(&thunk).unwrap().is_none());
    // Who gives up leaves nothing.
    drop(claim);
    assert!(!file.exists());
    assert!(here.claim(&thunk).unwrap().is_some());
}

#[test]
fn a_damaged_memory_is_forgotten() {
    let place = Place::new();
    let thunk = copy(place.put(b"x"));
    let forced = place.force(&thunk).unwrap();
    let hex = thunk.digest().hex();
    let path = place
        .store
        .root()
        .join("memo")
        .join(&hex[..2])
        .join(&hex[2..]);
    let sound = fs::read(&path).unwrap();
    let mut other = sound.clone();
    *other.last_mut().unwrap() ^= 1;
    for bytes in [&other[..], &sound[..sound.len() / 2], b""] {
        fs::write(&path, bytes).unwrap();
        let again = place.force(&thunk).unwrap();
        assert_eq!(again.entries[0].origin, Origin::Computed);
        assert_eq!(again.values[0].outputs, forced.values[0].outputs);
    }
}

#[test]
fn a_thunk_that_names_itself_is_damaged() {
    let place = Place::new();
    // No thunk can have its own digest in it: whoever forges one is found out.
    let name = Digest::of(b"the thunk");
    place.store.put(b"the thunk").unwrap();
    let forged = copy(Input::output(name, "out")).to_bytes();
    let forged = [&forged[..], &b"x".repeat(9)].concat();
    let name = Digest {
        size: forged.len() as u64,
        ..name
    };
    damage(&place.blob(&name), &forged);
    let error = force(&place.store, &[name], &local(1), &mut ignore).unwrap_err();
    assert!(
        matches!(error, ForceError::Store(StoreError::Corrupt(_))),
        "{error}"
    );
}

#[test]
fn what_is_no_thunk_is_not_forced() {
    let place = Place::new();
    let digest = place.store.put(b"some bytes").unwrap();
    let error = force(&place.store, &[digest], &local(1), &mut ignore).unwrap_err();
    assert!(matches!(error, ForceError::NoThunk { .. }), "{error}");
    let error = force(
        &place.store,
        &[Digest::of(b"others")],
        &local(1),
        &mut ignore,
    )
    .unwrap_err();
    assert!(matches!(error, ForceError::NoThunkThere(_)), "{error}");
    let wants = copy(Input::output(place.keep(&copy(place.put(b""))), "other"));
    let error = place.force(&wants).unwrap_err();
    assert!(matches!(error, ForceError::NoSuchOutput { .. }), "{error}");
}

/// A file system of its own, which is full soon.
struct Small(tempfile::TempDir);

impl Small {
    fn new() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mut mount = Command::new("mount");
        mount
            .args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"])
            .arg(folder.path());
        match mount.status() {
            Ok(status) if status.success() => Some(Small(folder)),
            _ => {
                eprintln!("skipped: only root can mount a small file system");
                None
            }
        }
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

#[test]
fn a_full_disk_is_an_error_and_leaves_nothing_wrong() {
    let Some(small) = Small::new() else {
        return;
    };
    let store = Arc::new(Store::open(small.0.path().join("store")).unwrap());
    let is_full = |error: &StoreError| matches!(error, StoreError::Io { source, .. } if source.kind() == io::ErrorKind::StorageFull);
    let half = vec![7; 600_000];
    let input = Input::value(store.put(&half).unwrap());
    let error = store.put(&vec![8; 600_000]).unwrap_err();
    assert!(is_full(&error), "{error}");
    let copied = copy(input.clone());
    // The copy has the name of its input: there is room for that only while it is written.
    let thunk = store.put(&copied.to_bytes()).unwrap();
    let error = force(&store, &[thunk], &local(1), &mut ignore).unwrap_err();
    assert!(
        matches!(&error, ForceError::Failed { .. } | ForceError::Store(_)),
        "{error}"
    );
    assert!(error.to_string().contains("No space left"), "{error}");
    assert_eq!(store.remembered(&thunk).unwrap(), None);
    assert_eq!(store.read(&Digest::of(&half)).unwrap(), half);
    // What was begun is gone again, so small things fit.
    store.put(&vec![9; 300_000]).unwrap();
}

#[test]
fn an_input_of_a_gigabyte_passes_through() {
    let place = Place::new();
    let length = 1 << 30;
    let digest = place.store.put_reader(io::repeat(0).take(length)).unwrap();
    assert_eq!(digest.size, length);
    let thunk = place.script("wc -c < big > out", &[("big", Input::value(digest))]);
    assert_eq!(place.out(&place.force(&thunk).unwrap()), b"1073741824\n");
}

#[test]
fn collecting_removes_what_was_not_used_for_longest() {
    let place = Place::new();
    let old = SystemTime::now() - Duration::from_secs(1000);
    let digests: Vec<Digest> = (0..10_u8)
        .map(|byte| place.store.put(&[byte; 1000]).unwrap())
        .collect();
    for (age, digest) in digests.iter().enumerate() {
        let file = fs::File::open(place.blob(digest)).unwrap();
        file.set_modified(old + Duration::from_secs(age as u64))
            .unwrap();
    }
    // Somebody uses two of the oldest.
    let user = place.other();
    assert!(user.holds(&digests[0]).unwrap());
    assert!(user.holds(&digests[3]).unwrap());
    let collected = place.other().gc(5000).unwrap();
    assert_eq!(
        (collected.removed, collected.freed, collected.left),
        (5, 5000, 5000)
    );
    let left = |store: &Store| {
        digests
            .iter()
            .map(|one| store.holds(one).unwrap())
            .collect::<Vec<_>>()
    };
    let expected = [0, 3, 7, 8, 9];
    let found = left(&user);
    assert!(
        (0..10).all(|at| found[at] == expected.contains(&at)),
        "{found:?}"
    );
    // Now all of them are in use.
    assert_eq!(place.other().gc(0).unwrap().removed, 0);
    drop(user);
    drop(place.store);
    let store = Store::open(place.folder.path().join("store")).unwrap();
    std::thread::sleep(Duration::from_millis(20));
    let last = Store::open(store.root()).unwrap();
    drop(store);
    assert_eq!(last.gc(0).unwrap().left, 0);
}

#[test]
fn collecting_beside_forces_takes_nothing_from_them() {
    let place = Place::new();
    let thunks: Vec<_> = (0..200_u32)
        .map(|number| {
            let first = copy(place.put(&number.to_le_bytes()));
            copy(Input::output(place.keep(&first), "out"))
        })
        .collect();
    let roots: Vec<Digest> = thunks.iter().map(|thunk| place.keep(thunk)).collect();
    std::thread::scope(|scope| {
        let root = place.store.root();
        let collector = scope.spawn(move || {
            for _ in 0..50 {
                Store::open(root).unwrap().gc(0).unwrap();
            }
        });
        while !collector.is_finished() {
            force(&place.store, &roots, &local(2), &mut ignore).unwrap();
        }
    });
}

#[test]
fn leftovers_of_killed_processes_are_removed() {
    let place = Place::new();
    let root = place.store.root();
    fs::write(root.join("leases/dead"), "").unwrap();
    fs::create_dir(root.join("tmp/dead")).unwrap();
    fs::write(root.join("tmp/dead/0"), "unfinished").unwrap();
    let unfinished = place.store.create().unwrap();
    // What failed has links to its inputs, which would outlive them.
    place.force(&place.script("exit 1", &[])).unwrap_err();
    assert!(root.join("failed").exists());
    place.other().gc(u64::MAX).unwrap();
    assert!(!root.join("leases/dead").exists());
    assert!(!root.join("tmp/dead").exists());
    assert!(!root.join("failed").exists());
    unfinished.keep().unwrap();
}
