//! Parallel: its fields.

use crate::model::{FlowId, Parallel, StateId};
use crate::parse::fields::{Field, Fields, In, Known};
use crate::parse::flow::{Reader, Scope};

pub(crate) const KNOWN: &Known = &[
    ("Branches", In::Both),
    ("Parameters", In::JsonPath),
    ("Arguments", In::Jsonata),
    ("ResultSelector", In::JsonPath),
    ("ResultPath", In::JsonPath),
    ("Retry", In::Both),
    ("Catch", In::Both),
];

impl Reader<'_> {
    pub(crate) fn parallel(
        &mut self,
        id: StateId,
        fields: &Fields<'_>,
        scope: &Scope<'_>,
    ) -> Option<Parallel> {
        fields.require(&["Branches"]);
        let parameters = fields.template(fields.given());
        let branches = fields
            .get("Branches")
            .and_then(|field| self.parallel_branches(id, &field));
        let after = self.after(id, fields, scope);
        Some(Parallel {
            parameters: parameters?,
            branches: branches?,
            after: after?,
        })
    }

    fn parallel_branches(&mut self, id: StateId, field: &Field<'_>) -> Option<Vec<FlowId>> {
        let elements = field.filled_array()?;
        let mut branches = Vec::with_capacity(elements.len());
        for (index, node) in elements.iter().enumerate() {
            branches.push(self.branch(&field.element(index, node), id, index));
        }
        branches.into_iter().collect()
    }
}
