//! Speaks the wire protocols line by line, so that another program can compare them with its own.
//!
//! A line of input is `{"service", "action", "parameters"}` or `{"service", "action", "answer"}`, a line of output the
//! request or the result, or an object whose only member is `error`.

use std::io::{self, BufRead, Write};

use aws::{Answer, Call, Naming, Request, Services, build, parse};
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
    let call = Services::embedded()
        .find(text("service"), text("action"))
        .map_err(|error| error.to_string())?;
    match (asked.get("parameters"), asked.get("answer")) {
        (Some(parameters), _) => request(&call, parameters),
        (None, Some(answer)) => result(&call, answer),
        (None, None) => Err("neither parameters nor an answer".to_owned()),
    }
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
