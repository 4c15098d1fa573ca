//! Unneeded: what an execution has no use for any more.
//!
//! That may change: an execution is ahead of what is saved, and when a commit fails it is taken back to where it was.
//! Then whatever meant nothing to the steps that never were happens again, or a task would wait for it for ever.

use integrations::Answer;
use json::Value;
use store::{ExecId, StoreError};

use crate::live::Live;
use crate::mailbox::Work;
use crate::map_runs::{Begin, Told};
use crate::worker::{Release, Worker};

impl Worker {
    /// An execution as it is by now has no use for a work. That is final once all that it went through is saved.
    pub(super) fn unneeded(&mut self, live: &Live, work: Work) {
        if live.uncommitted == 0 {
            return self.pass_over(work);
        }
        self.after_all(Release::Unneeded(live.id, work));
    }

    /// Nobody has a use for a work: whoever it came from goes on without.
    pub(super) fn pass_over(&self, work: Work) {
        match work {
            Work::Answer {
                answer: Answer::Submitted(output),
                child: true,
                ..
            } => {
                if let Some(arn) = output.value().get("ExecutionArn").and_then(Value::as_str) {
                    self.shared.stop_child(arn.into());
                }
            }
            Work::HandOut { to, .. } => self.shared.activities.poll_again(to),
            Work::MapRunOpen { arn, .. } if !self.shared.map_runs.has(&arn) => {
                self.shared.map_runs.begin(&self.shared, arn, Begin::Abort);
            }
            Work::MapRunEnded { record, .. } => {
                let refused = Told::Refused(record.redrives());
                self.shared.map_runs.tell(&record.arn, refused);
            }
            _ => {}
        }
    }

    /// The steps that had no use for a work were not saved: it happens again.
    pub(super) fn needed_again(&mut self, id: ExecId, work: Work, error: &StoreError) {
        match work {
            Work::HandOut { task, to } => {
                let _ = to.poll.reply.send(Err(error.clone()));
                self.shared.activities.put_back(&to.activity, id, task);
            }
            work => self.redo.push_back((id, work)),
        }
    }
}
