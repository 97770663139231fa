//! Records that wait for JavaScript, and when it is woken for them.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Under load events gather for so long after a drain: at a hundred streams each wake-up would
/// carry two or three events and cost more than all of them. With the timer's whole milliseconds it is
/// half of one to one and a half; four of them cost as much CPU, and each event came 2 ms later.
const GATHER: Duration = Duration::from_micros(500);

/// Load is measured over times of this length.
const SPAN: Duration = Duration::from_millis(16);

/// So many records in a span are load: a thousand a second.
const LOAD: u32 = 16;

/// Records are kept in chunks of this size, which are used again.
pub const CHUNK: usize = 64 * 1024;

/// So many empty chunks are kept.
const SPARE: usize = 16;

/// Whether JavaScript knows of the records.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Waking {
    /// Nothing waits.
    #[default]
    Quiet,
    /// It will be woken when the time to gather is over.
    Timed,
    /// It has been woken and will drain.
    Woken,
}

/// What is to be done about JavaScript after records were added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wake {
    /// It will come.
    No,
    /// Wake it.
    Now,
    /// Wake it after this time; see [`Queue::gathered`].
    After(Duration),
}

/// Records that wait for JavaScript.
#[derive(Debug)]
pub struct Queue {
    chunks: VecDeque<Vec<u8>>,
    spare: Vec<Vec<u8>>,
    waking: Waking,
    drained: Instant,
    load: Load,
}

/// How many records come.
#[derive(Debug)]
struct Load {
    since: Instant,
    count: u32,
    high: bool,
}

impl Default for Queue {
    fn default() -> Self {
        let now = Instant::now();
        let load = Load { since: now, count: 0, high: false };
        let (chunks, spare, waking) = (VecDeque::new(), Vec::new(), Waking::Quiet);
        Self { chunks, spare, waking, drained: now, load }
    }
}

impl Queue {
    /// Adds `count` records; only events of streams are `patient`.
    pub fn add(&mut self, records: &[u8], count: u32, patient: bool) -> Wake {
        match self.chunks.back_mut() {
            Some(chunk) if chunk.len() + records.len() <= CHUNK => {
                chunk.extend_from_slice(records);
            }
            _ => {
                let mut chunk = self.spare.pop().unwrap_or_else(|| Vec::with_capacity(CHUNK));
                chunk.extend_from_slice(records);
                self.chunks.push_back(chunk);
            }
        }
        self.load.count = self.load.count.saturating_add(count);
        let wait = match self.waking {
            Waking::Woken => return Wake::No,
            Waking::Timed if patient => return Wake::No,
            Waking::Quiet if patient => self.patience(),
            _ => Duration::ZERO,
        };
        if wait.is_zero() {
            self.waking = Waking::Woken;
            Wake::Now
        } else {
            self.waking = Waking::Timed;
            Wake::After(wait)
        }
    }

    /// How long events may wait now. One that comes alone waits for nothing.
    fn patience(&mut self) -> Duration {
        let now = Instant::now();
        let span = now.duration_since(self.load.since);
        if span >= SPAN {
            let spans = span.as_millis() / SPAN.as_millis();
            self.load.high = u128::from(self.load.count) >= u128::from(LOAD) * spans;
            self.load.since = now;
            self.load.count = 0;
        }
        if self.load.high || self.load.count >= LOAD {
            GATHER.saturating_sub(now.duration_since(self.drained))
        } else {
            Duration::ZERO
        }
    }

    /// The time to gather is over: whether JavaScript is to be woken.
    pub fn gathered(&mut self) -> bool {
        let due = self.waking == Waking::Timed;
        if due {
            self.waking = Waking::Woken;
        }
        due
    }

    /// Moves whole records to the front of `into`, and says how many bytes they are: 0 where nothing
    /// waits, more than there is room for where nothing was moved.
    pub fn drain(&mut self, into: &mut [u8]) -> usize {
        let Some(mut chunk) = self.chunks.pop_front() else {
            self.waking = Waking::Quiet;
            self.drained = Instant::now();
            return 0;
        };
        let length = chunk.len();
        let Some(room) = into.get_mut(..length) else {
            self.chunks.push_front(chunk);
            return length;
        };
        room.copy_from_slice(&chunk);
        if chunk.capacity() == CHUNK && self.spare.len() < SPARE {
            chunk.clear();
            self.spare.push(chunk);
        }
        length
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_come_out_in_their_order_and_whole() {
        let mut queue = Queue::default();
        let records: Vec<Vec<u8>> =
            (0..100).map(|at| vec![at; 1000 * usize::from(at % 7 + 1)]).collect();
        for record in &records {
            queue.add(record, 1, true);
        }
        let mut into = vec![0; CHUNK];
        let mut all = Vec::new();
        loop {
            match queue.drain(&mut into) {
                0 => break,
                length => all.extend_from_slice(into.get(..length).unwrap_or_default()),
            }
        }
        assert_eq!(all, records.concat());
    }

    #[test]
    fn what_is_larger_than_the_room_waits_for_more_room() {
        let mut queue = Queue::default();
        queue.add(&vec![1; CHUNK + 4], 1, true);
        queue.add(&[2; 4], 1, true);
        let mut into = vec![0; CHUNK];
        assert_eq!(queue.drain(&mut into), CHUNK + 4);
        into.resize(CHUNK + 4, 0);
        assert_eq!(queue.drain(&mut into), CHUNK + 4);
        assert_eq!(queue.drain(&mut into), 4);
        assert_eq!(into.first(), Some(&2));
        assert_eq!(queue.drain(&mut into), 0);
    }

    #[test]
    fn javascript_is_woken_once() {
        let mut queue = Queue::default();
        assert_eq!(queue.add(&[0; 4], 1, true), Wake::Now);
        assert_eq!(queue.add(&[0; 4], 1, false), Wake::No);
        while queue.drain(&mut [0; 64]) > 0 {}
        assert_eq!(queue.add(&[0; 4], 1, false), Wake::Now);
    }

    #[test]
    fn under_load_events_gather_and_nothing_else_does() {
        let mut queue = Queue::default();
        queue.add(&[0; 4], LOAD, true);
        while queue.drain(&mut [0; 64]) > 0 {}
        assert!(matches!(queue.add(&[0; 4], 1, true), Wake::After(wait) if wait <= GATHER));
        assert_eq!(queue.add(&[0; 4], 1, true), Wake::No);
        assert_eq!(queue.add(&[0; 4], 1, false), Wake::Now);
        assert!(!queue.gathered());
    }

    #[test]
    fn the_time_to_gather_ends() {
        let mut queue = Queue::default();
        queue.add(&[0; 4], LOAD, true);
        while queue.drain(&mut [0; 64]) > 0 {}
        queue.add(&[0; 4], 1, true);
        assert!(queue.gathered());
        assert!(!queue.gathered());
    }
}
