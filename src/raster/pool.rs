//! Reused memory for samples: hot loops allocate nothing.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// Spare memory for samples. Clones share the same shelf.
///
/// Tile-sized allocations from many threads are slow with some allocators
/// (musl's takes one lock for all), so buffers come from here and go back when
/// dropped. A shelf keeps at most a set number of spare bytes: those that came last, so that
/// sizes that are no longer asked for make way.
#[derive(Debug, Clone)]
pub struct Pool(Arc<Shelf>);

#[derive(Debug)]
struct Shelf {
    spare: Mutex<Spare>,
    limit: usize,
}

#[derive(Debug, Default)]
struct Spare {
    /// The first came first.
    words: VecDeque<Vec<u64>>,
    bytes: usize,
}

impl Pool {
    /// Makes an empty pool that keeps at most `limit` spare bytes.
    pub fn new(limit: usize) -> Self {
        Self(Arc::new(Shelf { spare: Mutex::default(), limit }))
    }

    /// Lends `len` words (of 8 bytes). Their content is whatever was there before.
    pub fn take(&self, len: usize) -> Words {
        let mut spare = self.0.spare.lock().unwrap_or_else(PoisonError::into_inner);
        // Best fit, and never one so large that its waste would matter; of several the last,
        // which caches know best.
        let fit = (0..spare.words.len())
            .rev()
            .filter(|&i| (len..=len.saturating_mul(2)).contains(&spare.words[i].len()))
            .min_by_key(|&i| spare.words[i].len());
        let words = fit.and_then(|i| spare.words.remove(i));
        spare.bytes -= words.as_ref().map_or(0, |words| size_of_val(words.as_slice()));
        drop(spare);
        let words = words.unwrap_or_else(|| vec![0; len]);
        Words { words, len, home: Arc::downgrade(&self.0) }
    }
}

/// Memory lent by a [`Pool`], given back on drop.
pub struct Words {
    words: Vec<u64>,
    len: usize,
    home: Weak<Shelf>,
}

impl Words {
    /// Returns the words as samples or bytes: 8-byte aligned.
    pub fn as_slice<T: bytemuck::Pod>(&self) -> &[T] {
        bytemuck::cast_slice(&self.words[..self.len])
    }

    /// Returns the words as samples or bytes to write.
    pub fn as_mut_slice<T: bytemuck::Pod>(&mut self) -> &mut [T] {
        bytemuck::cast_slice_mut(&mut self.words[..self.len])
    }
}

impl fmt::Debug for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Words({} bytes)", self.len * 8)
    }
}

impl Drop for Words {
    fn drop(&mut self) {
        let Some(home) = self.home.upgrade() else { return };
        let words = std::mem::take(&mut self.words);
        if size_of_val(words.as_slice()) > home.limit {
            return;
        }
        let mut given_up = Vec::new();
        let mut spare = home.spare.lock().unwrap_or_else(PoisonError::into_inner);
        spare.bytes += size_of_val(words.as_slice());
        spare.words.push_back(words);
        while spare.bytes > home.limit
            && let Some(oldest) = spare.words.pop_front()
        {
            spare.bytes -= size_of_val(oldest.as_slice());
            given_up.push(oldest);
        }
        // Memory goes back to the system while others are served.
        drop(spare);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_comes_back_up_to_the_limit() {
        let pool = Pool::new(8 * 100);
        let first = pool.take(100);
        let address = first.as_slice::<u64>().as_ptr();
        drop(first);
        let again = pool.take(60);
        assert_eq!(again.as_slice::<u64>().as_ptr(), address);
        assert_eq!(again.as_slice::<u8>().len(), 480);
        drop((again, pool.take(100)));
        assert_eq!(pool.0.spare.lock().expect("not poisoned").bytes, 800);
        // The last one to come stays, whatever its size.
        let other = pool.take(10);
        let address = other.as_slice::<u64>().as_ptr();
        drop(other);
        assert_eq!(pool.0.spare.lock().expect("not poisoned").bytes, 80);
        assert_eq!(pool.take(10).as_slice::<u64>().as_ptr(), address);
        // One that is larger than all that may be kept makes no room.
        drop(pool.take(101));
        assert_eq!(pool.0.spare.lock().expect("not poisoned").bytes, 80);
    }
}
