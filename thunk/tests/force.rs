//! Forcing on this machine.

mod common;

use std::time::Duration;

use common::{Place, copy, count, ignore, limited, local};
use lentil_thunk::{
    Digest, Failure, ForceError, Function, Input, Isolation, Local, Origin, Store, Thunk, force,
};

fn failure(forced: Result<lentil_thunk::Forced, ForceError>) -> Failure {
    match forced {
        Err(ForceError::Failed { failure, .. }) => *failure,
        other => panic!("no failure: {other:?}"),
    }
}

#[test]
fn a_script_reads_inputs_and_leaves_outputs() {
    let place = Place::new();
    let thunk = place.script(
        "cat a b/c > out; echo said",
        &[("a", place.put(b"1")), ("b/c", place.put(b"2"))],
    );
    let forced = place.force(&thunk).unwrap();
    assert_eq!(place.out(&forced), b"12");
    assert_eq!(forced.entries[0].origin, Origin::Computed);
    // And it is remembered: by this store, and by others who open it.
    let again = place.force(&thunk).unwrap();
    assert_eq!(again.entries[0].origin, Origin::Store);
    assert_eq!(again.values, forced.values);
    let again = force(&place.other(), &[thunk.digest()], &local(1), &mut ignore).unwrap();
    assert_eq!(again.values, forced.values);
}

#[test]
fn only_declared_variables_and_arguments_are_seen() {
    let place = Place::new();
    let mut thunk = place.script(
        "env | grep -v -e ^PWD= -e ^_= -e ^SHLVL= | sort > out; echo \"$@\" >> out",
        &[],
    );
    thunk.arguments = vec!["one".into(), "two three".into()];
    thunk.environment.insert("FILM".into(), "a b".into());
    let forced = place.force(&thunk).unwrap();
    assert_eq!(place.out(&forced), b"FILM=a b\nLC_ALL=C\none two three\n");
}

#[test]
fn executables_can_be_made() {
    let place = Place::new();
    let maker = place.script(
        "printf '#!/bin/sh\\necho made > out\\n' > out; chmod +x out",
        &[],
    );
    let made = Input {
        executable: true,
        ..Input::output(place.keep(&maker), "out")
    };
    let thunk = Thunk {
        function: Function::Executable("f".into()),
        inputs: [("f".into(), made)].into(),
        ..place.script("", &[])
    };
    let forced = place.force(&thunk).unwrap();
    assert_eq!(place.out(&forced), b"made\n");
    let maker = forced
        .entries
        .iter()
        .find(|entry| entry.thunk == maker.digest())
        .unwrap();
    assert!(maker.value.outputs["out"].executable);
}

#[test]
fn undeclared_inputs_are_not_there() {
    let place = Place::new();
    place.keep(&place.script("cat secret > out", &[("secret", place.put(b"x"))]));
    for script in ["cat secret > out", "cat ../*/secret > out"] {
        let failure = failure(place.force(&place.script(script, &[])));
        let Failure::Function {
            command,
            status,
            stderr,
            inputs,
        } = failure
        else {
            panic!("{failure:?}");
        };
        assert_eq!((&command[..], &status[..]), ("script", "exit status: 1"));
        assert!(stderr.contains("No such file or directory"), "{stderr}");
        // Where it ran is there to be looked at.
        assert!(inputs.unwrap().join("script").exists());
    }
}

#[test]
fn what_bubblewrap_hides_is_not_there() {
    if std::process::Command::new("bwrap")
        .arg("--version")
        .output()
        .is_err()
    {
        eprintln!("skipped: there is no bwrap");
        return;
    }
    let place = Place::new();
    let mut options = local(1);
    options.engine = Local::new(1.try_into().unwrap(), None, Isolation::Bubblewrap);
    let secret = place.folder.path().join("secret");
    std::fs::write(&secret, "x").unwrap();
    let thunk = place.script(&format!("cat {} > out", secret.display()), &[]);
    assert!(matches!(
        failure(place.force_with(&thunk, &options)),
        Failure::Function { .. }
    ));
    let thunk = place.script("cat a > out", &[("a", place.put(b"seen"))]);
    let forced = place.force_with(&thunk, &options).unwrap();
    assert_eq!(place.out(&forced), b"seen");
}

#[test]
fn wrong_outputs_are_no_values() {
    let place = Place::new();
    let secret = place.folder.path().join("secret");
    std::fs::write(&secret, "x").unwrap();
    let secret = secret.display();
    let mut thunks = [
        ("true".into(), "missing"),
        ("mkdir out".into(), "regular"),
        (format!("ln -s {secret} out"), "regular"),
        ("mkfifo out".into(), "regular"),
    ]
    .map(|(script, what): (String, _)| (place.script(&script, &[]), what))
    .to_vec();
    let mut inside = place.script(
        &format!("rmdir d; ln -s {} d", place.folder.path().display()),
        &[],
    );
    inside.outputs = ["d/secret".into()].into();
    thunks.push((inside, "folder"));
    for (thunk, what) in thunks {
        let failure = failure(place.force(&thunk));
        let Failure::Output { what: found, .. } = &failure else {
            panic!("{failure:?}");
        };
        assert!(found.contains(what), "{found}");
        assert_eq!(place.store.remembered(&thunk.digest()).unwrap(), None);
    }
}

#[test]
fn other_names_of_an_output_stay_as_they_are() {
    let place = Place::new();
    let own = place.folder.path().join("own");
    std::fs::write(&own, "x").unwrap();
    let thunk = place.script(&format!("ln {} out", own.display()), &[]);
    assert_eq!(place.out(&place.force(&thunk).unwrap()), b"x");
    std::fs::write(&own, "y").unwrap();
    assert_eq!(place.out(&place.force(&thunk).unwrap()), b"x");
}

#[test]
fn what_fails_says_why() {
    let place = Place::new();
    let text = |thunk: &Thunk| place.force(thunk).unwrap_err().to_string();
    let mut thunk = place.script("echo spoken; echo written >&2; exit 3", &[]);
    thunk.arguments = vec!["a b".into()];
    let said = text(&thunk);
    for part in [
        "script 'a b'",
        "exit status: 3",
        "| spoken",
        "| written",
        "failed/",
    ] {
        assert!(said.contains(part), "{said}");
    }
    let thunk = place.script("kill -9 $$", &[]);
    assert!(text(&thunk).contains("signal: 9"));
    let program = Input {
        executable: true,
        ..place.put(b"\x7fELF nonsense")
    };
    let mut thunk = place.script("", &[]);
    thunk.inputs.insert("script".into(), program);
    assert!(text(&thunk).contains("no start"), "{}", text(&thunk));
    // A built-in function: it has no input.
    let mut thunk = copy(place.put(b""));
    thunk.inputs.clear();
    assert!(text(&thunk).contains("in is no input"), "{}", text(&thunk));
    let mut thunk = copy(place.put(b""));
    thunk.function = Function::Builtin {
        name: "copy".into(),
        version: 77,
    };
    assert!(text(&thunk).contains("no built-in function copy of version 77"));
    let mut thunk = copy(place.put(b""));
    thunk.outputs.insert("more".into());
    assert!(text(&thunk).contains("more is missing"));
}

#[test]
fn who_hangs_is_killed_with_all_that_it_started() {
    let place = Place::new();
    let mark = place.folder.path().join("mark");
    let script = format!("(sleep 1; touch {}) & sleep 100", mark.display());
    let options = limited(1, Some(Duration::from_millis(300)));
    let mut options = options;
    options.attempts = 1;
    let failure = failure(place.force_with(&place.script(&script, &[]), &options));
    assert!(matches!(failure, Failure::TooLong { .. }), "{failure:?}");
    // Nor does anybody stay who was left behind by a process that ended.
    let script = format!(
        "(sleep 1; touch {}) > /dev/null 2>&1 & echo done > out",
        mark.display()
    );
    place
        .force_with(&place.script(&script, &[]), &options)
        .unwrap();
    std::thread::sleep(Duration::from_millis(1500));
    assert!(!mark.exists());
}

#[test]
fn stragglers_are_raced() {
    let place = Place::new();
    // Whoever comes first sleeps.
    let mark = place.folder.path().join("mark");
    let script = format!(
        "mkdir {} 2> /dev/null && sleep 100; echo done > out",
        mark.display()
    );
    let mut options = local(2);
    options.race_after = Some(Duration::from_millis(200));
    let forced = place
        .force_with(&place.script(&script, &[]), &options)
        .unwrap();
    assert_eq!(place.out(&forced), b"done\n");
    assert!(forced.seconds < 50.0);
}

#[test]
fn equal_thunks_are_computed_once() {
    let place = Place::new();
    // Two thunks that are the same once their inputs are known.
    let makers =
        ["echo x > out", "sleep 0.1; echo x > out"].map(|script| place.script(script, &[]));
    let users = makers
        .each_ref()
        .map(|maker| copy(Input::output(place.keep(maker), "out")));
    let roots = users.each_ref().map(|user| place.keep(user));
    let forced = force(
        &place.store,
        &[roots[0], roots[1], roots[0]],
        &local(4),
        &mut ignore,
    )
    .unwrap();
    assert_eq!(forced.values.len(), 3);
    assert_eq!(forced.values[0], forced.values[1]);
    // Both makers, and one of the users.
    assert_eq!(count(&forced, Origin::Computed), 3);
    assert_eq!(count(&forced, Origin::Store), 1);
}

#[test]
fn two_forces_of_one_graph_share_the_work() {
    let place = Place::new();
    let mut thunk = copy(place.put(b"start"));
    for number in 0..6 {
        let input = Input::output(place.keep(&thunk), "out");
        thunk = place.script(
            &format!("sleep 0.05; cat a > out; echo {number} >> out"),
            &[("a", input)],
        );
    }
    let root = place.keep(&thunk);
    let both = std::thread::scope(|scope| {
        let force = || {
            let store = place.other();
            force(&store, &[root], &local(2), &mut ignore).unwrap()
        };
        let threads = [scope.spawn(force), scope.spawn(force)];
        threads.map(|thread| thread.join().unwrap())
    });
    assert_eq!(both[0].values, both[1].values);
    let computed = both
        .iter()
        .map(|forced| count(forced, Origin::Computed))
        .sum::<usize>();
    assert_eq!(computed, 7);
}

#[test]
fn only_what_is_wanted_is_computed() {
    let place = Place::new();
    let first = place.script("echo 1 > out", &[]);
    let second = place.script(
        "cat a > out",
        &[("a", Input::output(place.keep(&first), "out"))],
    );
    place.keep(&place.script("exit 1", &[]));
    place.force(&second).unwrap();
    // Now that the second is known nobody asks for the first.
    std::fs::remove_file(place.blob(&first.digest())).unwrap();
    let forced = place.force(&second).unwrap();
    assert_eq!(forced.entries.len(), 1);
}

#[test]
fn many_thunks_are_forced_with_few_files_open() {
    let place = Place::new();
    let thunks = (0..10_000_u32).map(|number| place.keep(&copy(place.put(&number.to_le_bytes()))));
    let thunks: Vec<Digest> = thunks.collect();
    let open = || std::fs::read_dir("/proc/self/fd").unwrap().count();
    let (before, mut most) = (open(), 0);
    let forced = force(&place.store, &thunks, &local(4), &mut |_| {
        most = most.max(open())
    })
    .unwrap();
    assert_eq!(count(&forced, Origin::Computed), 10_000);
    // Other tests of this process have files open, too.
    assert!(most < before + 200, "{before} {most}");
    for (number, value) in forced.values.iter().enumerate() {
        let expected = Digest::of(&(number as u32).to_le_bytes());
        assert_eq!(value.outputs["out"].digest, expected);
    }
}

#[test]
fn digests_tell_nothing_of_place_and_time() {
    let digest = || {
        let place = Place::new();
        let first = place.script("cat a > out", &[("a", place.put(b"1"))]);
        let second = copy(Input::output(place.keep(&first), "out"));
        let forced = place.force(&second).unwrap();
        let computed = forced
            .entries
            .iter()
            .map(|entry| (entry.thunk, entry.value.outputs.clone()));
        computed.collect::<Vec<_>>()
    };
    let here = digest();
    std::thread::sleep(Duration::from_millis(20));
    assert_eq!(digest(), here);
}

#[test]
fn a_thunk_moves_to_another_store_with_its_inputs() {
    let here = Place::new();
    let thunk = here.script("cat a > out", &[("a", here.put(b"carried"))]);
    let value = here.force(&thunk).unwrap().values;
    let there = Place::new();
    let store: &Store = &there.store;
    for input in thunk.inputs.values() {
        let lentil_thunk::Source::Value(digest) = &input.source else {
            panic!("all are values");
        };
        store.put(&here.store.read(digest).unwrap()).unwrap();
    }
    let there = there.force(&thunk).unwrap().values;
    assert_eq!(there[0].outputs, value[0].outputs);
}
