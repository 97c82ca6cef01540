//! Which item is worked on next.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How often a waiting driver looks whether the batch was stopped.
const LOOK: Duration = Duration::from_millis(50);

/// The longest that an item waits, in effect for ever: clocks do not hold all that a `Duration` can say.
const LONGEST: Duration = Duration::from_secs(1 << 32);

/// An item that is due: its place in the plan, and how often it was tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Due {
    pub(super) at: usize,
    pub(super) attempts: u32,
}

/// Items in the plan's order, and those that wait to be tried again.
#[derive(Debug)]
pub(super) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    next: usize,
    end: usize,
    later: Vec<(Instant, Due)>,
    /// Those that want all of the memory.
    alone: Vec<Due>,
}

impl Queue {
    pub(super) fn new(items: usize) -> Self {
        let state = State { next: 0, end: items, later: Vec::new(), alone: Vec::new() };
        Self { state: Mutex::new(state), changed: Condvar::new() }
    }

    /// Returns an item that is due, waiting for one if some are due later; `None` once there are
    /// no more, or `stopped`.
    pub(super) fn next(&self, stopped: impl Fn() -> bool) -> Option<Due> {
        let mut state = self.lock();
        loop {
            if stopped() {
                return None;
            }
            let now = Instant::now();
            let first = (0..state.later.len()).min_by_key(|&i| state.later[i].0);
            if let Some(i) = first.filter(|&i| state.later[i].0 <= now) {
                return Some(state.later.swap_remove(i).1);
            }
            if state.next < state.end {
                state.next += 1;
                return Some(Due { at: state.next - 1, attempts: 0 });
            }
            let wait = state.later[first?].0.duration_since(now).min(LOOK);
            let waited = self.changed.wait_timeout(state, wait);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Puts an item back, due after a while.
    pub(super) fn again(&self, due: Due, wait: Duration) {
        self.lock().later.push((Instant::now() + wait.min(LONGEST), due));
        self.changed.notify_one();
    }

    /// Puts an item aside that wants all of the memory.
    pub(super) fn alone(&self, due: Due) {
        self.lock().alone.push(due);
    }

    /// Takes the items that were put aside, in the plan's order, to be worked on.
    pub(super) fn take_alone(&self) -> Vec<Due> {
        let mut alone = std::mem::take(&mut self.lock().alone);
        alone.sort_by_key(|due| due.at);
        alone
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_come_in_order_and_late_ones_when_they_are_due() {
        let queue = Queue::new(2);
        let next = || queue.next(|| false).map(|due| (due.at, due.attempts));
        assert_eq!(next(), Some((0, 0)));
        queue.again(Due { at: 0, attempts: 1 }, Duration::from_millis(30));
        assert_eq!(next(), Some((1, 0)));
        let begun = Instant::now();
        assert_eq!(next(), Some((0, 1)));
        assert!(begun.elapsed() >= Duration::from_millis(20));
        assert_eq!(next(), None);
        queue.again(Due { at: 1, attempts: 1 }, Duration::MAX);
        assert!(queue.next(|| begun.elapsed() > Duration::from_millis(100)).is_none());
        for at in [1, 0] {
            queue.alone(Due { at, attempts: 0 });
        }
        let order: Vec<_> = queue.take_alone().iter().map(|due| due.at).collect();
        assert_eq!((order, queue.take_alone().len()), (vec![0, 1], 0));
    }
}
