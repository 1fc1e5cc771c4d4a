//! What AWS would have forgotten goes from the store: executions 90 days after their end, and after 14 days what is
//! needed to redrive one.

use std::sync::Arc;
use std::time::Duration;

use faastlane_store::{Expired, Expiry, Millis, Store};

const DAY: Millis = 24 * 60 * 60 * 1_000;
/// How often old executions are looked for.
const EVERY: Duration = Duration::from_secs(3_600);
/// How many go at a time: other writers wait meanwhile.
const AT_A_TIME: usize = 500;

/// Removes what is old, once an hour, for ever.
pub(crate) async fn expire(store: Arc<Store>, now: fn() -> Millis) {
    loop {
        tokio::time::sleep(EVERY).await;
        loop {
            let (store, at) = (Arc::clone(&store), now());
            let expiry = Expiry {
                executions_before: at - 90 * DAY,
                journals_before: at - 14 * DAY,
                revisions_before: at - DAY,
                limit: AT_A_TIME,
            };
            // What cannot be removed now is removed an hour later.
            match tokio::task::spawn_blocking(move || store.expire(expiry)).await {
                Ok(Ok(Expired { executions, journals, .. })) if executions + journals > 0 => {}
                _ => break,
            }
        }
    }
}
