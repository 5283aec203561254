//! Lives of a server: it is killed, told to end, and started again on the same data directory.

use std::process::ExitStatus;
use std::time::{Duration, Instant};

use super::launch::{launch, variable};
use super::{DEADLINE, TestApp};

impl TestApp {
    /// As the kernel would under memory pressure: no goodbye.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Sets `section.key` for the next process.
    pub(crate) fn set(&mut self, key: &str, value: impl ToString) {
        self.env.push((variable(key), value.to_string()));
    }

    /// The same data directory under a new process.
    pub(crate) fn restart(&mut self) {
        let (child, url) = launch(&self.data, &self.env);
        (self.child, self.url) = (child, url);
    }

    /// Sends SIGTERM and waits for the end.
    pub(crate) fn terminate(&mut self) -> ExitStatus {
        self.ask_to_end();
        self.wait_for_exit()
    }

    /// Sends SIGTERM.
    pub(crate) fn ask_to_end(&self) {
        let pid = rustix::process::Pid::from_raw(self.pid() as i32).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    }

    pub(crate) fn wait_for_exit(&mut self) -> ExitStatus {
        let until = Instant::now() + DEADLINE;
        while Instant::now() < until {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("the server did not end in time");
    }
}
