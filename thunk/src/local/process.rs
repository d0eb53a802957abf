//! Executables, as processes in folders of their own.

use std::collections::{BTreeMap, VecDeque};
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};

use super::{Isolation, keep_failed, lay_out};
use crate::engine::{Failure, Job, command_line};
use crate::store::{Output, Store, Value};
use crate::thunk::{Function, Thunk};

/// So much of what a process says is kept.
const KEPT: usize = 1 << 16;

pub(super) async fn run(
    store: &Arc<Store>,
    job: &Arc<Job>,
    isolation: Isolation,
) -> Result<Value, Failure> {
    let folder = Folder(store.temporary());
    lay_out(store, &job.thunk, &folder.0)?;
    let (status, said) = match execute(&job.thunk, &folder.0, isolation).await {
        Ok(ended) => ended,
        Err(error) => {
            let status = format!("no start: {error}");
            return Err(failed(store, job, &folder, status, String::new()));
        }
    };
    if !status.success() {
        let said = String::from_utf8_lossy(&said).into_owned();
        return Err(failed(store, job, &folder, status.to_string(), said));
    }
    collect(store, &job.thunk, &folder.0)
}

/// Removed when nobody wants it any more.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        // A leftover is removed when the store is collected.
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn failed(store: &Store, job: &Job, folder: &Folder, status: String, stderr: String) -> Failure {
    Failure::Function {
        command: command_line(&job.thunk),
        status,
        stderr,
        inputs: keep_failed(store, job, &folder.0).ok(),
    }
}

/// Runs the process to its end: how it ended, and the end of what it said.
async fn execute(
    thunk: &Thunk,
    folder: &Path,
    isolation: Isolation,
) -> io::Result<(ExitStatus, Vec<u8>)> {
    let mut process = start(thunk, folder, isolation).await?;
    let (stdout, stderr) = (process.0.stdout.take(), process.0.stderr.take());
    let said = tokio::spawn(async {
        let (out, err) = tokio::join!(last_bytes(stdout), last_bytes(stderr));
        [out, err].concat()
    });
    let status = process.0.wait().await?;
    // Whoever it has left running would keep the pipes open, and write outputs later.
    process.kill();
    Ok((status, said.await.map_err(io::Error::other)?))
}

/// The last bytes before the end or an error.
async fn last_bytes(pipe: Option<impl AsyncRead + Unpin>) -> Vec<u8> {
    let Some(mut pipe) = pipe else {
        return Vec::new();
    };
    let (mut kept, mut bytes) = (VecDeque::new(), vec![0; 1 << 13]);
    while let Ok(count @ 1..) = pipe.read(&mut bytes).await {
        kept.extend(&bytes[..count]);
        kept.drain(..kept.len().saturating_sub(KEPT));
    }
    kept.into()
}

/// A process and all that it starts; all are killed when nobody waits for it any more.
struct Process(Child, Option<Pid>);

impl Process {
    fn kill(&mut self) {
        // Once: later the number may be that of another group.
        if let Some(group) = self.1.take() {
            // Mostly there is nobody left.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

async fn start(thunk: &Thunk, folder: &Path, isolation: Isolation) -> io::Result<Process> {
    let mut wait = Duration::from_millis(1);
    loop {
        match command(thunk, folder, isolation).spawn() {
            // A process that another thread is just starting still has the executable open for writing.
            Err(error)
                if error.kind() == io::ErrorKind::ExecutableFileBusy && wait.as_secs() == 0 =>
            {
                tokio::time::sleep(wait).await;
                wait *= 2;
            }
            Err(error) => return Err(error),
            Ok(child) => {
                let group = child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
                return Ok(Process(child, group));
            }
        }
    }
}

fn command(thunk: &Thunk, folder: &Path, isolation: Isolation) -> Command {
    let Function::Executable(path) = &thunk.function else {
        unreachable!("a built-in function is called by another one");
    };
    let mut command = match isolation {
        Isolation::Folder => Command::new(folder.join(path)),
        Isolation::Bubblewrap => {
            let mut command = Command::new("bwrap");
            let folder = folder.as_os_str();
            command.arg("--bind").arg(folder).arg("/");
            for bound in [
                "/usr",
                "/usr/bin:/bin",
                "/usr/lib:/lib",
                "/usr/lib64:/lib64",
            ] {
                let (from, to) = bound.split_once(':').unwrap_or((bound, bound));
                command.args(["--ro-bind-try", from, to]);
            }
            command.args([
                "--dev",
                "/dev",
                "--proc",
                "/proc",
                "--unshare-all",
                "--die-with-parent",
            ]);
            command.args(["--chdir", "/", "--", &format!("/{path}")]);
            command
        }
    };
    command
        .args(&thunk.arguments)
        .env_clear()
        .envs(&thunk.environment)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0);
    command
}

/// Takes the outputs into the store.
fn collect(store: &Store, thunk: &Thunk, folder: &Path) -> Result<Value, Failure> {
    let wrong = |what| Failure::Output {
        command: command_line(thunk),
        what,
    };
    let mut outputs = BTreeMap::new();
    for path in &thunk.outputs {
        let file = regular(folder, path).map_err(wrong)?;
        let from = folder.join(path);
        // The same file may have another name outside, where it is not to change.
        let digest = if file.nlink() == 1 {
            store.take_file(&from)
        } else {
            store.put_file(&from)
        };
        let output = Output {
            digest: digest?,
            executable: file.permissions().mode() & 0o111 != 0,
        };
        outputs.insert(path.clone(), output);
    }
    Ok(Value {
        outputs,
        seconds: 0.0,
    })
}

/// A file that lies in the folder, and is not elsewhere by a link; or what is wrong with it.
fn regular(folder: &Path, path: &str) -> Result<Metadata, String> {
    let ends = path.match_indices('/').map(|(at, _)| &path[..at]);
    for part in ends {
        let there = fs::symlink_metadata(folder.join(part));
        if !there.is_ok_and(|there| there.is_dir()) {
            return Err(format!("{part} is no folder any more"));
        }
    }
    match fs::symlink_metadata(folder.join(path)) {
        Ok(file) if file.is_file() => Ok(file),
        Ok(_) => Err(format!("{path} is no regular file")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(format!("{path} is missing")),
        Err(error) => Err(format!("{path}: {error}")),
    }
}
