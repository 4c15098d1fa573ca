//! Panics: one in a task would go unnoticed, and is a finding.

use std::cell::RefCell;
use std::panic;
use std::sync::Once;

thread_local! {
    static LAST: RefCell<Option<String>> = const { RefCell::new(None) };
}

static WATCH: Once = Once::new();

/// Notes every panic of the thread it happens in, from now on.
pub(crate) fn watch() {
    WATCH.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            LAST.with_borrow_mut(|last| *last = Some(info.to_string()));
            before(info);
        }));
    });
}

/// The last panic of this thread that nobody has asked for.
pub(crate) fn take() -> Option<String> {
    LAST.with_borrow_mut(Option::take)
}
