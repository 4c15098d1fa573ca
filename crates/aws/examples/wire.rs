//! Speaks the wire protocols line by line, so that another program can compare them with its own.
//!
//! A line of input is `{"service", "action", "parameters"}`, `{"service", "action", "answer"}` or `{"service", "region"}`,
//! a line of output the request, the result or the endpoint, or an object whose only member is `error`.

use std::io::{self, BufRead, Write};

use aws::{Answer, Call, Endpoint, Naming, Request, Services, build, parse};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use json::{Value, json};

fn main() -> io::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    for line in io::stdin().lock().lines() {
        let reply = reply(&line?).unwrap_or_else(|error| json!({ "error": error }));
        writeln!(out, "{reply}")?;
        out.flush()?;
    }
    Ok(())
}

fn reply(line: &str) -> Result<Value, String> {
    let asked = json::parse(line).map_err(|error| error.to_string())?;
    let text = |name: &str| asked.get(name).and_then(Value::as_str).unwrap_or_default();
    if let Some(region) = asked.get("region").and_then(Value::as_str) {
        return endpoint(text("service"), region);
    }
    let call = Services::embedded()
        .find(text("service"), text("action"))
        .map_err(|error| error.to_string())?;
    match (asked.get("parameters"), asked.get("answer")) {
        (Some(parameters), _) => request(&call, parameters),
        (None, Some(answer)) => result(&call, answer),
        (None, None) => Err("neither parameters nor an answer".to_owned()),
    }
}

fn endpoint(service: &str, region: &str) -> Result<Value, String> {
    let service = Services::embedded().service(service).ok_or("no such service")?;
    let Endpoint {
        authority,
        path,
        signing_region,
        signing_name,
        ..
    } = Endpoint::of_aws(&service, region);
    let host = format!("{authority}{path}");
    Ok(json!([host, signing_region, signing_name]))
}

fn request(call: &Call, parameters: &Value) -> Result<Value, String> {
    let request = build(call, parameters, Naming::Api, None).map_err(|error| error.to_string())?;
    let Request {
        method,
        host_prefix,
        path,
        query,
        headers,
        body,
    } = request;
    let body = BASE64_STANDARD.encode(body);
    Ok(json!({
        "method": method, "host_prefix": host_prefix, "path": path, "query": query, "headers": headers, "body": body,
    }))
}

fn result(call: &Call, answer: &Value) -> Result<Value, String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let headers = answer
        .get("headers")
        .and_then(Value::as_array)
        .unwrap_or_default();
    let headers = headers
        .iter()
        .filter_map(|pair| Some((text(pair.at(0)?), text(pair.at(1)?))));
    let body = answer.get("body").and_then(Value::as_str).unwrap_or_default();
    let answer = Answer {
        status: answer.get("status").and_then(Value::as_i64).unwrap_or_default() as u16,
        headers: headers.collect(),
        body: BASE64_STANDARD.decode(body).map_err(|error| error.to_string())?,
    };
    parse(call, &answer, Naming::Api).map_err(|error| error.to_string())
}
