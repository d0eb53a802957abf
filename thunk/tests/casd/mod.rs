//! A server of the Remote Execution API that executes on this machine: buildbox-casd, as `get-casd.sh` gets it.

use std::fs::{self, File};
use std::io::{self, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// The variable that names the folder with its executables.
const FOLDER: &str = "LENTIL_CASD";

/// A server that runs until it is dropped.
pub struct Casd {
    folder: PathBuf,
    port: u16,
    cache: tempfile::TempDir,
    server: Option<Child>,
}

impl Casd {
    /// Starts a server that knows nothing. There is none if nobody says where its executables are.
    pub fn start() -> Option<Self> {
        let Some(folder) = std::env::var_os(FOLDER) else {
            // Unlike what macros print this is seen when tests succeed.
            let _ = writeln!(
                io::stderr(),
                "skipped: {FOLDER} does not name the folder that thunk/tests/get-casd.sh gets"
            );
            return None;
        };
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut casd = Casd {
            folder: folder.into(),
            port: free.local_addr().unwrap().port(),
            cache: tempfile::tempdir().unwrap(),
            server: None,
        };
        drop(free);
        casd.restart();
        Some(casd)
    }

    pub fn address(&self) -> String {
        format!("reapi://127.0.0.1:{}", self.port)
    }

    /// Starts it on the same port, with what it knew, and waits until it listens.
    pub fn restart(&mut self) {
        self.stop();
        let mount = |path: &str| format!("--runner-arg=--ro-bind-mount={path}");
        let executable = self.folder.join("buildbox-casd");
        let log = self.cache.path().join("log");
        let server = Command::new(&executable)
            .arg(format!("--bind=127.0.0.1:{}", self.port))
            .arg("--buildbox-run")
            .arg(self.folder.join("buildbox-run"))
            .args(["--jobs", "2", "--cache-failures=false"])
            .args(
                [
                    "/usr:/usr",
                    "/usr/bin:/bin",
                    "/usr/lib:/lib",
                    "/usr/lib64:/lib64",
                ]
                .map(mount),
            )
            .arg(self.cache.path().join("cache"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&log).unwrap())
            .spawn();
        let server = server.unwrap_or_else(|error| panic!("{}: {error}", executable.display()));
        self.server = Some(server);
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            let ended = self.server.as_mut().unwrap().try_wait().unwrap();
            if ended.is_some() || begun.elapsed() > Duration::from_secs(30) {
                let said = fs::read_to_string(&log).unwrap_or_default();
                panic!("buildbox-casd does not listen ({ended:?}):\n{said}");
            }
            sleep(Duration::from_millis(20));
        }
    }

    /// Kills it.
    pub fn stop(&mut self) {
        if let Some(mut server) = self.server.take() {
            let _ = server.kill();
            let _ = server.wait();
        }
    }

    /// Takes away contents, by the digits of their hash, behind its back.
    pub fn lose(&self, hex: &str) {
        let (folder, name) = hex.split_at(2);
        fs::remove_file(self.objects().join(folder).join(name)).unwrap();
    }

    /// Takes away everything that it keeps; it must not run.
    pub fn lose_all(&self) {
        assert!(self.server.is_none());
        fs::remove_dir_all(self.cache.path().join("cache")).unwrap();
    }

    fn objects(&self) -> PathBuf {
        self.cache.path().join("cache/cas/objects")
    }
}

impl Drop for Casd {
    fn drop(&mut self) {
        self.stop();
    }
}
