//! A file that the processes of a machine share.
//!
//! It is replaced as a whole, under a lock between processes: who is killed in the middle of a write leaves
//! the old file. Operations that come together are written together. A file that cannot be read is set
//! aside, and one of a newer version is left alone.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use tokio::sync::{broadcast, oneshot};

use super::memory::{after, whole};
use super::{Answer, FORMAT, Store, StoreChange, StoreError, StoreKey, Stored, newer_format};
use crate::profile::clock::Clock;

/// Most bytes of a file: what ends first leaves first.
const BYTES: usize = 16 * 1024 * 1024;
/// A file that is larger was not written by this.
const LARGEST: u64 = 64 * 1024 * 1024;
/// How long another process may hold the lock: two in a row take less than a write is waited for, so that it is
/// told.
const LOCKED: Duration = Duration::from_millis(750);
/// How often the lock is tried.
const TRY: Duration = Duration::from_millis(2);
/// How often the file is looked at for what others have changed.
const LOOK: Duration = Duration::from_millis(500);
/// How many changes a listener may be behind.
const CHANGES: usize = 1024;

/// A file as a store.
#[derive(Debug)]
pub struct FileStore {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    name: String,
    clock: Arc<dyn Clock>,
    /// The file as it was last read or written.
    content: Mutex<Content>,
    queue: Mutex<WriteQueue>,
    changes: broadcast::Sender<StoreChange>,
    notice: Mutex<Option<String>>,
    /// Whether what killed processes have left was taken away.
    tidied: AtomicBool,
}

#[derive(Debug, Default)]
struct Content {
    /// Which file that is.
    stamp: Option<Stamp>,
    entries: HashMap<String, Entry>,
}

#[derive(Debug, Default)]
struct WriteQueue {
    waiting: Vec<(FileOperation, oneshot::Sender<Result<FileOutcome, StoreError>>)>,
    /// Whether someone writes: it takes what comes meanwhile with it.
    writing: bool,
    watched: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    value: Arc<str>,
    /// Milliseconds since 1970.
    until: u64,
}

/// What a file is recognised by.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stamp {
    modified: Option<SystemTime>,
    length: u64,
    number: u64,
}

#[derive(Serialize)]
struct Written<'a> {
    format: u32,
    entries: &'a HashMap<String, Entry>,
}

#[derive(Deserialize)]
struct Format {
    format: u64,
}

#[derive(Deserialize)]
struct Read {
    entries: HashMap<String, Entry>,
}

#[derive(Debug)]
enum FileOperation {
    Put(String, Arc<str>, Duration),
    Remove(String),
    Add(StoreKey, i64, Duration),
    Lease(String, Arc<str>, Duration),
    Release(String, Arc<str>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FileOutcome {
    Done,
    Sum(i64),
    Leased(bool),
}

impl FileStore {
    /// The store in a file. Does no I/O.
    pub fn new(path: PathBuf, clock: Arc<dyn Clock>) -> Self {
        let inner = Inner {
            name: format!("file:{}", path.display()),
            path,
            clock,
            content: Mutex::default(),
            queue: Mutex::default(),
            changes: broadcast::channel(CHANGES).0,
            notice: Mutex::default(),
            tidied: AtomicBool::new(false),
        };
        Self { inner: Arc::new(inner) }
    }

    async fn write(&self, operation: FileOperation) -> Result<FileOutcome, StoreError> {
        let (sender, receiver) = oneshot::channel();
        let starts = {
            let mut queue = self.inner.queue();
            queue.waiting.push((operation, sender));
            !std::mem::replace(&mut queue.writing, true)
        };
        if starts {
            let inner = Arc::clone(&self.inner);
            tokio::task::spawn_blocking(move || inner.write_all());
        }
        let gone = |_| StoreError::new("writing it was broken off");
        receiver.await.map_err(gone)?
    }

    /// Starts to look for what others change.
    fn watch(&self) {
        if tokio::runtime::Handle::try_current().is_err()
            || std::mem::replace(&mut self.inner.queue().watched, true)
        {
            return;
        }
        let weak = Arc::downgrade(&self.inner);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(LOOK).await;
                let Some(inner) = weak.upgrade() else { return };
                // What is wrong with it is said by those who want something of it.
                let _ = tokio::task::spawn_blocking(move || inner.refresh().map(drop)).await;
            }
        });
    }
}

impl Inner {
    fn queue(&self) -> MutexGuard<'_, WriteQueue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The file as it is now.
    fn refresh(&self) -> Result<MutexGuard<'_, Content>, StoreError> {
        let mut content = self.content.lock().unwrap_or_else(PoisonError::into_inner);
        let stamp = stamp(&self.path).map_err(|error| self.unreadable(&error))?;
        if content.stamp == stamp {
            return Ok(content);
        }
        let entries = if stamp.is_some() { self.read()? } else { HashMap::new() };
        let before = std::mem::replace(&mut *content, Content { stamp, entries });
        if before.stamp.is_some() || !before.entries.is_empty() {
            self.tell(&before.entries, &content.entries);
        }
        Ok(content)
    }

    /// Reads the file; one that holds something else is set aside.
    fn read(&self) -> Result<HashMap<String, Entry>, StoreError> {
        let length = fs::metadata(&self.path).map_or(0, |data| data.len());
        let text = if length > LARGEST {
            Err("it is too large".to_owned())
        } else {
            let bytes = fs::read(&self.path).map_err(|error| self.unreadable(&error))?;
            String::from_utf8(bytes).map_err(|_| "it is no text".to_owned())
        };
        let wrong = match text {
            Ok(text) => match serde_json::from_str::<Format>(&text) {
                Ok(Format { format }) if format > u64::from(FORMAT) => {
                    return Err(newer_format(u32::try_from(format).ok()));
                }
                Ok(_) => match serde_json::from_str::<Read>(&text) {
                    Ok(Read { entries }) => return Ok(entries),
                    Err(error) => error.to_string(),
                },
                Err(error) => error.to_string(),
            },
            Err(wrong) => wrong,
        };
        let path = self.real_path();
        let mut aside = path.clone().into_os_string();
        aside.push(format!(".corrupt-{}", self.clock.now()));
        fs::rename(&path, &aside).map_err(|error| self.unreadable(&error))?;
        let message = format!(
            "The store {} was damaged ({wrong}): it was set aside as {} and a new one is begun.",
            self.name,
            Path::new(&aside).display()
        );
        *self.notice.lock().unwrap_or_else(PoisonError::into_inner) = Some(message);
        Ok(HashMap::new())
    }

    fn tell(&self, before: &HashMap<String, Entry>, now: &HashMap<String, Entry>) {
        let put = now.iter().filter(|(key, entry)| before.get(*key) != Some(entry));
        let gone = before.keys().filter(|key| !now.contains_key(*key));
        let put = put.filter_map(|(key, _)| StoreKey::parse(key).map(StoreChange::Put));
        let gone = gone.filter_map(|key| StoreKey::parse(key).map(StoreChange::Removed));
        for change in put.chain(gone) {
            // Nobody needs to listen.
            let _ = self.changes.send(change);
        }
    }

    /// Writes what waits, until nothing does.
    fn write_all(&self) {
        loop {
            let waiting = {
                let mut queue = self.queue();
                if queue.waiting.is_empty() {
                    queue.writing = false;
                    return;
                }
                std::mem::take(&mut queue.waiting)
            };
            let (operations, answers): (Vec<_>, Vec<_>) = waiting.into_iter().unzip();
            match self.write_these(operations) {
                Ok(outcomes) => {
                    for (answer, outcome) in answers.into_iter().zip(outcomes) {
                        // Who has not waited has it all the same.
                        let _ = answer.send(outcome);
                    }
                }
                Err(error) => {
                    for answer in answers {
                        let _ = answer.send(Err(error.clone()));
                    }
                }
            }
        }
    }

    fn write_these(
        &self,
        operations: Vec<FileOperation>,
    ) -> Result<Vec<Result<FileOutcome, StoreError>>, StoreError> {
        if let Some(folder) = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            make_folder(folder).map_err(|error| self.unwritable(&error))?;
        }
        let path = self.real_path();
        let lock = self.lock(&path)?;
        if !self.tidied.swap(true, Ordering::Relaxed) {
            tidy(&path);
        }
        let mut content = self.refresh()?;
        let now = self.clock.now();
        let mut entries = content.entries.clone();
        let outcomes: Vec<_> =
            operations.into_iter().map(|operation| apply(&mut entries, operation, now)).collect();
        if entries != content.entries {
            prune(&mut entries, now);
            let written = Written { format: FORMAT, entries: &entries };
            let text = serde_json::to_vec(&written)
                .map_err(|error| StoreError::new(format!("it cannot be written: {error}")))?;
            replace(&path, &text).map_err(|error| self.unwritable(&error))?;
            let stamp = stamp(&self.path).map_err(|error| self.unreadable(&error))?;
            *content = Content { stamp, entries };
        }
        drop(content);
        drop(lock);
        Ok(outcomes)
    }

    /// Where the file is that a symbolic link leads to: the link stays.
    fn real_path(&self) -> PathBuf {
        fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone())
    }

    /// The lock between processes; it ends with its file, also where the process is killed.
    fn lock(&self, path: &Path) -> Result<File, StoreError> {
        let mut path = path.to_path_buf().into_os_string();
        path.push(".lock");
        let file = private().create(true).truncate(false).write(true).open(&path);
        let file = file.map_err(|error| self.unwritable(&error))?;
        let until = std::time::Instant::now() + LOCKED;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::WouldBlock) if std::time::Instant::now() < until => {
                    std::thread::sleep(TRY);
                }
                Err(TryLockError::WouldBlock) => {
                    let path = Path::new(&path).display();
                    return Err(StoreError::new(format!("another process holds {path}")));
                }
                Err(TryLockError::Error(error)) => return Err(self.unwritable(&error)),
            }
        }
    }

    fn unreadable(&self, error: &io::Error) -> StoreError {
        StoreError::new(format!("{} cannot be read: {error}", self.path.display()))
    }

    fn unwritable(&self, error: &io::Error) -> StoreError {
        StoreError::new(format!(
            "{} cannot be written: {error}. Give the process a folder that it may write to",
            self.path.display()
        ))
    }
}

fn apply(
    entries: &mut HashMap<String, Entry>,
    operation: FileOperation,
    now: u64,
) -> Result<FileOutcome, StoreError> {
    let live = |entries: &HashMap<String, Entry>, key: &str| {
        entries.get(key).filter(|entry| entry.until > now).cloned()
    };
    match operation {
        FileOperation::Put(key, value, lasts) => {
            entries.insert(key, Entry { value, until: after(now, lasts) });
        }
        FileOperation::Remove(key) => {
            entries.remove(&key);
        }
        FileOperation::Add(key, amount, lasts) => {
            let before = live(entries, key.as_str());
            let (sum, until) = match before {
                Some(entry) => (whole(&key, &entry.value)?, entry.until),
                None => (0, after(now, lasts)),
            };
            let sum = sum.saturating_add(amount);
            let value = Arc::from(sum.to_string());
            entries.insert(key.as_str().to_owned(), Entry { value, until });
            return Ok(FileOutcome::Sum(sum));
        }
        FileOperation::Lease(key, holder, lasts) => {
            let taken = live(entries, &key).is_some_and(|entry| entry.value != holder);
            if !taken {
                entries.insert(key, Entry { value: holder, until: after(now, lasts) });
            }
            return Ok(FileOutcome::Leased(!taken));
        }
        FileOperation::Release(key, holder) => {
            if live(entries, &key).is_some_and(|entry| entry.value == holder) {
                entries.remove(&key);
            }
        }
    }
    Ok(FileOutcome::Done)
}

/// Takes out what is over, and what ends first where it is too much.
fn prune(entries: &mut HashMap<String, Entry>, now: u64) {
    entries.retain(|_, entry| entry.until > now);
    let size = |key: &str, entry: &Entry| key.len() + entry.value.len() + 64;
    let mut bytes: usize = entries.iter().map(|(key, entry)| size(key, entry)).sum();
    if bytes <= BYTES {
        return;
    }
    let mut by_end: Vec<(u64, String)> =
        entries.iter().map(|(key, entry)| (entry.until, key.clone())).collect();
    by_end.sort_unstable();
    for (_, key) in by_end {
        if bytes <= BYTES / 16 * 15 {
            return;
        }
        if let Some(entry) = entries.remove(&key) {
            bytes -= size(&key, &entry);
        }
    }
}

/// How the names of files end that are not written to their end.
const UNFINISHED: &str = ".tmp";

/// Puts a new file in the place of the old one.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut name = path.to_path_buf().into_os_string();
    name.push(format!(".{}-{:08x}{UNFINISHED}", std::process::id(), fastrand::u32(..)));
    let temporary = PathBuf::from(name);
    let written = (|| {
        let mut file = private().create_new(true).write(true).open(&temporary)?;
        file.write_all(bytes)?;
        drop(file);
        fs::rename(&temporary, path)
    })();
    if written.is_err() {
        // It may not even have been made.
        let _ = fs::remove_file(&temporary);
    }
    written
}

/// Takes away what processes that were killed in the middle of a write have left. Whoever does so holds the
/// lock: nobody else writes.
fn tidy(path: &Path) {
    let (Some(folder), Some(name)) =
        (path.parent(), path.file_name().and_then(|name| name.to_str()))
    else {
        return;
    };
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let left = entry.file_name().to_str().is_some_and(|left| {
            let middle = left.strip_prefix(name).and_then(|rest| rest.strip_suffix(UNFINISHED));
            middle.and_then(|middle| middle.strip_prefix('.')).is_some_and(|middle| {
                middle.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
            })
        });
        if left {
            // It hinders nobody where it stays.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Readable by nobody else.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// What a file is recognised by; `None` where there is none.
fn stamp(path: &Path) -> io::Result<Option<Stamp>> {
    let data = match fs::metadata(path) {
        Ok(data) => data,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    // A device or a pipe has no end, and nothing may be put in its place.
    if !data.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    #[cfg(unix)]
    let number = std::os::unix::fs::MetadataExt::ino(&data);
    #[cfg(not(unix))]
    let number = 0;
    Ok(Some(Stamp { modified: data.modified().ok(), length: data.len(), number }))
}

impl Store for FileStore {
    fn name(&self) -> &str {
        &self.inner.name
    }

    fn get<'a>(&'a self, key: &'a StoreKey) -> Answer<'a, Option<Stored>> {
        Box::pin(async move {
            self.watch();
            let (inner, key) = (Arc::clone(&self.inner), key.clone());
            let read = tokio::task::spawn_blocking(move || {
                let content = inner.refresh()?;
                let now = inner.clock.now();
                let entry = content.entries.get(key.as_str()).filter(|entry| entry.until > now);
                Ok(entry.map(|entry| Stored {
                    value: Arc::clone(&entry.value),
                    left: Duration::from_millis(entry.until - now),
                }))
            });
            read.await.map_err(|_| StoreError::new("reading it was broken off"))?
        })
    }

    fn put<'a>(&'a self, key: &'a StoreKey, value: &'a str, lasts: Duration) -> Answer<'a, ()> {
        let operation = FileOperation::Put(key.as_str().to_owned(), Arc::from(value), lasts);
        Box::pin(async move { self.write(operation).await.map(drop) })
    }

    fn remove<'a>(&'a self, key: &'a StoreKey) -> Answer<'a, ()> {
        let operation = FileOperation::Remove(key.as_str().to_owned());
        Box::pin(async move { self.write(operation).await.map(drop) })
    }

    fn add<'a>(&'a self, key: &'a StoreKey, amount: i64, lasts: Duration) -> Answer<'a, i64> {
        Box::pin(async move {
            match self.write(FileOperation::Add(key.clone(), amount, lasts)).await? {
                FileOutcome::Sum(sum) => Ok(sum),
                _ => Ok(amount),
            }
        })
    }

    fn lease<'a>(
        &'a self,
        key: &'a StoreKey,
        holder: &'a str,
        lasts: Duration,
    ) -> Answer<'a, bool> {
        let operation = FileOperation::Lease(key.as_str().to_owned(), Arc::from(holder), lasts);
        Box::pin(async move { Ok(self.write(operation).await? == FileOutcome::Leased(true)) })
    }

    fn release<'a>(&'a self, key: &'a StoreKey, holder: &'a str) -> Answer<'a, ()> {
        let operation = FileOperation::Release(key.as_str().to_owned(), Arc::from(holder));
        Box::pin(async move { self.write(operation).await.map(drop) })
    }

    fn changes(&self) -> Option<broadcast::Receiver<StoreChange>> {
        Some(self.inner.changes.subscribe())
    }

    fn take_notice(&self) -> Option<String> {
        self.inner.notice.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
