//! EMR: actions that find what they change by its name, where the operation wants an id.

use engine::Ending;
use json::{Object, Value};

use crate::call::ending;
use crate::optimised::{Action, Service};

/// How what an action changes is found.
#[derive(Debug)]
pub(super) struct Lookup {
    action: &'static str,
    /// The operation that lists the candidates.
    pub(super) operation: &'static str,
    /// Where they are in its answer.
    list: &'static str,
    /// The parameter with the name, and the one with the change.
    name: &'static str,
    change: &'static str,
    /// The member of the change that takes the id.
    id: &'static str,
    /// Whether the operation takes several changes.
    takes_many: bool,
}

const LOOKUPS: [Lookup; 2] = [
    Lookup {
        action: "modifyInstanceFleetByName",
        operation: "listInstanceFleets",
        list: "InstanceFleets",
        name: "InstanceFleetName",
        change: "InstanceFleet",
        id: "InstanceFleetId",
        takes_many: false,
    },
    Lookup {
        action: "modifyInstanceGroupByName",
        operation: "listInstanceGroups",
        list: "InstanceGroups",
        name: "InstanceGroupName",
        change: "InstanceGroup",
        id: "InstanceGroupId",
        takes_many: true,
    },
];

impl Lookup {
    pub(super) fn of(service: &Service, action: &Action) -> Option<&'static Self> {
        let known = LOOKUPS.iter().find(|lookup| lookup.action == action.name)?;
        (service.name == "elasticmapreduce").then_some(known)
    }

    /// What the operation that lists is asked.
    pub(super) fn page(&self, parameters: &Value, marker: Option<Value>) -> Value {
        let cluster = parameters.get("ClusterId").cloned().unwrap_or_default();
        let mut page = vec![("ClusterId", cluster)];
        page.extend(marker.map(|marker| ("Marker", marker)));
        Value::object(page)
    }

    /// The id of what has the name, if it is on this page.
    pub(super) fn find<'a>(&self, parameters: &Value, page: &'a Value) -> Option<&'a Value> {
        let name = parameters.get(self.name)?;
        let listed = page.get(self.list)?.as_array()?;
        listed
            .iter()
            .find(|candidate| candidate.get("Name") == Some(name))?
            .get("Id")
    }

    /// The parameters as the operation that changes takes them.
    pub(super) fn with_id(&self, parameters: &Value, id: &Value) -> Value {
        let cluster = parameters.get("ClusterId").cloned().unwrap_or_default();
        let change = parameters.get(self.change).and_then(Value::as_object);
        let mut change: Object = change.cloned().unwrap_or_default();
        change.insert(self.id, id.clone());
        let change = Value::from(change);
        if self.takes_many {
            let list = Value::from(vec![change]);
            Value::object([("ClusterId", cluster), ("InstanceGroups", list)])
        } else {
            Value::object([("ClusterId", cluster), (self.change, change)])
        }
    }

    /// Nothing has the name. AWS's words are not known.
    pub(super) fn not_found(&self, service: &Service, parameters: &Value) -> Ending {
        let name = parameters.get(self.name).cloned().unwrap_or_default();
        ending(
            format!("{}.{}", service.prefix, service.base),
            format!("The cluster has nothing in {} with the name {name}.", self.list),
        )
    }
}

#[cfg(test)]
mod tests {
    use json::json;

    use super::*;
    use crate::optimised::find;

    fn lookup(action: &str) -> &'static Lookup {
        let (service, action) = find("elasticmapreduce", action).unwrap();
        Lookup::of(service, action).unwrap()
    }

    #[test]
    fn names_become_ids() {
        let fleet = lookup("modifyInstanceFleetByName");
        let given = json!({"ClusterId": "j", "InstanceFleetName": "f", "InstanceFleet": {"TargetOnDemandCapacity": 2}});
        assert_eq!(
            fleet.page(&given, Some(json!("m"))),
            json!({"ClusterId": "j", "Marker": "m"})
        );
        let page = json!({"InstanceFleets": [{"Id": "if-1", "Name": "e"}, {"Id": "if-2", "Name": "f"}]});
        let id = fleet.find(&given, &page).unwrap();
        assert_eq!(
            fleet.with_id(&given, id),
            json!({"ClusterId": "j", "InstanceFleet": {"TargetOnDemandCapacity": 2, "InstanceFleetId": "if-2"}})
        );
        assert_eq!(fleet.find(&given, &json!({"InstanceFleets": []})), None);

        let group = lookup("modifyInstanceGroupByName");
        let given =
            json!({"ClusterId": "j", "InstanceGroupName": "g", "InstanceGroup": {"InstanceCount": 2}});
        assert_eq!(
            group.with_id(&given, &json!("ig-1")),
            json!({"ClusterId": "j", "InstanceGroups": [{"InstanceCount": 2, "InstanceGroupId": "ig-1"}]})
        );
    }

    #[test]
    fn other_actions_name_nothing() {
        let (service, action) = find("elasticmapreduce", "addStep").unwrap();
        assert!(Lookup::of(service, action).is_none());
    }
}
