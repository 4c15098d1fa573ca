//! Refusal: a service's error, as state machines see it.

use json::Value;

use crate::facts::{Call, Protocol};
use crate::wire::cbor::Item;
use crate::wire::request::Answer;
use crate::wire::xml::Element;

/// The operations of S3 that may fail after they have answered 200.
const MAY_FAIL_LATE: [&str; 3] = ["CompleteMultipartUpload", "CopyObject", "UploadPartCopy"];

/// What a service answered instead of a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The service's code, which [`Service::error_name`](crate::Service::error_name) turns into an error's name.
    pub code: String,
    /// The service's message, if it gave one.
    pub message: Option<String>,
    /// The HTTP status.
    pub status: u16,
    /// The id of the request.
    pub request_id: Option<String>,
    /// S3's second id of the request.
    pub extended_request_id: Option<String>,
}

impl Refusal {
    /// The error that an answer is, or nothing when it is a result.
    pub fn of(call: &Call, answer: &Answer) -> Option<Self> {
        let is_late = || {
            MAY_FAIL_LATE.contains(&&*call.operation().name)
                && &*call.service().asl_id == "s3"
                && Element::parse(&answer.body).is_ok_and(|root| root.name() == "Error")
        };
        if (200..300).contains(&answer.status) && !is_late() {
            return None;
        }
        let mut refusal = Self {
            code: String::new(),
            message: None,
            status: answer.status,
            request_id: None,
            extended_request_id: answer.header("x-amz-id-2").map(str::to_owned),
        };
        match call.service().protocol {
            Protocol::Json | Protocol::RestJson => refusal.read_json(answer),
            Protocol::Cbor => refusal.read_cbor(answer),
            Protocol::RestXml | Protocol::Query | Protocol::Ec2 => refusal.read_xml(call, answer),
        }
        let ids = ["x-amzn-requestid", "x-amz-request-id", "x-amzn-request-id"];
        let id = ids.iter().find_map(|name| answer.header(name));
        if let Some(id) = id {
            refusal.request_id = Some(id.to_owned());
        }
        Some(refusal)
    }

    /// The cause that a task's failure has. AWS tells how often a request was sent when that was more than once.
    pub fn cause(&self, prefix: &str, attempts: u32) -> String {
        let message = self.message.as_deref().unwrap_or("null");
        let id = self.request_id.as_deref().unwrap_or("null");
        let status = self.status;
        let mut cause = format!("{message} (Service: {prefix}, Status Code: {status}, Request ID: {id}");
        if let Some(id) = &self.extended_request_id {
            cause.push_str(", Extended Request ID: ");
            cause.push_str(id);
        }
        cause.push(')');
        if attempts > 1 {
            cause.push_str(&format!(" (SDK Attempt Count: {attempts})"));
        }
        cause
    }

    fn read_json(&mut self, answer: &Answer) {
        let body = json::parse_bytes(&answer.body).unwrap_or_default();
        let text = |names: &[&str]| {
            let found = names
                .iter()
                .find_map(|name| body.get(name).and_then(Value::as_str));
            found.map(str::to_owned)
        };
        let code = answer.header("x-amzn-errortype").map(str::to_owned);
        let code = code.or_else(|| text(&["__type", "code", "Code"]));
        self.code = plain_code(&code.unwrap_or_default());
        let message = answer.header("x-amzn-error-message").map(str::to_owned);
        self.message = message.or_else(|| text(&["message", "Message", "errorMessage"]));
    }

    fn read_cbor(&mut self, answer: &Answer) {
        let Ok(body) = Item::parse(&answer.body) else {
            return;
        };
        let text = |name: &str| body.get(name).and_then(Item::as_str);
        self.code = plain_code(text("__type").unwrap_or_default());
        self.message = text("message").or_else(|| text("Message")).map(str::to_owned);
    }

    fn read_xml(&mut self, call: &Call, answer: &Answer) {
        let Ok(root) = Element::parse(&answer.body) else {
            self.code = code_without_body(call, answer.status).to_owned();
            return;
        };
        let errors = root.child("Errors").unwrap_or(&root);
        let error = errors.child("Error").unwrap_or(errors);
        let text = |element: &Element, name: &str| element.child(name).map(|child| child.text().to_owned());
        self.code = text(error, "Code").unwrap_or_default();
        self.message = text(error, "Message");
        let ids = ["RequestId", "RequestID"];
        self.request_id = ids
            .iter()
            .find_map(|name| text(&root, name).or_else(|| text(error, name)));
        if self.extended_request_id.is_none() {
            self.extended_request_id = text(error, "HostId").filter(|id| !id.is_empty());
        }
    }
}

/// The code inside `namespace#Code:address`.
fn plain_code(code: &str) -> String {
    let code = code.split(':').next().unwrap_or_default();
    code.rsplit('#').next().unwrap_or_default().to_owned()
}

/// Answers to HEAD have no body to say what is wrong.
fn code_without_body(call: &Call, status: u16) -> &'static str {
    match (&*call.service().asl_id, &*call.operation().name, status) {
        ("s3", "HeadObject", 404) => "NoSuchKey",
        ("s3", "HeadBucket", 404) => "NoSuchBucket",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Services;

    fn refusal(service: &str, action: &str, headers: &[(&str, &str)], body: &[u8]) -> (String, Refusal) {
        let call = Services::embedded().find(service, action).unwrap();
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let answer = Answer {
            status: 400,
            headers: headers.iter().map(owned).collect(),
            body: body.to_vec(),
        };
        let refusal = Refusal::of(&call, &answer).unwrap();
        (call.service().error_name(&refusal.code), refusal)
    }

    #[test]
    fn json_names_its_error_in_header_or_body() {
        let id = ("x-amzn-RequestId", "1-2");
        let body =
            br#"{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException","message":"gone"}"#;
        let (name, found) = refusal("dynamodb", "getItem", &[id], body);
        assert_eq!(name, "DynamoDb.ResourceNotFoundException");
        assert_eq!(
            found.cause("DynamoDb", 1),
            "gone (Service: DynamoDb, Status Code: 400, Request ID: 1-2)"
        );
        let headers = [id, ("x-amzn-ErrorType", "TooManyRequestsException:http://x/")];
        let (name, found) = refusal("lambda", "invoke", &headers, br#"{"Message":"slow down"}"#);
        assert_eq!(name, "Lambda.TooManyRequestsException");
        assert_eq!(
            found.cause("Lambda", 3),
            "slow down (Service: Lambda, Status Code: 400, Request ID: 1-2) (SDK Attempt Count: 3)"
        );
    }

    #[test]
    fn unknown_codes_are_named_after_the_service() {
        for body in [
            &b"{\"__type\":\"ValidationException\"}"[..],
            b"",
            b"<html>",
            b"[]",
        ] {
            let (name, found) = refusal("dynamodb", "getItem", &[], body);
            assert_eq!(name, "DynamoDb.DynamoDbException");
            assert_eq!(
                found.cause("DynamoDb", 1),
                "null (Service: DynamoDb, Status Code: 400, Request ID: null)"
            );
        }
    }

    #[test]
    fn errors_are_found_by_shape_and_by_code() {
        let body = br#"{"__type":"com.amazonaws.sqs#QueueDoesNotExist"}"#;
        let (name, _) = refusal("sqs", "sendMessage", &[], body);
        assert_eq!(name, "Sqs.QueueDoesNotExistException");
        for code in ["NotFound", "NotFoundException"] {
            let body = format!("<ErrorResponse><Error><Code>{code}</Code></Error></ErrorResponse>");
            let (name, _) = refusal("sns", "publish", &[], body.as_bytes());
            assert_eq!(name, "Sns.NotFoundException");
        }
    }

    #[test]
    fn xml_has_its_errors_in_three_places() {
        let s3 = b"<Error><Code>NoSuchBucket</Code><Message>no</Message><RequestId>A</RequestId><HostId>B</HostId></Error>";
        let (name, found) = refusal("s3", "listObjects", &[], s3);
        assert_eq!(name, "S3.NoSuchBucketException");
        assert_eq!(
            found.cause("S3", 1),
            "no (Service: S3, Status Code: 400, Request ID: A, Extended Request ID: B)"
        );
        let iam = b"<ErrorResponse><Error><Code>NoSuchEntity</Code><Message>no</Message></Error><RequestId>A</RequestId></ErrorResponse>";
        let (name, found) = refusal("iam", "getRole", &[], iam);
        assert_eq!(
            (name.as_str(), found.request_id.as_deref()),
            ("Iam.NoSuchEntityException", Some("A"))
        );
        let ec2 = b"<Response><Errors><Error><Code>InvalidInstanceID</Code><Message>no</Message></Error></Errors><RequestID>A</RequestID></Response>";
        let (name, found) = refusal("ec2", "describeInstances", &[], ec2);
        assert_eq!(
            (name.as_str(), found.request_id.as_deref()),
            ("Ec2.Ec2Exception", Some("A"))
        );
    }

    #[test]
    fn head_is_told_by_its_status() {
        let call = Services::embedded().find("s3", "headObject").unwrap();
        let answer = Answer {
            status: 404,
            ..Answer::default()
        };
        let refusal = Refusal::of(&call, &answer).unwrap();
        assert_eq!(call.service().error_name(&refusal.code), "S3.NoSuchKeyException");
    }

    #[test]
    fn copying_may_fail_after_it_has_answered() {
        let services = Services::embedded();
        let answer = Answer {
            status: 200,
            body: b"<Error><Code>InternalError</Code></Error>".to_vec(),
            ..Answer::default()
        };
        let of = |action: &str| Refusal::of(&services.find("s3", action).unwrap(), &answer);
        assert_eq!(of("copyObject").unwrap().code, "InternalError");
        assert_eq!(of("getObject"), None);
    }
}
