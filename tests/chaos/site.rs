//! Real processes on loopback: PostgreSQL, Redis, the API and workers.

use std::{
    fs::{self, File},
    io,
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use tempfile::TempDir;

/// Clock of the worker that is wrong, and the library that makes it so.
const AHEAD: &str = "+120s";
const FAKETIME: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";

/// How big the data directory is: room for the mails of a run, and soon full.
const DISK: &str = "size=24m";

pub(crate) struct Site {
    folder: TempDir,
    programs: PathBuf,
    postgres_port: u16,
    redis_port: u16,
    api_port: u16,
    redis: Child,
    api: Child,
    workers: Vec<Child>,
    has_small_disk: bool,
}

impl Site {
    pub(crate) fn start() -> io::Result<Self> {
        let folder = tempfile::tempdir()?;
        let programs = std::env::current_exe()?.parent().expect("a folder").to_owned();
        let data = folder.path().join("data");
        fs::create_dir(&data)?;
        run("chmod", &["755", &path(folder.path())]);
        let has_small_disk = run("mount", &["-t", "tmpfs", "-o", DISK, "tmpfs", &path(&data)]);
        let (postgres_port, redis_port, api_port) = (free_port()?, free_port()?, free_port()?);
        start_postgres(folder.path(), postgres_port)?;
        let redis = start_redis(redis_port)?;
        let mut site = Self {
            api: Command::new("true").spawn()?,
            workers: Vec::new(),
            folder,
            programs,
            postgres_port,
            redis_port,
            api_port,
            redis,
            has_small_disk,
        };
        site.start_api()?;
        site.start_worker()?;
        site.start_worker()?;
        Ok(site)
    }

    pub(crate) fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.api_port)
    }

    pub(crate) fn database(&self) -> String {
        format!("postgres://forewarn@127.0.0.1:{}/postgres", self.postgres_port)
    }

    pub(crate) fn queue(&self) -> String {
        format!("redis://127.0.0.1:{}", self.redis_port)
    }

    pub(crate) fn mails(&self) -> PathBuf {
        self.data().join("mail")
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn program(&self, name: &str, log: &str) -> io::Result<Command> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let log = File::options().create(true).append(true).open(self.folder.path().join(log))?;
        let mut command = Command::new(self.programs.join(name));
        command
            .env("DATABASE_URL", self.database())
            .env("REDIS_URL", self.queue())
            .env("DATA_DIR", self.data())
            .env("PACKS_DIR", root.join("packs"))
            .env("BIND", format!("127.0.0.1:{}", self.api_port))
            .env("SECRET_KEY", "a secret of the chaos that is long enough for everybody")
            .env("DEMO", "off")
            .env("RATE_LIMITS", "off")
            .env("RUST_LOG", "warn")
            .env("JOB_CONCURRENCY", "4")
            .stdout(log.try_clone()?)
            .stderr(log);
        Ok(command)
    }

    pub(crate) fn start_api(&mut self) -> io::Result<()> {
        self.api = self.program("forewarn", "api.log")?.arg("serve").spawn()?;
        wait_for(self.api_port)
    }

    pub(crate) fn start_worker(&mut self) -> io::Result<()> {
        let worker = self.program("forewarn-worker", "worker.log")?.spawn()?;
        self.workers.push(worker);
        Ok(())
    }

    /// A worker whose clock is two minutes ahead.
    pub(crate) fn start_worker_ahead(&mut self) -> io::Result<()> {
        if !Path::new(FAKETIME).exists() {
            return Err(io::Error::other("libfaketime is not installed"));
        }
        let mut worker = self.program("forewarn-worker", "ahead.log")?;
        worker.env("LD_PRELOAD", FAKETIME).env("FAKETIME", AHEAD);
        worker.env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        self.workers.push(worker.spawn()?);
        Ok(())
    }

    /// The numbers of the processes of the workers, oldest first.
    pub(crate) fn workers(&self) -> Vec<u32> {
        self.workers.iter().map(Child::id).collect()
    }

    /// Kills the oldest worker.
    pub(crate) fn kill_worker(&mut self) -> io::Result<()> {
        self.kill_worker_of(self.workers[0].id())
    }

    /// Kills the worker with this process.
    pub(crate) fn kill_worker_of(&mut self, number: u32) -> io::Result<()> {
        let position = self.workers.iter().position(|worker| worker.id() == number);
        let mut worker = self.workers.remove(position.expect("a worker that runs"));
        let killed = worker.kill();
        worker.wait()?;
        killed
    }

    pub(crate) fn kill_api(&mut self) -> io::Result<()> {
        self.api.kill()?;
        self.api.wait()?;
        Ok(())
    }

    /// Redis ends and comes back with nothing.
    pub(crate) fn empty_redis(&mut self) -> io::Result<()> {
        self.redis.kill()?;
        self.redis.wait()?;
        self.redis = start_redis(self.redis_port)?;
        Ok(())
    }

    pub(crate) fn stop_redis_for(&self, time: Duration) {
        pause(&[self.redis.id()], time);
    }

    /// Redis does not answer from now on.
    pub(crate) fn hold_redis(&self) {
        signal("-STOP", &[self.redis.id()]);
    }

    /// Redis answers again.
    pub(crate) fn let_redis_go(&self) {
        signal("-CONT", &[self.redis.id()]);
    }

    pub(crate) fn stop_postgres_for(&self, time: Duration) {
        pause(&self.postgres_processes(), time);
    }

    fn postgres_processes(&self) -> Vec<u32> {
        let file = self.folder.path().join("postgres/postmaster.pid");
        let text = fs::read_to_string(file).unwrap_or_default();
        let Some(first) = text.lines().next().and_then(|line| line.trim().parse().ok()) else {
            return Vec::new();
        };
        let mut processes = vec![first];
        let all = fs::read_dir("/proc").into_iter().flatten().flatten();
        let numbers = all.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        processes.extend(numbers.filter(|number| parent_of(*number) == Some(first)));
        processes
    }

    /// Fills the disk of the data directory. Answers the file that does so.
    pub(crate) fn fill_disk(&self) -> io::Result<PathBuf> {
        if !self.has_small_disk {
            return Err(io::Error::other("no small disk can be mounted: run this as root"));
        }
        let file = self.data().join("filler");
        match fs::write(&file, vec![0_u8; 64 << 20]) {
            Ok(()) => Err(io::Error::other("the disk is larger than the filler")),
            Err(_) => Ok(file),
        }
    }

    /// Whether the worker with the wrong clock noticed that.
    pub(crate) fn clock_was_noticed(&self) -> bool {
        let log = fs::read_to_string(self.folder.path().join("ahead.log"));
        log.is_ok_and(|text| text.contains("the clock of this machine is wrong"))
    }

    /// The last lines of the logs, for a failed run.
    pub(crate) fn print_logs(&self) {
        for log in ["api.log", "worker.log", "ahead.log"] {
            let text = fs::read_to_string(self.folder.path().join(log)).unwrap_or_default();
            let lines: Vec<_> = text.lines().collect();
            println!("-- {log}");
            for line in &lines[lines.len().saturating_sub(15)..] {
                println!("{line}");
            }
        }
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        for process in self.workers.iter_mut().chain([&mut self.api, &mut self.redis]) {
            let _ = process.kill();
            let _ = process.wait();
        }
        let folder = path(self.folder.path());
        as_postgres(&format!("pg_ctl -D '{folder}/postgres' -m immediate stop"));
        if self.has_small_disk {
            run("umount", &[&path(&self.data())]);
        }
    }
}

fn path(path: &Path) -> String {
    path.display().to_string()
}

fn run(program: &str, arguments: &[&str]) -> bool {
    let quiet = || Stdio::null();
    let status = Command::new(program).args(arguments).stdout(quiet()).stderr(quiet()).status();
    status.is_ok_and(|status| status.success())
}

/// PostgreSQL refuses to run as root.
fn as_postgres(line: &str) -> bool {
    let line = format!(
        "PATH=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1):$PATH; cd /; {line}"
    );
    if run("test", &["-O", "/root"]) {
        return run("su", &["postgres", "-s", "/bin/bash", "-c", &line]);
    }
    run("bash", &["-c", &line])
}

fn start_postgres(folder: &Path, port: u16) -> io::Result<()> {
    let data = folder.join("postgres");
    fs::create_dir(&data)?;
    run("chown", &["postgres", &path(&data)]);
    let data = path(&data);
    let options = format!(
        "-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories='' -c fsync=off"
    );
    let made = as_postgres(&format!(
        "initdb -D '{data}' -U forewarn -A trust -E UTF8 --locale=C.UTF-8 && \
         pg_ctl -D '{data}' -o \"{options}\" -l '{data}/log' -w start"
    ));
    if made { Ok(()) } else { Err(io::Error::other("PostgreSQL does not start")) }
}

fn start_redis(port: u16) -> io::Result<Child> {
    let port_text = port.to_string();
    let options = ["--port", &port_text, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
    let redis = Command::new("redis-server").args(options).stdout(Stdio::null()).spawn()?;
    wait_for(port)?;
    Ok(redis)
}

fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

fn wait_for(port: u16) -> io::Result<()> {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_mins(1) {
        if TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return Ok(());
        }
        sleep(Duration::from_millis(50));
    }
    Err(io::Error::other(format!("nobody listens on port {port}")))
}

fn pause(processes: &[u32], time: Duration) {
    signal("-STOP", processes);
    sleep(time);
    signal("-CONT", processes);
}

fn signal(name: &str, processes: &[u32]) {
    let numbers: Vec<String> = processes.iter().map(u32::to_string).collect();
    let numbers = numbers.iter().map(String::as_str);
    run("kill", &std::iter::once(name).chain(numbers).collect::<Vec<_>>());
}

fn parent_of(process: u32) -> Option<u32> {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name in parentheses may hold blanks; state and parent follow it.
    text.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}
