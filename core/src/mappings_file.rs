//! The operator's mappings in a file, read again when it changes.
//!
//! A thread of its own reads it, and looks twice a second whether another file is there: editors replace
//! files, and Kubernetes turns a symbolic link. A file that cannot be read changes nothing.

use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, LazyLock, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::{Duration, SystemTime};

use tokio::sync::watch;

use crate::profile::Mappings;
use crate::profile::mapping::{Live, MAX_FILE_SIZE};
use crate::shared::{Registry, known_models, trust_names};
use crate::tenant::Fingerprint;

/// How often the file is looked at.
const LOOK: Duration = Duration::from_millis(500);
/// How long a file must have been the same before it is read: it may still be written.
const SETTLED: Duration = Duration::from_millis(50);
/// Most files that are kept though nobody uses them.
const MOST: usize = 16;
/// How long the event loop waits for a file that has not been read yet.
pub(crate) const AT_ONCE: Duration = Duration::from_millis(20);
/// Most messages that wait for someone to tell them to.
const MOST_MESSAGES: usize = 100;

/// A file of mappings.
#[derive(Debug)]
pub struct MappingsFile {
    path: PathBuf,
    live: Live,
    loaded: (watch::Sender<bool>, Mutex<bool>, Condvar),
    messages: Mutex<Vec<String>>,
    /// What was wrong with it when it was last read.
    problems: Mutex<Vec<String>>,
}

/// What a file is recognised by.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stamp {
    modified: Option<SystemTime>,
    length: u64,
    number: (u64, u64),
}

impl MappingsFile {
    /// The file of this path, which a thread begins to read.
    pub fn open(path: &str) -> Arc<Self> {
        static FILES: LazyLock<Registry<Arc<MappingsFile>>> = LazyLock::new(|| Registry::new(MOST));
        let make = || Ok::<_, std::convert::Infallible>((Self::start(path), Some(1)));
        match FILES.get_or_make(Fingerprint::of(&path), make) {
            Ok(file) => Arc::clone(&file),
            Err(never) => match never {},
        }
    }

    fn start(path: &str) -> Arc<Self> {
        let file = Arc::new(Self {
            path: PathBuf::from(path),
            live: Live::default(),
            loaded: (watch::channel(false).0, Mutex::new(false), Condvar::new()),
            messages: Mutex::default(),
            problems: Mutex::default(),
        });
        let weak = Arc::downgrade(&file);
        let watching = thread::Builder::new()
            .name("bedrock-mappings".to_owned())
            .spawn(move || watch_file(&weak));
        if let Err(error) = watching {
            file.tell(format!("no thread could be started to read it: {error}."));
            file.has_loaded();
        }
        file
    }

    /// How often it was read.
    pub fn changes(&self) -> u64 {
        self.live.changes()
    }

    /// The mappings, as they are now and will be.
    pub fn live(&self) -> Live {
        self.live.clone()
    }

    /// Waits until it has been read once.
    pub async fn loaded(&self) {
        let mut loaded = self.loaded.0.subscribe();
        // Its sender lives as long as this.
        let _ = loaded.wait_for(|loaded| *loaded).await;
    }

    /// The same, for so long at most.
    pub fn loaded_within(&self, at_most: Duration) {
        let loaded = self.loaded.1.lock().unwrap_or_else(PoisonError::into_inner);
        // What is not read by then is not known yet.
        let _ = self.loaded.2.wait_timeout_while(loaded, at_most, |loaded| !*loaded);
    }

    /// Whether it has been read once.
    pub fn is_loaded(&self) -> bool {
        *self.loaded.0.borrow()
    }

    /// What the operator should know, once.
    pub fn take_messages(&self) -> Vec<String> {
        std::mem::take(&mut *self.messages())
    }

    /// What was wrong with it when it was last read.
    pub fn problems(&self) -> Vec<String> {
        self.problems.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn messages(&self) -> MutexGuard<'_, Vec<String>> {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, what: String) {
        let mut messages = self.messages();
        if messages.len() < MOST_MESSAGES {
            messages.push(what);
        }
    }

    fn has_loaded(&self) {
        *self.loaded.1.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.loaded.2.notify_all();
        self.loaded.0.send_replace(true);
    }

    /// Reads the file; what is wrong is told, and the last good mappings go on holding.
    fn read(&self) {
        let mut problems = self.read_now();
        for problem in &problems {
            self.tell(problem.clone());
        }
        problems.truncate(MOST_MESSAGES);
        *self.problems.lock().unwrap_or_else(PoisonError::into_inner) = problems;
    }

    /// What is wrong with it.
    fn read_now(&self) -> Vec<String> {
        let kept = if self.is_loaded() { " What it said before goes on holding." } else { "" };
        let path = self.path.display().to_string();
        let text = match fs::metadata(&self.path) {
            Ok(data) if data.len() > MAX_FILE_SIZE as u64 => Err(format!(
                "has {} bytes; at most {MAX_FILE_SIZE} are read. None of its mappings is used.",
                data.len()
            )),
            _ => fs::read(&self.path)
                .map_err(|error| format!("cannot be read: {error}."))
                .and_then(|bytes| {
                    String::from_utf8(bytes).map_err(|error| not_utf8(error.as_bytes(), &error))
                }),
        };
        let text = match text {
            Ok(text) => text,
            Err(wrong) => return vec![format!("The mappings file {path} {wrong}{kept}")],
        };
        match Mappings::read_file(&path, &text, &known_models) {
            Ok((mut mappings, problems)) => {
                trust_names(&mut mappings);
                self.live.replace(mappings);
                problems.into_iter().map(|problem| problem.message).collect()
            }
            Err(wrong) => vec![format!("{wrong}{kept}")],
        }
    }
}

fn not_utf8(bytes: &[u8], error: &std::string::FromUtf8Error) -> String {
    let good = bytes.get(..error.utf8_error().valid_up_to()).unwrap_or_default();
    let line = good.split(|byte| *byte == b'\n').count();
    let start = good.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let column = String::from_utf8_lossy(good.get(start..).unwrap_or_default()).chars().count() + 1;
    format!("is no UTF-8 at line {line}, column {column}. None of its mappings is used.")
}

fn watch_file(weak: &Weak<MappingsFile>) {
    let mut seen: Option<Option<Stamp>> = None;
    loop {
        let Some(file) = weak.upgrade() else { return };
        let mut stamp = stamp(&file);
        if seen.as_ref() != Some(&stamp) {
            // A file that is being written, or is gone for the moment in which an editor replaces it.
            while seen.is_some() {
                thread::sleep(SETTLED);
                let now = self::stamp(&file);
                if now == stamp {
                    break;
                }
                stamp = now;
            }
            if seen.as_ref() != Some(&stamp) {
                file.read();
            }
            seen = Some(stamp);
            file.has_loaded();
        }
        drop(file);
        thread::sleep(LOOK);
    }
}

/// What the file is recognised by; `None` where it cannot be looked at.
fn stamp(file: &MappingsFile) -> Option<Stamp> {
    let data = fs::metadata(&file.path).ok()?;
    #[cfg(unix)]
    let number = {
        use std::os::unix::fs::MetadataExt;
        (data.dev(), data.ino())
    };
    #[cfg(not(unix))]
    let number = (0, 0);
    Some(Stamp { modified: data.modified().ok(), length: data.len(), number })
}
