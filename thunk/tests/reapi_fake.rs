//! What servers may say, right or wrong.

mod fake;

use std::sync::Arc;
use std::time::Duration;

use bazel_remote_apis::build::bazel::remote::execution::v2 as reapi;
use bazel_remote_apis::google::longrunning::{Operation, operation};
use bazel_remote_apis::google::{protobuf, rpc};
use fake::Fake;
use lentil_thunk::{
    Digest, Done, Engine, Failure, Function, Input, Job, Reapi, ReapiOptions, Store, Thunk,
};
use prost::Message;
use tonic::{Code, Status};

fn options() -> ReapiOptions {
    ReapiOptions {
        attempts: 3,
        pause: Duration::from_millis(1),
        deadline: Duration::from_secs(20),
        ..ReapiOptions::default()
    }
}

/// Runs a thunk that leaves `out`, and says whether that is in the store.
async fn run(fake: &Fake) -> Result<(Done, Vec<u8>), Failure> {
    let engine = Reapi::connect(&fake.listen().await, options()).await?;
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(Store::open(folder.path()).unwrap());
    let program = Input {
        executable: true,
        ..Input::value(store.put(&[7; 3000]).unwrap())
    };
    let thunk = Thunk {
        function: Function::Executable("f".into()),
        arguments: vec![],
        environment: [].into(),
        inputs: [("f".into(), program)].into(),
        outputs: ["out".into()].into(),
    };
    let digest = thunk.digest();
    let job = Arc::new(Job { digest, thunk });
    let result = engine.run(Arc::clone(&store), job).await;
    let kept = store.read(&Digest::of(b"output"));
    assert_eq!(result.is_ok(), kept.is_ok(), "{result:?}");
    Ok((result?, kept.unwrap()))
}

/// A result with one output of these contents.
fn result(path: &str, bytes: &[u8]) -> reapi::ActionResult {
    let file = reapi::OutputFile {
        path: path.into(),
        digest: Some(Digest::of(bytes).into()),
        ..Default::default()
    };
    reapi::ActionResult {
        output_files: vec![file],
        ..Default::default()
    }
}

fn started() -> Operation {
    Operation {
        name: "one".into(),
        ..Default::default()
    }
}

fn finished(response: reapi::ExecuteResponse) -> Operation {
    let any = protobuf::Any {
        type_url: "type.googleapis.com/build.bazel.remote.execution.v2.ExecuteResponse".into(),
        value: response.encode_to_vec(),
    };
    Operation {
        done: true,
        result: Some(operation::Result::Response(any)),
        ..started()
    }
}

fn left(result: reapi::ActionResult) -> Operation {
    finished(reapi::ExecuteResponse {
        result: Some(result),
        ..Default::default()
    })
}

fn said(code: Code) -> Operation {
    finished(reapi::ExecuteResponse {
        status: Some(rpc::Status {
            code: code.into(),
            ..Default::default()
        }),
        ..Default::default()
    })
}

/// A server whose streams say this, and that has the output already.
fn executing(executions: impl IntoIterator<Item = Vec<Operation>>) -> Fake {
    let fake = Fake::default();
    let mut state = fake.0.lock().unwrap();
    let said = executions.into_iter();
    state.executions = said.map(|one| one.into_iter().map(Ok).collect()).collect();
    state
        .blobs
        .insert(Digest::of(b"output").to_string(), b"output".to_vec());
    drop(state);
    fake
}

fn executed(fake: &Fake) -> Vec<String> {
    fake.0.lock().unwrap().executed.clone()
}

#[tokio::test]
async fn outputs_of_any_size_arrive() {
    for largest_batch in [0, 1] {
        let fake = executing([vec![started(), left(result("out", b"output"))]]);
        fake.0.lock().unwrap().largest_batch = largest_batch;
        let (done, bytes) = run(&fake).await.unwrap();
        assert_eq!((done.cached, &bytes[..]), (false, &b"output"[..]));
        let program = Digest::of(&[7; 3000]).to_string();
        assert_eq!(fake.0.lock().unwrap().blobs[&program], [7; 3000]);
    }
}

#[tokio::test]
async fn wrong_contents_are_not_kept() {
    for largest_batch in [0, 1] {
        for wrong in [&b"0utput"[..], b"outpu", b"output "] {
            let fake = executing([vec![left(result("out", b"output"))]]);
            fake.0.lock().unwrap().largest_batch = largest_batch;
            let digest = Digest::of(b"output").to_string();
            fake.0.lock().unwrap().blobs.insert(digest, wrong.to_vec());
            match run(&fake).await.unwrap_err() {
                Failure::Output { .. } => {}
                // A stream that always ends early is as good as none.
                Failure::Unreachable { .. } if largest_batch == 1 && wrong.len() < 6 => {}
                other => panic!("{other}"),
            }
        }
    }
}

#[tokio::test]
async fn outputs_with_other_paths_are_none() {
    for path in ["/out", "./out", "../out", "other", ""] {
        let fake = executing([vec![left(result(path, b"output"))]]);
        // What is not declared does not come either.
        let failure = run(&fake).await.unwrap_err();
        assert!(
            matches!(failure, Failure::Output { .. }),
            "{path}: {failure}"
        );
    }
}

#[tokio::test]
async fn passing_errors_pass() {
    let fake = executing([
        vec![said(Code::ResourceExhausted)],
        vec![left(result("out", b"output"))],
    ]);
    let exhausted = || Status::resource_exhausted("later");
    fake.0.lock().unwrap().errors = [exhausted(), exhausted()].into();
    run(&fake).await.unwrap();
    assert_eq!(executed(&fake), ["execute", "execute"]);
    // But not for ever.
    fake.0.lock().unwrap().errors = [exhausted(), exhausted(), exhausted()].into();
    let failure = run(&fake).await.unwrap_err();
    assert!(matches!(failure, Failure::Unreachable { .. }), "{failure}");
}

#[tokio::test]
async fn refusals_are_final() {
    for refusal in [
        Status::unauthenticated("who?"),
        Status::permission_denied("no"),
        Status::invalid_argument("what?"),
        Status::unimplemented("how?"),
    ] {
        let fake = executing([]);
        fake.0.lock().unwrap().errors.push_back(refusal);
        let failure = run(&fake).await.unwrap_err();
        assert!(matches!(failure, Failure::Refused { .. }), "{failure}");
    }
}

#[tokio::test]
async fn executions_are_followed_over_streams() {
    // Two streams end before the execution does.
    let fake = executing([
        vec![started()],
        vec![started()],
        vec![left(result("out", b"output"))],
    ]);
    run(&fake).await.unwrap();
    assert_eq!(executed(&fake), ["execute", "wait for one", "wait for one"]);
    // A server that has lost the execution is asked for another.
    let fake = executing([
        vec![started()],
        vec![],
        vec![left(result("out", b"output"))],
    ]);
    fake.0.lock().unwrap().executions[1] = vec![Err(Status::not_found("which?"))];
    run(&fake).await.unwrap();
    assert_eq!(executed(&fake), ["execute", "wait for one", "execute"]);
    let fake = executing([vec![started()]]);
    let failure = run(&fake).await.unwrap_err();
    assert!(matches!(failure, Failure::Unreachable { .. }), "{failure}");
    assert_eq!(executed(&fake).len(), 3);
}

#[tokio::test]
async fn missing_inputs_come_again() {
    let fake = executing([
        vec![said(Code::FailedPrecondition)],
        vec![said(Code::NotFound)],
        vec![left(result("out", b"output"))],
    ]);
    run(&fake).await.unwrap();
    let missing = || vec![said(Code::FailedPrecondition)];
    let fake = executing([missing(), missing(), missing(), missing()]);
    let failure = run(&fake).await.unwrap_err();
    assert!(matches!(failure, Failure::Refused { .. }), "{failure}");
    assert_eq!(executed(&fake).len(), 3);
}

#[tokio::test]
async fn results_without_contents_are_computed_again() {
    for largest_batch in [0, 1] {
        let fake = executing([vec![left(result("out", b"output"))]]);
        fake.0.lock().unwrap().largest_batch = largest_batch;
        let gone = result("out", b"gone");
        fake.0.lock().unwrap().cache.push_back(gone);
        let (done, _) = run(&fake).await.unwrap();
        assert!(!done.cached);
        assert_eq!(executed(&fake), ["again"]);
    }
}

#[tokio::test]
async fn answers_without_sense_are_no_results() {
    let nothing = Operation {
        result: None,
        ..left(result("out", b"output"))
    };
    let other = protobuf::Any {
        type_url: "type.googleapis.com/google.rpc.Status".into(),
        value: vec![],
    };
    let other = Operation {
        result: Some(operation::Result::Response(other)),
        ..nothing.clone()
    };
    let empty = finished(reapi::ExecuteResponse::default());
    for operation in [nothing, other, empty] {
        let fake = executing(vec![vec![operation]; 3]);
        let failure = run(&fake).await.unwrap_err();
        assert!(matches!(failure, Failure::Unreachable { .. }), "{failure}");
    }
}

#[tokio::test]
async fn options_that_are_of_no_use_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let no_certificate = folder.path().join("ca");
    std::fs::write(&no_certificate, "hello").unwrap();
    let token = |token: &str| ReapiOptions {
        token: Some(token.into()),
        ..options()
    };
    let certificates = |path| ReapiOptions {
        certificates: Some(path),
        ..options()
    };
    assert!(!format!("{:?}", token("secret")).contains("secret"));
    for (address, options) in [
        ("http://localhost:1", options()),
        ("reapi://localhost:1", token("two\nlines")),
        ("reapi://example.org:1", token("seen by all")),
        ("reapi://localhost:1", certificates(no_certificate.clone())),
        ("reapis://localhost:1", certificates(no_certificate)),
        (
            "reapis://localhost:1",
            certificates(folder.path().join("none")),
        ),
    ] {
        let failure = Reapi::connect(address, options).await.unwrap_err();
        assert!(matches!(failure, Failure::Refused { .. }), "{failure}");
    }
}

#[tokio::test]
async fn tokens_are_sent() {
    let fake = Fake::default();
    let address = fake.listen().await;
    Reapi::connect(&address, options()).await.unwrap();
    assert_eq!(fake.0.lock().unwrap().caller, None);
    let token = Some("secret".into());
    let options = ReapiOptions { token, ..options() };
    Reapi::connect(&address, options).await.unwrap();
    let caller = fake.0.lock().unwrap().caller.clone();
    assert_eq!(caller.as_deref(), Some("Bearer secret"));
}

#[cfg(not(feature = "tls"))]
#[tokio::test]
async fn without_tls_there_is_none() {
    let failure = Reapi::connect("reapis://localhost:1", options()).await;
    let failure = failure.unwrap_err();
    assert!(matches!(failure, Failure::Refused { .. }), "{failure}");
}

/// Calls a server that has a certificate of its own making.
#[cfg(feature = "tls")]
#[tokio::test]
async fn only_trusted_servers_are_called() {
    use std::io::Write;
    use tonic::transport::{Identity, Server, ServerTlsConfig};

    let folder = tempfile::tempdir().unwrap();
    let (key, certificate) = (folder.path().join("key"), folder.path().join("certificate"));
    let made = std::process::Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
        ])
        .args([
            "-nodes",
            "-subj",
            "/CN=localhost",
            "-addext",
            "subjectAltName=DNS:localhost",
        ])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .arg("-keyout")
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .output();
    if !made.is_ok_and(|made| made.status.success()) {
        let _ = writeln!(std::io::stderr(), "skipped: no openssl makes a certificate");
        return;
    }
    let read = |path| std::fs::read(path).unwrap();
    let identity = Identity::from_pem(read(&certificate), read(&key));
    let server = Server::builder().tls_config(ServerTlsConfig::new().identity(identity));
    let port = Fake::default().listen_as(server.unwrap()).await;
    let address = format!("reapis://localhost:{port}");
    let failure = Reapi::connect(&address, options()).await.unwrap_err();
    assert!(matches!(failure, Failure::Unreachable { .. }), "{failure}");
    let trusting = ReapiOptions {
        certificates: Some(certificate),
        ..options()
    };
    Reapi::connect(&address, trusting).await.unwrap();
}
