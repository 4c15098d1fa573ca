//! Hearing: what the runtime answered is compared with what is on disk.

use runtime::{CatalogError, ExecutionError, MapRunError, RedriveError, StartError, TokenError};

use super::outside::Acknowledged;
use super::{Asked, Driver, Watcher, cut};
use crate::checks;
use crate::clients::Heard;
use crate::plan::{Deed, execution_arn};
use crate::world::Token;

impl Driver {
    /// Looks at what was answered.
    pub(super) fn listen(&mut self) {
        // When a runtime ends, those who still wait hear of it in no particular order.
        let mut heard: Vec<(usize, Heard)> = self.world.state().heard.drain(..).collect();
        heard.sort_by_key(|(number, _)| *number);
        for (number, heard) in heard {
            let Some(asked) = self.asked.remove(&number) else {
                continue;
            };
            self.world.trace(format!("! {number} {}", told(&heard)));
            if let Err(what) = self.hear(asked, heard) {
                self.world.violated(what);
            }
        }
    }

    fn hear(&mut self, asked: Asked, heard: Heard) -> Result<(), String> {
        let store = self.media.store();
        match (asked, heard) {
            (Asked::Deployer, heard) => self.deployed(heard),
            (Asked::Watcher(number), Heard::Ended(ended)) => {
                let watcher = &mut self.watchers[number];
                watcher.is_asking = false;
                let Ok(described) = ended else { return Ok(()) };
                checks::ended_on_disk(&*store, &described)?;
                let count = described.redriven.map_or(0, |redriven| redriven.count);
                let may_go_on = described.ending().is_some() && count < self.plan.redrives;
                watcher.redrive = may_go_on.then_some(count);
                watcher.is_over = !may_go_on;
                Ok(())
            }
            (Asked::Watcher(number), Heard::Redriven(redriven)) => {
                let watcher = &mut self.watchers[number];
                watcher.is_asking = false;
                match redriven {
                    Ok(at) => {
                        let count = watcher.redrive.take().unwrap_or(0) + 1;
                        checks::redriven_on_disk(&*store, &watcher.arn, count, at)
                    }
                    Err(RedriveError::NotRedrivable(_)) => {
                        watcher.is_over = true;
                        Ok(())
                    }
                    Err(RedriveError::LimitExceeded(_) | RedriveError::Execution(_)) => {
                        watcher.redrive = None;
                        Ok(())
                    }
                }
            }
            (Asked::Stopper(number), Heard::Stopped(stopped)) => {
                let watcher = &mut self.watchers[number];
                watcher.is_stopping = false;
                match stopped {
                    Ok(at) => {
                        watcher.stop = false;
                        checks::stopped_on_disk(&*store, &watcher.arn, at)
                    }
                    Err(ExecutionError::NotFound) => Err(format!("{} is not found any more", watcher.arn)),
                    Err(_) => Ok(()),
                }
            }
            (Asked::Onlooker { arn, events }, Heard::Described(described)) => match described {
                Ok(described) => checks::described_on_disk(&*store, &described, events),
                Err(ExecutionError::NotFound) => Err(format!("{arn} is not found any more")),
                Err(_) => Ok(()),
            },
            (Asked::Poller, Heard::Polled(polled)) => {
                if let Ok(Some(task)) = polled {
                    checks::token_on_disk(&*store, &task.token)?;
                    self.world.state().tokens.push(Token {
                        text: task.token,
                        given: task.input,
                        verdict: None,
                        is_told: false,
                        is_over: false,
                    });
                }
                Ok(())
            }
            (Asked::Holder(number), Heard::Told(told)) => {
                let mut state = self.world.state();
                let token = &mut state.tokens[number];
                token.is_told = false;
                token.is_over = !matches!(
                    told,
                    Err(TokenError::Store(_) | TokenError::Closing | TokenError::Throttled)
                );
                let text = token.text.clone();
                drop(state);
                match told {
                    Ok(()) => checks::task_is_over_on_disk(&*store, &text),
                    Err(TokenError::Malformed) => Err(format!("the token {text} is malformed")),
                    Err(_) => Ok(()),
                }
            }
            (Asked::Caller(number), Heard::EndedAtOnce(ended)) => {
                self.callers[number].is_asking = false;
                match ended {
                    Ok(described) => self.ended_at_once(number, &described),
                    Err(_) => Ok(()),
                }
            }
            (Asked::RunOnlooker, Heard::MapRun(described)) => match described {
                Ok(run) => self.map_run_described(&run),
                Err(MapRunError::Store(_)) => Ok(()),
                Err(error) => Err(format!("a map run is there, and not known: {error}")),
            },
            (Asked::Updater(arn, update), Heard::MapRunUpdated(answer)) => {
                self.map_run_updated(&arn, update, answer)
            }
            (Asked::Meddler(arn), Heard::Stopped(Ok(at))) => checks::stopped_on_disk(&*store, &arn, at),
            (Asked::Meddler(_), Heard::Stopped(Err(_))) => Ok(()),
            (Asked::Nuisance { was_over: true }, Heard::Told(Ok(()))) => {
                Err("a token was taken that was used before".into())
            }
            (Asked::Nuisance { .. }, Heard::Told(_)) => Ok(()),
            (asked, heard) => Err(format!("{asked:?} heard {heard:?}")),
        }
    }

    fn deployed(&mut self, heard: Heard) -> Result<(), String> {
        self.deployer.is_asking = false;
        let store = self.media.store();
        let deed = self.plan.deeds[self.deployer.next].clone();
        match (heard, deed) {
            (Heard::Catalog(answer), deed) => {
                let is_gone = matches!(answer, Err(CatalogError::NotFound(_) | CatalogError::Deleting(_)));
                let was_done_before = is_gone && self.deployer.is_again && matches!(deed, Deed::Delete(_));
                if answer.is_err() && !was_done_before {
                    return Ok(());
                }
                if !self.deployer.has_activity {
                    self.deployer.has_activity = true;
                    self.deployer.is_again = false;
                    return checks::activity_on_disk(&*store);
                }
                self.done();
                match deed {
                    Deed::Create(machine) => {
                        self.known.define(machine, self.plan.machines[machine][0].clone());
                    }
                    Deed::Update(machine, revision) => {
                        self.known
                            .define(machine, self.plan.machines[machine][revision].clone());
                    }
                    Deed::Delete(machine) => self.known.delete(machine),
                    Deed::Start { .. } | Deed::StartSync { .. } | Deed::StartExpress { .. } => {
                        return Err("a start was answered as something else".into());
                    }
                }
                self.known.check_machines(&*store)
            }
            (
                Heard::Started(answer),
                Deed::Start {
                    machine,
                    name,
                    input,
                    stop,
                },
            ) => {
                let arn = execution_arn(machine, &name);
                match answer {
                    Ok(_) => {}
                    Err(StartError::AlreadyExists(_)) if self.deployer.is_again => {}
                    Err(StartError::AlreadyExists(_)) => {
                        return Err(format!("{arn} is there before it was started"));
                    }
                    Err(_) => return Ok(()),
                }
                self.done();
                self.watchers.push(Watcher {
                    arn: arn.as_str().into(),
                    is_asking: false,
                    redrive: None,
                    is_over: false,
                    stop,
                    is_stopping: false,
                });
                self.known.start(&*store, &arn, machine, &input)
            }
            (Heard::Started(answer), Deed::StartExpress { name, .. }) => {
                let Ok(started) = answer else { return Ok(()) };
                self.done();
                let arn = started.arn;
                self.acknowledged.push(Acknowledged { name, arn });
                Ok(())
            }
            (heard, _) => Err(format!("the deployer heard {heard:?}")),
        }
    }

    pub(super) fn done(&mut self) {
        self.deployer.next += 1;
        self.deployer.is_again = false;
    }
}

fn told(heard: &Heard) -> String {
    match heard {
        Heard::Ended(Ok(described)) | Heard::Described(Ok(described)) => {
            format!(
                "{} {}, event {}",
                described.name,
                described.status(),
                described.events
            )
        }
        other => cut(format!("{other:?}")),
    }
}
