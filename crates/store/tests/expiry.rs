//! Removing keeps up with what comes of age.

use engine::Millis;
use store::conformance::{batch, closed, short};
use store::{Commit, EmbeddedOptions, EmbeddedStore, NextExpiry, Status, Store};

#[tokio::test]
async fn slices_grow_with_how_far_removing_is_behind() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let store = EmbeddedStore::open(folder.path(), &EmbeddedOptions::default())?;
    let ended = closed(0, Status::Succeeded);
    let together = |number| Commit {
        closed: Some(ended),
        ..short(number, Status::Succeeded)
    };
    store.commit(batch((0..700).map(together))).await?;

    let mut removed = Vec::new();
    for behind in [1, 3_000, 10_000, 20_000, 60_000, 365 * 86_400_000] {
        let expired = store.expire(Millis(ended.stopped.0 + behind)).await?;
        removed.push((expired.executions, expired.next));
    }
    assert_eq!(
        removed,
        [
            (16, NextExpiry::More),
            (16, NextExpiry::More),
            (80, NextExpiry::More),
            (160, NextExpiry::More),
            (256, NextExpiry::More),
            (172, NextExpiry::Nothing),
        ]
    );
    Ok(())
}
