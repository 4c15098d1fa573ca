//! The suite that every backend passes.
//!
//! A backend's tests implement [`Place`] and name it to [`conformance_tests`](crate::conformance_tests),
//! which makes a test of every case here.

#[expect(missing_docs, reason = "the names are statements")]
mod catalogue;
#[expect(missing_docs, reason = "the names are statements")]
mod executions;
#[expect(missing_docs, reason = "the names are statements")]
mod expiry;
#[expect(missing_docs, reason = "the names are statements")]
mod lists;
#[expect(missing_docs, reason = "the names are statements")]
mod map_runs;
#[expect(missing_docs, reason = "the names are statements")]
mod open;
mod samples;

use std::sync::Arc;

use crate::store::Store;

pub use catalogue::*;
pub use executions::*;
pub use expiry::*;
pub use lists::*;
pub use map_runs::*;
pub use open::*;
pub use samples::*;

/// Where a backend keeps its data during one test.
pub trait Place {
    /// A new, empty one.
    fn new() -> Self;

    /// Opens the store that is there. The one opened before has been dropped.
    fn open(&self) -> Arc<dyn Store>;
}

/// Makes a test of every case for a [`Place`](crate::conformance::Place). Needs tokio's `macros` and `rt`.
#[macro_export]
macro_rules! conformance_tests {
    ($place:ty) => {
        $crate::conformance_tests! { $place:
            committed_executions_are_there_after_reopening
            unknown_things_are_not_found
            histories_are_paged_both_ways
            long_histories_are_paged_and_loaded
            silent_events_come_with_the_event_whose_number_they_have
            events_that_are_all_silent_are_kept
            lists_have_the_newest_first
            lists_are_filtered_by_status
            lists_of_versions_aliases_and_map_runs_are_their_own
            pages_hold_while_executions_arrive
            large_payloads_are_stored_once
            a_batch_that_contradicts_is_refused_whole
            an_execution_closed_in_its_first_commit_was_never_open
            open_executions_are_scanned_in_pages
            a_redriven_execution_is_open_again
            commits_of_one_execution_are_joined
            batches_are_saved_in_order_without_waiting
            batches_can_be_saved_again
            express_starts_are_pending_until_they_finish
            the_latest_id_is_known
            ids_that_are_never_saved_are_refused_and_not_found
            the_catalogue_is_kept
            versions_are_kept_newest_first
            aliases_are_kept_by_name
            removing_a_machine_removes_all_of_it
            map_runs_are_kept_newest_first
            executions_of_a_map_run_say_which_they_are
            what_ended_long_ago_is_removed_whole
            the_name_of_what_was_removed_is_free
            a_redriven_execution_is_removed_after_its_last_end
            many_executions_are_removed_in_several_calls
            a_long_history_goes_from_sight_at_once
            executions_of_a_map_run_stay_as_long_as_the_run
        }
    };
    ($place:ty: $($case:ident)+) => {
        $(
            #[tokio::test]
            async fn $case() {
                let place = <$place as $crate::conformance::Place>::new();
                $crate::conformance::$case(&place).await;
            }
        )+
    };
}
