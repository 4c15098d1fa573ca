//! What the embedded backend does when its folder is not as it should be.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use engine::Millis;
use json::Payload;
use rusqlite::Connection;
use store::conformance::{batch, closed, created, event, events, id, opening, short, step};
use store::{
    Commit, EmbeddedOptions, EmbeddedStore, ExecutionQuery, HistoryPage, Listed, OpenError, PayloadTable,
    Status, Store, StoreError,
};
use tempfile::TempDir;

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder can be made")
}

fn open(path: &Path) -> Result<EmbeddedStore, OpenError> {
    EmbeddedStore::open(path, &EmbeddedOptions::default())
}

fn refused(path: &Path) -> OpenError {
    open(path).expect_err("the folder is refused")
}

/// What is in a folder.
fn content(path: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(path)
        .expect("readable")
        .map(|entry| entry.expect("readable"));
    entries
        .map(|entry| {
            (
                entry.file_name().to_string_lossy().into_owned(),
                fs::read(entry.path()).unwrap_or_default(),
            )
        })
        .collect()
}

/// Changes what is stored behind the store's back.
fn tamper(path: &Path, sql: &str) {
    let database = Connection::open(path.join("stepwell.db")).expect("it is there");
    assert!(database.execute(sql, []).expect("it fits the tables") > 0);
}

#[test]
fn a_second_server_is_told_who_uses_the_folder() {
    let folder = folder();
    let path = folder.path().join("data");
    let first = open(&path).expect("it opens");
    let process = std::process::id();
    let shown = path.display();
    assert_eq!(
        refused(&path).to_string(),
        format!(
            "another stepwell (process {process}) uses the data folder {shown}; stop it or give another --data"
        )
    );
    drop(first);
    open(&path).expect("it is free again");
}

/// So it is with a process that a killed server had just begun.
#[test]
fn a_folder_that_is_let_go_in_a_moment_is_waited_for() {
    let folder = folder();
    drop(open(folder.path()).expect("it opens"));
    let held = fs::File::open(folder.path()).expect("it is there");
    held.lock().expect("it is free");
    let lock = folder.path().join("lock");
    fs::remove_file(&lock).expect("it is there");
    std::thread::scope(|threads| {
        let opened = threads.spawn(|| open(folder.path()).map(drop));
        // Whoever opens a folder makes the file, and tries both right after.
        while !lock.exists() {
            std::thread::yield_now();
        }
        (0..1000).for_each(|_| std::thread::yield_now());
        drop(held);
        opened.join().expect("it ends").expect("it opens");
    });
}

#[test]
fn a_second_server_is_told_even_when_the_lock_file_is_gone() {
    let folder = folder();
    let first = open(folder.path()).expect("it opens");
    fs::remove_file(folder.path().join("lock")).expect("it is there");
    assert!(matches!(
        refused(folder.path()),
        OpenError::InUse { process: None, .. }
    ));
    assert!(matches!(findings(folder.path()), Err(OpenError::InUse { .. })));
    drop(first);
    open(folder.path()).expect("it is free again");
}

#[tokio::test]
async fn a_folder_that_was_moved_takes_no_commits_until_it_is_back() {
    let folder = folder();
    let (path, elsewhere) = (folder.path().join("data"), folder.path().join("elsewhere"));
    let store = open(&path).expect("it opens");
    store.commit(batch([opening(1)])).await.expect("it fits");
    fs::rename(&path, &elsewhere).expect("it can be moved");
    for number in [2, 3] {
        let error = store
            .commit(batch([opening(number)]))
            .await
            .expect_err("it is gone");
        assert!(
            error.may_pass() && error.to_string().contains("is gone"),
            "{error}"
        );
    }
    let another = open(&path).expect("its place is free");
    let error = store
        .commit(batch([opening(2)]))
        .await
        .expect_err("it is another");
    assert!(error.to_string().contains("was replaced"), "{error}");
    another.commit(batch([opening(7)])).await.expect("it fits");
    fs::rename(&path, folder.path().join("another")).expect("it can be moved");
    fs::rename(&elsewhere, &path).expect("it can be moved");
    store.commit(batch([opening(4)])).await.expect("it is back");
    fs::rename(&path, &elsewhere).expect("it can be moved");
    fs::rename(folder.path().join("another"), &path).expect("it can be moved");
    drop(store);
    another
        .commit(batch([opening(8)]))
        .await
        .expect("its log was left alone");
    drop(another);
    assert_eq!(list(&open(&elsewhere).expect("it opens")).await, [1, 4]);
    assert_eq!(list(&open(&path).expect("it opens")).await, [7, 8]);
}

#[tokio::test]
async fn a_log_that_was_removed_takes_no_commits_and_loses_none() {
    let folder = folder();
    let store = open(folder.path()).expect("it opens");
    store.commit(batch([opening(1)])).await.expect("it fits");
    fs::remove_file(folder.path().join("stepwell.db-wal")).expect("it is there");
    let error = store.commit(batch([opening(2)])).await.expect_err("it is gone");
    assert!(error.to_string().contains("stepwell.db-wal is gone"), "{error}");
    drop(store);
    assert_eq!(list(&open(folder.path()).expect("it opens")).await, [1]);
}

#[test]
fn a_lock_file_with_anything_in_it_keeps_nobody_from_opening() {
    let folder = folder();
    for content in [&b"\xff\xfe\x00"[..], b"", b"4711", &[b'x'; 9000]] {
        fs::write(folder.path().join("lock"), content).expect("writable");
        open(folder.path()).expect("it opens");
    }
}

#[test]
fn a_new_folder_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder();
    let path = folder.path().join("a/b/data");
    open(&path).expect("it opens");
    let mode = fs::metadata(path).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[test]
fn a_foreign_folder_is_left_as_it_is() {
    let folder = folder();
    fs::write(folder.path().join("thesis.txt"), "years of work").expect("writable");
    let before = content(folder.path());
    let error = refused(folder.path());
    assert_eq!(
        error.to_string(),
        format!(
            "{} is no data folder of stepwell and is not empty; give an empty or a new folder with --data",
            folder.path().display()
        )
    );
    assert_eq!(content(folder.path()), before);
}

#[test]
fn a_foreign_database_is_left_as_it_is() {
    let not_sqlite = |path: &Path| {
        fs::write(path, "not a database, but long enough to be one".repeat(99)).expect("writable")
    };
    let truncated = |path: &Path| fs::write(path, "SQLite format 3\0").expect("writable");
    let of_others = |path: &Path| {
        let database = Connection::open(path).expect("writable");
        database
            .execute_batch("CREATE TABLE meta (name, value); INSERT INTO meta VALUES ('format', 1)")
            .expect("writable");
    };
    for make in [&not_sqlite as &dyn Fn(&Path), &truncated, &of_others] {
        let folder = folder();
        make(&folder.path().join("stepwell.db"));
        let before = content(folder.path());
        assert!(matches!(refused(folder.path()), OpenError::Foreign(_)));
        assert_eq!(content(folder.path()), before);
    }
}

#[test]
fn another_format_is_refused() {
    let folder = folder();
    drop(open(folder.path()).expect("it opens"));
    tamper(folder.path(), "UPDATE meta SET value = 4 WHERE name = 'format'");
    assert_eq!(
        refused(folder.path()).to_string(),
        format!(
            "the data folder {} has format 4, and this stepwell knows formats up to 3; \
             use the stepwell that wrote it or a newer one",
            folder.path().display()
        )
    );
    tamper(folder.path(), "UPDATE meta SET value = 2 WHERE name = 'format'");
    assert_eq!(
        refused(folder.path()).to_string(),
        format!(
            "the data folder {} has format 2, and this stepwell reads format 3 only; \
             use the stepwell that wrote it, or give a new folder with --data",
            folder.path().display()
        )
    );
}

#[test]
fn what_is_no_folder_is_refused() {
    let folder = folder();
    let file = folder.path().join("file");
    fs::write(&file, "").expect("writable");
    for path in [file.clone(), file.join("data"), "/proc/self/data".into()] {
        let error = refused(&path);
        assert!(matches!(error, OpenError::Unusable { .. }), "{error}");
    }
}

#[test]
fn a_crash_before_the_tables_were_there_is_survived() {
    let folder = folder();
    fs::write(folder.path().join("lock"), "4711\n").expect("writable");
    fs::write(folder.path().join("stepwell.db"), "").expect("writable");
    open(folder.path()).expect("it opens");
}

fn padded(number: u64, bytes: usize) -> Commit {
    let payload = Payload::trusted(noise(number, bytes));
    let numbers = step(number, &[event(1, &payload)], &mut PayloadTable::default());
    Commit {
        created: Some(created(number)),
        closed: Some(closed(number, Status::Succeeded)),
        ..numbers
    }
}

/// Text that can't be packed well.
fn noise(seed: u64, bytes: usize) -> String {
    let mut state = seed.wrapping_add(1);
    let digit = || {
        state = state
            .wrapping_mul(0x5851_f42d_4c95_7f2d)
            .wrapping_add(0x1405_7b7e_f767_814f);
        char::from(b'!' + (state >> 58) as u8)
    };
    std::iter::repeat_with(digit).take(bytes).collect()
}

async fn list(store: &dyn Store) -> Vec<u64> {
    let of = Listed::Machine(store::conformance::MACHINE.into());
    let query = ExecutionQuery {
        of,
        status: None,
        after: None,
        limit: usize::MAX,
    };
    let found = store.executions(query).await.expect("readable");
    let mut numbers: Vec<u64> = found.iter().map(|summary| (summary.id.0 >> 8) - 10_000).collect();
    numbers.sort_unstable();
    numbers
}

#[tokio::test]
async fn a_full_disk_refuses_a_batch_and_damages_nothing() {
    let folder = folder();
    let options = EmbeddedOptions {
        database_bytes_max: Some(1 << 20),
        ..EmbeddedOptions::default()
    };
    let store = EmbeddedStore::open(folder.path(), &options).expect("it opens");
    let mut saved = Vec::new();
    for number in 0.. {
        match store
            .commit(batch([padded(number, 60_000), opening(1000 + number)]))
            .await
        {
            Ok(()) => saved.extend([number, 1000 + number]),
            Err(error) => {
                assert!(matches!(error, StoreError::DiskFull(_)), "{error}");
                break;
            }
        }
    }
    saved.sort_unstable();
    assert!(saved.len() > 10);
    assert_eq!(list(&store).await, saved);
    store
        .commit(batch([short(500, Status::Failed)]))
        .await
        .expect("there is room for a small one");
    saved.push(500);
    saved.sort_unstable();
    drop(store);

    let store = open(folder.path()).expect("it opens");
    assert_eq!(list(&store).await, saved);
    store
        .commit(batch([padded(501, 60_000)]))
        .await
        .expect("there is room again");
    let loaded = store.load(id(501)).await.expect("readable").expect("there");
    assert_eq!(loaded.events.len(), 1);
}

/// The real thing: `mount -t tmpfs -o size=8m tmpfs FOLDER` makes such a disk.
#[tokio::test]
#[ignore = "needs STORE_TEST_SMALL_DISK: an empty folder on a disk of a few megabytes"]
async fn a_disk_that_fills_up_damages_nothing() {
    let folder = std::env::var("STORE_TEST_SMALL_DISK").expect("it names a folder");
    let (data, ballast) = (
        Path::new(&folder).join("data"),
        Path::new(&folder).join("ballast"),
    );
    fs::write(&ballast, vec![1; 2 << 20]).expect("there is room");
    let options = EmbeddedOptions {
        checkpoint_bytes: 1 << 20,
        ..EmbeddedOptions::default()
    };
    let store = EmbeddedStore::open(&data, &options).expect("it opens");
    let (mut saved, mut refused) = (Vec::new(), 0);
    for number in 0..1000 {
        match store.commit(batch([padded(number, 60_000)])).await {
            Ok(()) => saved.push(number),
            Err(error) => {
                assert!(matches!(error, StoreError::DiskFull(_)), "{error}");
                refused += 1;
            }
        }
        assert!(refused == 0 || list(&store).await == saved);
    }
    assert!(refused > 0 && saved.len() > 10, "{} saved", saved.len());
    fs::remove_file(&ballast).expect("it is there");
    store
        .commit(batch([padded(5000, 60_000)]))
        .await
        .expect("there is room again");
    saved.push(5000);
    drop(store);

    let store = open(&data).expect("it opens");
    assert_eq!(list(&store).await, saved);
    for number in saved {
        assert!(store.load(id(number)).await.expect("readable").is_some());
    }
}

#[tokio::test]
async fn checkpoints_keep_the_log_short_while_others_read() {
    let folder = folder();
    let options = EmbeddedOptions {
        checkpoint_bytes: 200_000,
        ..EmbeddedOptions::default()
    };
    let store: Arc<dyn Store> = Arc::new(EmbeddedStore::open(folder.path(), &options).expect("it opens"));
    let stop = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let reader = std::thread::spawn({
        let (store, stop) = (store.clone(), stop.clone());
        move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .build()
                .expect("it can be made");
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                runtime.block_on(list(&*store));
            }
        }
    });
    for number in 0..200 {
        store
            .commit(batch([padded(number, 30_000)]))
            .await
            .expect("there is room");
    }
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    reader.join().expect("reading never fails");
    let log = fs::metadata(folder.path().join("stepwell.db-wal"))
        .expect("it is there")
        .len();
    assert!(log < 2_000_000, "{log}");
    assert_eq!(list(&*store).await, (0..200).collect::<Vec<_>>());
}

#[tokio::test]
async fn damage_is_reported_with_the_executions_name() {
    let flipped = "CAST(substr(bytes, 1, 20) || x'00ff' || substr(bytes, 23) AS BLOB)";
    let damages = [
        (
            format!(
                "UPDATE history SET bytes = {flipped} WHERE key >> 16 = {}",
                id(2).0
            ),
            "checksum",
        ),
        (
            "UPDATE history SET bytes = x''".to_owned(),
            "the events from 1 on: they end before 1 and not before 4",
        ),
        (
            "UPDATE history SET bytes = x'ff'".to_owned(),
            "unknown format 0xff",
        ),
        (
            "UPDATE payload SET bytes = substr(bytes, 1, 9)".to_owned(),
            "ends too early",
        ),
        (
            format!("DELETE FROM history WHERE key = {}", (id(2).0 << 16) | 1),
            "event 4 is where event 1 should be",
        ),
        ("DELETE FROM payload".to_owned(), "payload 0 is missing"),
        ("UPDATE history SET count = -1".to_owned(), "out of range"),
        (
            "UPDATE execution SET status = 77".to_owned(),
            "its status is unknown",
        ),
    ];
    for (sql, expected) in damages {
        let folder = folder();
        let large = Payload::trusted(format!("\"{}\"", "x".repeat(5000)));
        let next = step(2, &[event(4, &large)], &mut PayloadTable::default());
        let store = open(folder.path()).expect("it opens");
        store.commit(batch([opening(2)])).await.expect("it fits");
        store.commit(batch([next])).await.expect("it fits");
        drop(store);
        tamper(folder.path(), &sql);
        let store = open(folder.path()).expect("it opens");
        match store.load(id(2)).await {
            Err(StoreError::Corrupt { execution, what }) => {
                assert_eq!(execution, &*created(2).arn);
                assert!(what.contains(expected), "{sql}: {what}");
            }
            other => panic!("{sql}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_damaged_record_is_reported_with_the_executions_number() {
    let folder = folder();
    let store = open(folder.path()).expect("it opens");
    store.commit(batch([opening(2)])).await.expect("it fits");
    drop(store);
    tamper(folder.path(), "UPDATE execution SET created = x'0163'");
    let store = open(folder.path()).expect("it opens");
    let error = store.load(id(2)).await.expect_err("it is damaged");
    let expected = format!("the stored data of execution {} is damaged: ", id(2));
    assert!(error.to_string().starts_with(&expected), "{error}");
    let page = store
        .history(id(2), HistoryPage::forward(1, 9))
        .await
        .expect("its events are whole");
    assert_eq!(page, events(1..=3));
}

#[tokio::test]
async fn answers_survive_the_store_being_dropped() {
    let folder = folder();
    let store = open(folder.path()).expect("it opens");
    let answers: Vec<_> = (0..50)
        .map(|number| store.commit(batch([opening(number)])))
        .collect();
    drop(store);
    for answer in answers {
        assert_eq!(answer.await, Ok(()));
    }
    let store = open(folder.path()).expect("it opens");
    assert_eq!(list(&store).await.len(), 50);
    assert_eq!(
        store
            .summary(id(3))
            .await
            .expect("readable")
            .expect("there")
            .created
            .started,
        Millis(1_763_800_003_000)
    );
}

/// What a crash now would leave of the folder of an open store.
fn crashed(path: &Path) -> TempDir {
    let copy = folder();
    for (name, bytes) in content(path) {
        fs::write(copy.path().join(name), bytes).expect("writable");
    }
    copy
}

fn flip(path: &Path, bit: usize) {
    let mut bytes = fs::read(path).expect("readable");
    bytes[bit / 8] ^= 1 << (bit % 8);
    fs::write(path, bytes).expect("writable");
}

/// What a check finds.
fn findings(path: &Path) -> Result<Vec<String>, OpenError> {
    let mut findings = Vec::new();
    let checked = store::check(path, &mut |telling| {
        if let store::Telling::Finding(what) = telling {
            findings.push(what.to_owned());
        }
    })?;
    assert_eq!(checked.findings, findings.len());
    Ok(findings)
}

#[tokio::test]
async fn a_log_that_is_missing_is_noticed() {
    let folder = folder();
    let store = open(folder.path()).expect("it opens");
    store.commit(batch([opening(1)])).await.expect("it fits");
    let whole = crashed(folder.path());
    assert_eq!(list(&open(whole.path()).expect("it opens")).await, [1]);

    let crashed = crashed(folder.path());
    fs::remove_file(crashed.path().join("stepwell.db-wal")).expect("it is there");
    assert!(matches!(refused(crashed.path()), OpenError::LogMissing(_)));
    assert!(matches!(findings(crashed.path()), Err(OpenError::LogMissing(_))));
    fs::remove_file(crashed.path().join("lock")).expect("it is there");
    assert_eq!(
        list(&open(crashed.path()).expect("it opens")).await,
        [] as [u64; 0]
    );
}

#[tokio::test]
async fn a_flipped_bit_in_the_log_does_not_make_it_forget() {
    let folder = folder();
    let store = open(folder.path()).expect("it opens");
    for number in 0..20 {
        store.commit(batch([opening(number)])).await.expect("it fits");
    }
    let log = "stepwell.db-wal";
    let bytes = fs::metadata(folder.path().join(log)).expect("it is there").len();
    let bits = usize::try_from(bytes * 8).expect("small");
    for bit in (0..bits).step_by(bits / 97) {
        let crashed = crashed(folder.path());
        flip(&crashed.path().join(log), bit);
        match open(crashed.path()) {
            Err(OpenError::LogDamaged { .. }) => {}
            // The last transactions may be what a crash has cut short.
            Ok(store) => {
                let saved = list(&store).await.len();
                assert!(saved >= 17, "bit {bit} of {bits}: {saved} are left");
            }
            Err(error) => panic!("bit {bit}: {error}"),
        }
    }
}

#[tokio::test]
async fn a_log_that_a_crash_cut_short_is_no_damage() {
    let folder = folder();
    let store = open(folder.path()).expect("it opens");
    for number in 0..20 {
        store.commit(batch([opening(number)])).await.expect("it fits");
    }
    let log = fs::read(folder.path().join("stepwell.db-wal")).expect("readable");
    for length in (0..log.len()).step_by(log.len() / 31) {
        let crashed = crashed(folder.path());
        fs::write(crashed.path().join("stepwell.db-wal"), &log[..length]).expect("writable");
        open(crashed.path()).expect("it opens after any crash");
    }
}

#[tokio::test]
async fn a_database_that_is_cut_short_is_noticed() {
    let folder = folder();
    let store = open(folder.path()).expect("it opens");
    store.commit(batch([padded(1, 60_000)])).await.expect("it fits");
    drop(store);
    let database = fs::File::options()
        .write(true)
        .open(folder.path().join("stepwell.db"))
        .expect("it is there");
    let length = database.metadata().expect("readable").len();
    database.set_len(length - 4096).expect("writable");
    assert!(matches!(refused(folder.path()), OpenError::Truncated(_)));
}

#[tokio::test]
async fn flipped_bits_are_never_passed_on() {
    let original = folder();
    let store = open(original.path()).expect("it opens");
    let large = Payload::trusted(noise(7, 9000));
    let mut with_payload = step(9, &[event(1, &large)], &mut PayloadTable::default());
    with_payload.created = Some(created(9));
    with_payload.closed = Some(closed(9, Status::Failed));
    store.commit(batch([with_payload])).await.expect("it fits");
    for number in 0..9 {
        store
            .commit(batch([short(number, Status::Succeeded)]))
            .await
            .expect("it fits");
    }
    store.commit(batch([opening(10)])).await.expect("it fits");
    let mut expected = BTreeMap::new();
    for number in 0..=10 {
        let loaded = store.load(id(number)).await.expect("readable").expect("there");
        expected.insert(number, (loaded.summary, loaded.events));
    }
    let all = list(&store).await;
    drop(store);
    assert_eq!(findings(original.path()), Ok(Vec::new()));

    let database = "stepwell.db";
    let bytes = fs::metadata(original.path().join(database))
        .expect("it is there")
        .len();
    let bits = usize::try_from(bytes * 8).expect("small");
    let (mut damaged, mut noticed) = (0, 0);
    for bit in (0..bits).step_by(bits / 499) {
        let copy = crashed(original.path());
        flip(&copy.path().join(database), bit);
        let findings = findings(copy.path());
        let is_found = findings.as_ref().is_ok_and(|findings| !findings.is_empty());
        let Ok(store) = open(copy.path()) else {
            damaged += 1;
            continue;
        };
        for (number, (summary, events)) in &expected {
            match store.load(id(*number)).await {
                Ok(Some(loaded)) => {
                    assert_eq!((&loaded.summary, &loaded.events), (summary, events), "bit {bit}");
                }
                _ => assert!(is_found, "bit {bit}: {findings:?}"),
            }
            match store.find(&summary.created.arn).await {
                Ok(Some(found)) => assert_eq!(found, id(*number), "bit {bit}"),
                _ => assert!(is_found, "bit {bit}: {findings:?}"),
            }
        }
        let of = Listed::Machine(store::conformance::MACHINE.into());
        let query = ExecutionQuery {
            of,
            status: None,
            after: None,
            limit: usize::MAX,
        };
        match store.executions(query).await {
            Ok(listed) if listed.len() == all.len() => {
                // How many events there are is not told in lists.
                for summary in listed {
                    let (known, _) = &expected[&((summary.id.0 >> 8) - 10_000)];
                    let events = known.events;
                    assert_eq!(store::Summary { events, ..summary }, *known, "bit {bit}");
                }
            }
            _ => assert!(is_found, "bit {bit}: {findings:?}"),
        }
        noticed += usize::from(is_found);
    }
    assert!(
        damaged + noticed > 50,
        "{damaged} could not be opened, {noticed} were found"
    );
}

#[tokio::test]
async fn a_damaged_record_of_the_catalogue_leaves_the_others() {
    let folder = folder();
    let store = open(folder.path()).expect("it opens");
    let activity = |name: &str| store::Activity {
        arn: name.into(),
        name: name.into(),
        created: Millis(1),
        encryption: None,
        tags: Vec::new(),
    };
    let put = |name: &str| store::CatalogChange::PutActivity(activity(name));
    let catalog = vec![put("a"), put("b"), put("c")];
    let changes = store::Batch {
        catalog,
        ..store::Batch::default()
    };
    store.commit(changes).await.expect("it fits");
    drop(store);
    tamper(
        folder.path(),
        "UPDATE activity SET record = replace(record, '\"created\":1', '\"created\":2') WHERE arn = 'b'",
    );
    let found = findings(folder.path()).expect("it can be looked at");
    assert_eq!(
        found,
        ["activity: the stored data of b is damaged: the checksum of its record is wrong"]
    );
    let store = open(folder.path()).expect("it opens");
    let error = store.activity("b").await.expect_err("it is damaged");
    assert!(matches!(error, StoreError::CorruptRecord { .. }), "{error}");
    let others = store.activities(None, 2).await.expect("readable");
    assert_eq!(others, [activity("a"), activity("c")]);
}

#[tokio::test]
async fn an_open_execution_with_a_damaged_row_is_taken_up() {
    let folder = folder();
    let store = open(folder.path()).expect("it opens");
    store
        .commit(batch([opening(1), opening(2)]))
        .await
        .expect("it fits");
    drop(store);
    tamper(
        folder.path(),
        &format!("UPDATE open SET due = 77, wake = 0 WHERE id = {}", id(1).0),
    );
    let store = open(folder.path()).expect("it opens");
    let row = store::OpenRow {
        due: None,
        wake: true,
    };
    let rows = store.open(None, 9).await.expect("readable");
    assert_eq!(rows, [(id(1), row), (id(2), row)]);
}
