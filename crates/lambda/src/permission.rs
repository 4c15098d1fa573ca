//! Permission: what a request does, as policies of IAM name it.

use hyper::Method;
use serde::Deserialize;

use crate::wire::Request;

impl Request<'_> {
    /// The action and the ARN of what it is done to; none where the request asks for no operation.
    pub fn permission(&self) -> Option<(&'static str, String)> {
        let segments = self.segments();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let [_, _, rest @ ..] = segments.as_slice() else {
            return None;
        };
        let (action, name) = match (self.method, rest) {
            (&Method::POST, []) => ("lambda:CreateFunction", self.name_to_be()),
            (&Method::GET, []) => return Some(("lambda:ListFunctions", "*".to_owned())),
            (&Method::GET, [name]) => ("lambda:GetFunction", (*name).to_owned()),
            (&Method::DELETE, [name]) => ("lambda:DeleteFunction", (*name).to_owned()),
            (&Method::GET, [name, "configuration"]) => {
                ("lambda:GetFunctionConfiguration", (*name).to_owned())
            }
            (&Method::PUT, [name, "configuration"]) => {
                ("lambda:UpdateFunctionConfiguration", (*name).to_owned())
            }
            (&Method::PUT, [name, "code"]) => ("lambda:UpdateFunctionCode", (*name).to_owned()),
            (&Method::GET, [name, "versions"]) => ("lambda:ListVersionsByFunction", (*name).to_owned()),
            (&Method::POST, [name, "invocations"]) => ("lambda:InvokeFunction", (*name).to_owned()),
            _ => return None,
        };
        Some((action, self.arn_of(&name)))
    }

    fn name_to_be(&self) -> String {
        #[derive(Deserialize)]
        struct Named {
            #[serde(rename = "FunctionName")]
            name: String,
        }
        // A request without a name is refused for that by the operation.
        serde_json::from_slice::<Named>(&self.body).map_or_else(|_| "*".to_owned(), |named| named.name)
    }

    /// The ARN of a function that a caller calls by its name, its ARN or the end of it.
    ///
    /// A function is the same whatever partition and region an ARN names, so it has one ARN here: else who is denied it
    /// by one name would find it by another. Whoever means another account is told so.
    fn arn_of(&self, name: &str) -> String {
        let account = name.strip_prefix("arn:").and_then(|rest| rest.split(':').nth(3));
        let (region, end) = (self.region, functions::end_of_name(name));
        format!(
            "arn:aws:lambda:{region}:{}:function:{end}",
            account.unwrap_or(self.account)
        )
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use hyper::HeaderMap;

    use super::*;

    fn permission(method: &Method, path: &str, body: &'static str) -> Option<(&'static str, String)> {
        let request = Request {
            method,
            path,
            query: None,
            headers: &HeaderMap::new(),
            body: Bytes::from_static(body.as_bytes()),
            account: "123456789012",
            region: "us-east-1",
        };
        request.permission()
    }

    #[test]
    fn every_operation_has_an_action() {
        const F: &str = "arn:aws:lambda:us-east-1:123456789012:function:f";
        let f = |rest: &str| format!("/2015-03-31/functions/f{rest}");
        for (method, path, action) in [
            (Method::GET, f(""), "lambda:GetFunction"),
            (Method::DELETE, f(""), "lambda:DeleteFunction"),
            (
                Method::GET,
                f("/configuration"),
                "lambda:GetFunctionConfiguration",
            ),
            (
                Method::PUT,
                f("/configuration"),
                "lambda:UpdateFunctionConfiguration",
            ),
            (Method::PUT, f("/code"), "lambda:UpdateFunctionCode"),
            (Method::GET, f("/versions"), "lambda:ListVersionsByFunction"),
            (Method::POST, f("/invocations"), "lambda:InvokeFunction"),
        ] {
            assert_eq!(permission(&method, &path, ""), Some((action, F.to_owned())));
        }
        let all = "/2015-03-31/functions/";
        assert_eq!(
            permission(
                &Method::POST,
                all,
                r#"{"FunctionName": "123456789012:function:f"}"#
            ),
            Some(("lambda:CreateFunction", F.to_owned()))
        );
        assert_eq!(
            permission(&Method::GET, all, ""),
            Some(("lambda:ListFunctions", "*".to_owned()))
        );
        assert_eq!(permission(&Method::PATCH, all, ""), None);
    }

    #[test]
    fn function_of_another_account_stays_theirs() {
        let path =
            "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A999999999999%3Afunction%3Af/invocations";
        let (_, resource) = permission(&Method::POST, path, "").unwrap();
        assert_eq!(resource, "arn:aws:lambda:us-east-1:999999999999:function:f");
    }

    #[test]
    fn a_function_has_one_arn_whatever_it_is_called_by() {
        for (name, resource) in [
            ("f:live", "function:f:live"),
            ("function:f", "function:f"),
            ("999999999999:function:f", "function:f"),
            (
                "arn:aws-cn:lambda:us-east-1:123456789012:function:f",
                "function:f",
            ),
            (
                "arn:aws:lambda:eu-west-1:123456789012:function:f:1",
                "function:f:1",
            ),
            ("arn:aws:lambda::123456789012:function:f", "function:f"),
            // A function called `function`, and what qualifies it.
            ("function:function:f", "function:function:f"),
        ] {
            let path = format!("/2015-03-31/functions/{name}");
            let (_, found) = permission(&Method::GET, &path, "").unwrap();
            assert_eq!(
                found,
                format!("arn:aws:lambda:us-east-1:123456789012:{resource}"),
                "{name}"
            );
        }
    }
}
