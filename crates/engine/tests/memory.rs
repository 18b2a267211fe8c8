//! The reference adapter held to the ports' contract.

use tidings_engine::memory::Memory;
use tidings_engine::ports::Store;

async fn open() -> (Store, ()) {
    (Memory::default().ports(), ())
}

tidings_engine::conformance_tests!(crate::open);
