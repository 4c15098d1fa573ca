//! Names in the fact file are those that Step Functions is known to use.

use aws::{Kind, Member, Services};
use serde_json::Value;

fn known(part: &str) -> Vec<Vec<String>> {
    let known: Value = serde_json::from_str(include_str!("data/names.json")).expect("is JSON");
    serde_json::from_value(known[part].clone()).expect("lists of texts")
}

/// Calls `visit` with the id of the service for every member of every shape.
fn each_member(mut visit: impl FnMut(&str, &Member)) {
    let services = Services::embedded();
    for name in services.names() {
        let service = services.service(name).expect("is named");
        for shape in service.shapes() {
            if let Kind::Structure(structure) = &shape.kind {
                structure.members.iter().for_each(|member| visit(name, member));
            }
        }
    }
}

#[test]
fn members_are_named_as_java_names_them() {
    let known = known("members");
    let mut found = 0;
    each_member(|service, member| {
        for pair in known.iter().filter(|pair| pair[0] == *member.name) {
            assert_eq!(*member.asl_name, pair[1], "{service}");
            found += 1;
        }
    });
    assert!(found > 400, "{found}");
}

#[test]
fn no_structure_has_two_members_of_one_name() {
    let services = Services::embedded();
    for name in services.names() {
        let service = services.service(name).unwrap();
        for shape in service.shapes() {
            let Kind::Structure(structure) = &shape.kind else {
                continue;
            };
            for member in &structure.members {
                let same = structure.member(&member.asl_name).unwrap();
                assert!(std::ptr::eq(same, member), "{name}: {}", member.asl_name);
            }
        }
    }
}

#[test]
fn services_are_named_as_java_names_them() {
    for known in known("services") {
        let service = Services::embedded().service(&known[1]).unwrap();
        assert_eq!(*service.service_id, known[0]);
        assert_eq!(*service.error_prefix, known[2]);
    }
}

#[test]
fn errors_are_named_as_java_names_them() {
    let services = Services::embedded();
    for known in known("exceptions") {
        let [shape, code, name, service] = &known[..] else {
            panic!("{known:?}");
        };
        let code = if code.is_empty() { shape } else { code };
        let service = services
            .names()
            .filter_map(|name| services.service(name))
            .find(|candidate| *candidate.asl_id == **service || *candidate.botocore_name == **service);
        let service = service.unwrap_or_else(|| panic!("{known:?}"));
        assert_eq!(
            service.failure(code).map(|failure| &*failure.name),
            Some(&**name),
            "{known:?}"
        );
    }
}

#[test]
fn customisations_of_java_are_known() {
    let services = Services::embedded();
    let input = |service: &str, action: &str, member: &str| {
        let call = services.find(service, action).unwrap();
        let input = call.service().structure(call.operation().input.unwrap());
        input
            .unwrap()
            .member(member)
            .map(|member| member.name.to_string())
    };
    assert_eq!(
        input("s3", "copyObject", "DestinationBucket").as_deref(),
        Some("Bucket")
    );
    assert_eq!(
        input("sns", "addPermission", "AwsAccountIds").as_deref(),
        Some("AWSAccountId")
    );
    assert_eq!(
        input("cloudformation", "listStacks", "StackStatusFilters").as_deref(),
        Some("StackStatusFilter")
    );
    assert_eq!(input("ec2", "runInstances", "DryRun"), None);
    assert_eq!(
        input("ec2", "runInstances", "EbsOptimized").as_deref(),
        Some("EbsOptimized")
    );
}
