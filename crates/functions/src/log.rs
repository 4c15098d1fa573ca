//! What a worker prints: the last of it in memory, and every line on its way to `tracing`.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::sync::{mpsc, oneshot};

/// How much of a worker's output is kept.
const KEPT_BYTES_MAX: usize = 64 * 1024;
/// Where a line is cut in two.
const LINE_BYTES_MAX: usize = 8 * 1024;
/// How much of one call's output goes to `tracing`, so that a flood doesn't drown everybody else's lines.
const TRACED_BYTES_MAX: usize = 1024 * 1024;
/// How much of a call's output its outcome carries, as AWS's `LogResult` does.
const TAIL_BYTES_MAX: usize = 4 * 1024;
/// How long a call waits for the rest of its output to be read.
const SETTLE: Duration = Duration::from_millis(100);

/// One worker's output.
pub(crate) struct Log {
    function: String,
    worker: String,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    kept: VecDeque<u8>,
    /// Bytes of the present call, or since the last one.
    written: usize,
    request_id: String,
    execution_arn: Option<String>,
    pid: Option<u32>,
    ended: bool,
}

/// What one worker printed last.
#[derive(Debug, Clone)]
pub struct WorkerLog {
    /// The worker's name: its log stream, as the function sees it in `AWS_LAMBDA_LOG_STREAM_NAME`.
    pub worker: String,
    /// The id of the worker's process, while it lives.
    pub pid: Option<u32>,
    /// The last 64 KiB of standard output and standard error, line by line.
    pub text: String,
}

impl Log {
    pub(crate) fn new(function: &str, worker: &str) -> Self {
        Self {
            function: function.to_owned(),
            worker: worker.to_owned(),
            state: Mutex::default(),
        }
    }

    pub(crate) fn started(&self, pid: Option<u32>) {
        self.state().pid = pid;
    }

    pub(crate) fn ended(&self) {
        let mut state = self.state();
        state.pid = None;
        state.ended = true;
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.state().ended
    }

    /// From here on, lines belong to this call.
    pub(crate) fn begin(&self, request_id: &str, execution_arn: Option<&str>) {
        let mut state = self.state();
        state.written = 0;
        request_id.clone_into(&mut state.request_id);
        state.execution_arn = execution_arn.map(str::to_owned);
    }

    /// A line of the host's own, which stands between the function's.
    pub(crate) fn note(&self, line: &str) {
        self.state().keep(line.as_bytes());
    }

    /// The end of what the present call printed.
    pub(crate) fn tail(&self) -> String {
        let state = self.state();
        let len = state.kept.len().min(state.written).min(TAIL_BYTES_MAX);
        text_of(&state.kept, len)
    }

    pub(crate) fn snapshot(&self) -> WorkerLog {
        let state = self.state();
        WorkerLog {
            worker: self.worker.clone(),
            pid: state.pid,
            text: text_of(&state.kept, state.kept.len()),
        }
    }

    fn line(&self, line: &[u8], stream: &'static str) {
        let mut state = self.state();
        let before = state.written;
        state.keep(line);
        if before >= TRACED_BYTES_MAX {
            return;
        }
        let message = if state.written >= TRACED_BYTES_MAX {
            "further output of this call is not logged".into()
        } else {
            String::from_utf8_lossy(line)
        };
        tracing::info!(
            target: "stepwell::functions",
            function = self.function,
            worker = self.worker,
            request_id = state.request_id,
            execution_arn = state.execution_arn,
            stream,
            "{message}"
        );
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn keep(&mut self, line: &[u8]) {
        let len = line.len() + 1;
        let surplus = (self.kept.len() + len)
            .saturating_sub(KEPT_BYTES_MAX)
            .min(self.kept.len());
        self.kept.drain(..surplus);
        self.kept.extend(line);
        self.kept.push_back(b'\n');
        self.written = self.written.saturating_add(len);
    }
}

fn text_of(kept: &VecDeque<u8>, len: usize) -> String {
    let bytes: Vec<u8> = kept.iter().skip(kept.len() - len).copied().collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Asks the task that follows a stream to say when it has read all there is.
pub(crate) struct Follower(mpsc::Sender<oneshot::Sender<()>>);

impl Follower {
    /// Waits until everything printed so far is in the log, or a moment at most: a stream may never pause.
    pub(crate) async fn settle(&self) {
        let (done, settled) = oneshot::channel();
        if self.0.try_send(done).is_ok() {
            let _ = tokio::time::timeout(SETTLE, settled).await;
        }
    }
}

/// Makes the follower of a stream, and the work that reads the stream until its end.
pub(crate) fn follow(
    stream: impl AsyncRead + Unpin + Send + 'static,
    name: &'static str,
    log: Arc<Log>,
) -> (Follower, impl Future<Output = ()> + Send + 'static) {
    let (ask, asked) = mpsc::channel(1);
    (Follower(ask), read_lines(stream, name, log, asked))
}

async fn read_lines(
    mut stream: impl AsyncRead + Unpin,
    name: &'static str,
    log: Arc<Log>,
    mut asked: mpsc::Receiver<oneshot::Sender<()>>,
) {
    let mut chunk = vec![0; LINE_BYTES_MAX];
    let mut line = Vec::new();
    loop {
        tokio::select! {
            biased;
            read = stream.read(&mut chunk) => match read {
                Ok(0) | Err(_) => break,
                Ok(len) => take_lines(&chunk[..len], &mut line, |line| log.line(line, name)),
            },
            Some(done) = asked.recv() => {
                if !line.is_empty() {
                    log.line(&line, name);
                    line.clear();
                }
                let _ = done.send(());
            }
        }
    }
    if !line.is_empty() {
        log.line(&line, name);
    }
}

/// Emits the whole lines of `open` followed by `chunk`, and leaves the rest in `open`.
fn take_lines(chunk: &[u8], open: &mut Vec<u8>, mut emit: impl FnMut(&[u8])) {
    for part in chunk.split_inclusive(|byte| *byte == b'\n') {
        let (text, ends) = match part {
            [text @ .., b'\r', b'\n'] | [text @ .., b'\n'] => (text, true),
            text => (text, false),
        };
        open.extend_from_slice(text);
        if ends || open.len() >= LINE_BYTES_MAX {
            emit(open);
            open.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_put_together_across_chunks() {
        let (mut open, mut lines) = (Vec::new(), Vec::new());
        for chunk in ["one\ntw", "o\r\n\nthr", "ee"] {
            take_lines(chunk.as_bytes(), &mut open, |line| {
                lines.push(String::from_utf8_lossy(line).into_owned());
            });
        }
        assert_eq!(lines, ["one", "two", ""]);
        assert_eq!(open, b"three");
    }

    #[test]
    fn a_line_without_end_is_cut() {
        let (mut open, mut longest) = (Vec::new(), 0);
        for _ in 0..1000 {
            take_lines(&[b'x'; 1000], &mut open, |line| longest = longest.max(line.len()));
        }
        assert!(longest < LINE_BYTES_MAX + 1000);
        assert!(open.len() < LINE_BYTES_MAX);
    }

    #[test]
    fn only_the_end_is_kept() {
        let log = Log::new("f", "w");
        log.line(b"before", "stdout");
        log.begin("r", None);
        log.line(b"during", "stdout");
        assert_eq!(log.tail(), "during\n");
        for number in 0..100_000 {
            log.line(format!("line {number}").as_bytes(), "stdout");
        }
        assert!(log.snapshot().text.len() <= KEPT_BYTES_MAX);
        assert!(log.snapshot().text.ends_with("line 99998\nline 99999\n"));
        assert_eq!(log.tail().len(), TAIL_BYTES_MAX);
    }
}
