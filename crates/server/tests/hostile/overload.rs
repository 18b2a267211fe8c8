//! More to do than the processor can: who is here goes on, who is not is asked to come later.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::json;
use tidings_domain::limits::STANDING_DELAY_MAX_US;

use crate::hall::Hall;

/// So long a task keeps the processor at a time: more than the standing delay that is allowed.
const BLOCKS: Duration = Duration::from_micros(STANDING_DELAY_MAX_US + 100_000);

/// Keeps the test's one thread, which is the server's too, from everything else nearly all the time.
fn block_the_processor() -> Arc<AtomicBool> {
    let goes_on = Arc::new(AtomicBool::new(true));
    let flag = goes_on.clone();
    tokio::spawn(async move {
        while flag.load(Ordering::Relaxed) {
            std::thread::park_timeout(BLOCKS);
            tokio::task::yield_now().await;
        }
    });
    goes_on
}

#[tokio::test]
async fn newcomers_are_told_when_to_come_again_while_others_go_on() {
    let mut hall = Hall::open().await;
    let strain = hall.world.app.strain.clone();
    let blocks = block_the_processor();
    while strain.standing_us() <= STANDING_DELAY_MAX_US {
        tokio::task::yield_now().await;
    }

    let sign_up = json!({"display_name": "Zoe"});
    let nobody = hall.world.nobody();
    let refused = nobody.post("/v1/guests", sign_up.clone()).await;
    let retry_after_s: u64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=4).contains(&retry_after_s));
    assert!(refused.body["retry_after_ms"].as_u64().unwrap() >= 1_000);
    refused.refused(503, "overloaded");
    hall.goes_on().await;

    blocks.store(false, Ordering::Relaxed);
    while strain.standing_us() > STANDING_DELAY_MAX_US {
        tokio::task::yield_now().await;
    }
    nobody.post("/v1/guests", sign_up).await.ok(201);
    assert_eq!(strain.shed(), 1);
    let page = tidings_server::metrics::render(&hall.world.app);
    assert!(page.contains("\ntidings_shed_total 1\n"), "{page}");
}
