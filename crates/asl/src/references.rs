//! Which variables each state reads, as DescribeStateMachine shows it.

use std::collections::BTreeSet;

use json::Str;

use crate::model::{
    After, Assign, Distributed, FailText, Items, Map, Percentage, Selection, State, StateKind, StateMachine,
    Task, Until, Whole,
};
use crate::path::{Path, Root};
use crate::query::Query;
use crate::template::Template;

impl StateMachine {
    /// The states that read variables, in the order of the machine, each with the names it reads, sorted.
    pub fn variable_references(&self) -> Vec<(Str, Vec<Str>)> {
        let mut references = Vec::new();
        for state in &self.states {
            let mut names = Names::default();
            names.state(state);
            if !names.0.is_empty() {
                references.push((state.name.clone(), names.0.into_iter().collect()));
            }
        }
        references
    }
}

#[derive(Default)]
struct Names(BTreeSet<Str>);

impl Names {
    fn state(&mut self, state: &State) {
        self.selection(&state.input_path);
        self.selection(&state.output_path);
        self.assign(&state.assign);
        self.template(state.output.as_ref());
        match &state.kind {
            StateKind::Succeed => {}
            StateKind::Pass(pass) => self.template(pass.parameters.as_ref()),
            StateKind::Task(task) => self.task(task),
            StateKind::Choice(choice) => {
                for branch in &choice.branches {
                    branch.rule.references(&mut |name| self.name(name));
                    self.assign(&branch.assign);
                    self.template(branch.output.as_ref());
                }
            }
            StateKind::Wait(wait) => match &wait.until {
                Until::Seconds(_) | Until::Timestamp(_) => {}
                Until::SecondsPath(path) | Until::TimestampPath(path) => self.path(path),
                Until::SecondsQuery(query) | Until::TimestampQuery(query) => self.query(query),
            },
            StateKind::Fail(fail) => {
                for text in [&fail.error, &fail.cause].into_iter().flatten() {
                    match text {
                        FailText::Literal(_) => {}
                        FailText::Computed(template) => self.template(Some(template)),
                        FailText::Query(query) => self.query(query),
                    }
                }
            }
            StateKind::Parallel(parallel) => {
                self.template(parallel.parameters.as_ref());
                self.after(&parallel.after);
            }
            StateKind::Map(map) => self.map(map),
        }
    }

    fn task(&mut self, task: &Task) {
        self.template(task.parameters.as_ref());
        self.template(task.credentials.as_ref());
        self.whole(task.timeout.as_ref());
        self.whole(task.heartbeat.as_ref());
        self.after(&task.after);
    }

    fn map(&mut self, map: &Map) {
        match &map.items {
            Items::Path(path) => path.iter().for_each(|path| self.path(path)),
            Items::Template(template) => self.template(template.as_ref()),
        }
        self.template(map.item_selector.as_ref());
        self.whole(map.max_concurrency.as_ref());
        self.whole(map.tolerance.count.as_ref());
        match &map.tolerance.percentage {
            None | Some(Percentage::Literal(_)) => {}
            Some(Percentage::Path(path)) => self.path(path),
            Some(Percentage::Query(query)) => self.query(query),
        }
        if let Some(distributed) = &map.distributed {
            self.distributed(distributed);
        }
        self.after(&map.after);
    }

    fn distributed(&mut self, distributed: &Distributed) {
        if let Some(reader) = &distributed.reader {
            self.template(reader.parameters.as_ref());
            self.whole(reader.max_items.as_ref());
        }
        if let Some(batcher) = &distributed.batcher {
            self.template(batcher.batch_input.as_ref());
            self.whole(batcher.items_max.as_ref());
            self.whole(batcher.bytes_max.as_ref());
        }
        if let Some(writer) = &distributed.writer {
            self.template(writer.destination.as_ref());
        }
    }

    fn after(&mut self, after: &After) {
        self.template(after.result_selector.as_ref());
        for catcher in &after.catch {
            self.assign(&catcher.assign);
            self.template(catcher.output.as_ref());
        }
    }

    fn assign(&mut self, assign: &Assign) {
        for (_, template) in &assign.0 {
            self.template(Some(template));
        }
    }

    fn template(&mut self, template: Option<&Template>) {
        if let Some(template) = template {
            template.references(&mut |name| self.name(name));
        }
    }

    fn selection(&mut self, selection: &Selection) {
        if let Selection::Path(path) = selection {
            self.path(path);
        }
    }

    fn whole(&mut self, whole: Option<&Whole>) {
        match whole {
            None | Some(Whole::Literal(_)) => {}
            Some(Whole::Path(path)) => self.path(path),
            Some(Whole::Query(query)) => self.query(query),
        }
    }

    fn path(&mut self, path: &Path) {
        if let Root::Variable(name) = path.root() {
            self.0.insert(name.clone());
        }
    }

    fn query(&mut self, query: &Query) {
        query.references(&mut |name| self.name(name));
    }

    fn name(&mut self, name: &str) {
        self.0.insert(name.into());
    }
}
