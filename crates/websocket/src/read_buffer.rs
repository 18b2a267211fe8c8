//! The buffer that all connections of a thread read into, one after another.

use std::cell::Cell;

/// As much as one read takes in at once.
pub(crate) const READ_BYTES: usize = 64 * 1024;

thread_local! {
    static BUFFER: Cell<Option<Box<[u8]>>> = const { Cell::new(None) };
}

/// Lends the thread's buffer to `use_it`. Should `use_it` come here again, it gets another.
pub(crate) fn with<R>(use_it: impl FnOnce(&mut [u8]) -> R) -> R {
    BUFFER.with(|cell| {
        let mut buffer = cell
            .take()
            .unwrap_or_else(|| vec![0; READ_BYTES].into_boxed_slice());
        let result = use_it(&mut buffer);
        cell.set(Some(buffer));
        result
    })
}
