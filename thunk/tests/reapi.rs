//! Thunks that a real server computes, if there is one: see `casd`.

mod casd;

use std::io::{self, Read};
use std::sync::Arc;
use std::time::{Duration, Instant};

use casd::Casd;
use lentil_thunk::{
    Digest, Done, Engine, Failure, Function, Input, Job, Reapi, ReapiOptions, Store, Thunk,
};

/// A server, an engine that calls it, and a store.
struct Setting {
    casd: Casd,
    engine: Arc<Reapi>,
    store: Arc<Store>,
    _folder: tempfile::TempDir,
}

fn options() -> ReapiOptions {
    ReapiOptions {
        attempts: 3,
        pause: Duration::from_millis(50),
        deadline: Duration::from_secs(60),
        ..ReapiOptions::default()
    }
}

impl Setting {
    async fn new(options: ReapiOptions) -> Option<Self> {
        let casd = Casd::start()?;
        let folder = tempfile::tempdir().unwrap();
        Some(Setting {
            engine: Reapi::connect(&casd.address(), options).await.unwrap(),
            store: Arc::new(Store::open(folder.path()).unwrap()),
            casd,
            _folder: folder,
        })
    }

    /// A thunk that runs a script, which is not in `bin` because that is the machine's, on a file `in`, and leaves `out`.
    fn thunk(&self, script: &str, input: &[u8]) -> Thunk {
        let script = format!("#!/bin/sh\nset -e\n{script}\n");
        let executable = Input {
            executable: true,
            ..Input::value(self.store.put(script.as_bytes()).unwrap())
        };
        let input = Input::value(self.store.put(input).unwrap());
        Thunk {
            function: Function::Executable("tools/script".into()),
            arguments: vec!["a b".into()],
            environment: [("PATH".into(), "/bin".into())].into(),
            inputs: [("tools/script".into(), executable), ("in".into(), input)].into(),
            outputs: ["out".into()].into(),
        }
    }

    async fn run(&self, thunk: Thunk) -> Result<Done, Failure> {
        let digest = thunk.digest();
        let job = Arc::new(Job { digest, thunk });
        let engine = Arc::clone(&self.engine);
        engine.run(Arc::clone(&self.store), job).await
    }

    /// The only output's contents.
    fn contents(&self, done: &Done) -> Vec<u8> {
        self.store.read(&done.value.outputs["out"].digest).unwrap()
    }
}

#[tokio::test]
async fn computed_then_remembered() {
    let Some(setting) = Setting::new(options()).await else {
        return;
    };
    let script = "mkdir -p deep\ncp in deep/x\ncat in deep/x > out\necho \"$1\" >> out";
    let thunk = setting.thunk(script, b"lentil ");
    let first = setting.run(thunk.clone()).await.unwrap();
    assert!(!first.cached);
    assert_eq!(first.value.outputs.len(), 1);
    assert_eq!(setting.contents(&first), b"lentil lentil a b\n");
    let second = setting.run(thunk.clone()).await.unwrap();
    assert!(second.cached);
    assert_eq!(second.value.outputs, first.value.outputs);
    // Another store does not have the contents yet.
    let folder = tempfile::tempdir().unwrap();
    let setting = Setting {
        store: Arc::new(Store::open(folder.path()).unwrap()),
        _folder: folder,
        ..setting
    };
    let third = setting.run(thunk).await.unwrap();
    assert!(third.cached);
    assert_eq!(setting.contents(&third), b"lentil lentil a b\n");
}

#[tokio::test]
async fn what_is_not_declared_is_not_there() {
    let Some(setting) = Setting::new(options()).await else {
        return;
    };
    let failure = setting.run(setting.thunk("cat other > out", b"")).await;
    match failure.unwrap_err() {
        Failure::Function { stderr, .. } => assert!(stderr.contains("other"), "{stderr}"),
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn failures_are_told() {
    let Some(setting) = Setting::new(options()).await else {
        return;
    };
    let thunk = setting.thunk("echo no such luck >&2\nexit 7", b"");
    let failure = setting.run(thunk).await.unwrap_err();
    let said = failure.to_string();
    assert!(said.contains("tools/script 'a b'"), "{said}");
    let Failure::Function { status, stderr, .. } = failure else {
        panic!("{said}");
    };
    assert_eq!(
        (&status[..], &stderr[..]),
        ("exit status: 7", "no such luck\n")
    );
    // Of what is too long there is the end.
    let lines = b"0123456\n".repeat(20_000);
    let thunk = setting.thunk("cat in >&2\necho end >&2\nexit 1", &lines);
    match setting.run(thunk).await.unwrap_err() {
        Failure::Function { stderr, .. } => {
            assert_eq!(stderr.len(), 64 << 10);
            assert!(stderr.ends_with("0123456\nend\n"));
        }
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn declared_outputs_have_to_be_files() {
    let Some(setting) = Setting::new(options()).await else {
        return;
    };
    for (script, wrong) in [("true", "out is missing"), ("mkdir out", "out is a folder")] {
        let failure = setting.run(setting.thunk(script, b"")).await;
        match failure.unwrap_err() {
            Failure::Output { what, .. } => assert!(what.contains(wrong), "{what}"),
            other => panic!("{other}"),
        }
    }
}

#[tokio::test]
async fn lost_inputs_come_again() {
    let Some(mut setting) = Setting::new(options()).await else {
        return;
    };
    let first = setting.thunk("cat in > out", b"an input");
    setting.run(first).await.unwrap();
    // One is lost, of which the engine believes that it is there.
    setting.casd.lose(&Digest::of(b"an input").hex());
    let second = setting.thunk("cat in in > out", b"an input");
    let done = setting.run(second).await.unwrap();
    assert_eq!(setting.contents(&done), b"an inputan input");
    // All are lost.
    setting.casd.stop();
    setting.casd.lose_all();
    setting.casd.restart();
    let third = setting.thunk("cat in in in > out", b"an input");
    let done = setting.run(third).await.unwrap();
    assert_eq!(setting.contents(&done), b"an inputan inputan input");
}

#[tokio::test]
async fn lost_outputs_are_computed_again() {
    let Some(setting) = Setting::new(options()).await else {
        return;
    };
    let thunk = setting.thunk("cat in in > out", b"twice");
    setting.run(thunk.clone()).await.unwrap();
    setting.casd.lose(&Digest::of(b"twicetwice").hex());
    let folder = tempfile::tempdir().unwrap();
    let setting = Setting {
        store: Arc::new(Store::open(folder.path()).unwrap()),
        _folder: folder,
        ..setting
    };
    let thunk_again = setting.thunk("cat in in > out", b"twice");
    assert_eq!(thunk_again, thunk);
    let done = setting.run(thunk).await.unwrap();
    assert_eq!(setting.contents(&done), b"twicetwice");
}

#[tokio::test]
async fn a_server_that_is_gone_is_unreachable_until_it_is_back() {
    let Some(mut setting) = Setting::new(options()).await else {
        return;
    };
    let thunk = setting.thunk("cat in > out", b"here");
    setting.casd.stop();
    let failure = setting.run(thunk.clone()).await.unwrap_err();
    assert!(matches!(failure, Failure::Unreachable { .. }), "{failure}");
    let failure = Reapi::connect(&setting.casd.address(), options()).await;
    let failure = failure.unwrap_err();
    assert!(matches!(failure, Failure::Unreachable { .. }), "{failure}");
    setting.casd.restart();
    let done = setting.run(thunk).await.unwrap();
    assert_eq!(setting.contents(&done), b"here");
}

/// Neither fits into a message.
#[tokio::test]
async fn large_inputs_and_outputs() {
    let Some(setting) = Setting::new(options()).await else {
        return;
    };
    let mut state = 1_u32;
    let mut byte = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    let input: Vec<u8> = (0..64 << 20).map(|_| byte()).collect();
    let thunk = setting.thunk("cat in - > out < tools/script", &input);
    let done = setting.run(thunk).await.unwrap();
    let output = setting.contents(&done);
    assert!(output.starts_with(&input) && output.len() > input.len());
}

/// Nobody holds it in memory.
#[tokio::test]
async fn an_input_of_a_gigabyte_is_uploaded() {
    let deadline = Duration::from_secs(600);
    let Some(setting) = Setting::new(ReapiOptions {
        deadline,
        ..options()
    })
    .await
    else {
        return;
    };
    let length = 1 << 30;
    let big = setting.store.put_reader(io::repeat(7).take(length));
    let mut thunk = setting.thunk("wc -c < big > out", b"");
    thunk
        .inputs
        .insert("big".into(), Input::value(big.unwrap()));
    let done = setting.run(thunk).await.unwrap();
    assert_eq!(setting.contents(&done), b"1073741824\n");
}

#[tokio::test]
async fn deadlines_are_kept() {
    let deadline = Duration::from_millis(700);
    let Some(setting) = Setting::new(ReapiOptions {
        deadline,
        ..options()
    })
    .await
    else {
        return;
    };
    let begun = Instant::now();
    let late = |number| setting.thunk("sleep 30\ncp in out", &[number]);
    for number in 0..2 {
        match setting.run(late(number)).await.unwrap_err() {
            Failure::TooLong { seconds, .. } => assert!((0.7..5.0).contains(&seconds), "{seconds}"),
            other => panic!("{other}"),
        }
    }
    // The server executes two actions at a time, and no longer those.
    let engine = Reapi::connect(&setting.casd.address(), self::options()).await;
    let setting = Setting {
        engine: engine.unwrap(),
        ..setting
    };
    setting.run(setting.thunk("cp in out", b"")).await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(20));
}

#[tokio::test]
async fn a_worker_has_the_built_in_functions() {
    let Some(casd) = Casd::start() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let worker = folder.path().join("worker");
    std::fs::write(&worker, "#!/bin/sh\necho \"$@\" > out\n").unwrap();
    let options = ReapiOptions {
        worker: Some(worker),
        ..options()
    };
    let setting = Setting {
        engine: Reapi::connect(&casd.address(), options).await.unwrap(),
        store: Arc::new(Store::open(folder.path().join("store")).unwrap()),
        casd,
        _folder: folder,
    };
    let function = Function::Builtin {
        name: "copy".into(),
        version: 3,
    };
    let thunk = Thunk {
        function,
        ..setting.thunk("", b"")
    };
    let done = setting.run(thunk).await.unwrap();
    assert_eq!(setting.contents(&done), b"copy 3 a b\n");
}

/// What is remembered costs one call; the time is printed, and only a large one is wrong on a busy machine.
#[tokio::test]
async fn what_is_remembered_is_cheap() {
    let Some(setting) = Setting::new(options()).await else {
        return;
    };
    let thunk = setting.thunk("cat in > out", b"cheap");
    setting.run(thunk.clone()).await.unwrap();
    let mut times = Vec::new();
    for _ in 0..300 {
        let begun = Instant::now();
        assert!(setting.run(thunk.clone()).await.unwrap().cached);
        times.push(begun.elapsed());
    }
    times.sort_unstable();
    let (median, most) = (times[150], times[297]);
    println!("a remembered action: median {median:?}, 99 of 100 within {most:?}");
    assert!(median < Duration::from_millis(20), "{median:?}");
}
