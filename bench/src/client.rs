//! client: one keep-alive connection that speaks AWS JSON 1.0.

use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, Response, StatusCode, header};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

use crate::Trouble;

/// Nobody checks it where no keys are configured, but servers look for the region and the service in it.
const AUTHORIZATION: &str = "AWS4-HMAC-SHA256 Credential=bench/20260101/us-east-1/states/aws4_request, \
     SignedHeaders=host;x-amz-date;x-amz-target, \
     Signature=0000000000000000000000000000000000000000000000000000000000000000";

const THROTTLED_PAUSE: Duration = Duration::from_millis(5);

/// What became of a request that nobody repeats.
pub(crate) enum Answered {
    /// It was done; the answer's text.
    Done(Bytes),
    /// The server is too busy for it.
    Throttled,
    /// The server takes no more connections, or closed this one.
    TurnedAway,
}

/// One connection to one server, opened on first use and again when the server closed it.
pub(crate) struct Client {
    authority: String,
    connection: Option<SendRequest<Full<Bytes>>>,
    throttled: usize,
}

impl Client {
    pub(crate) fn new(authority: &str) -> Self {
        Self {
            authority: authority.to_owned(),
            connection: None,
            throttled: 0,
        }
    }

    /// How often the server asked this client to slow down.
    pub(crate) fn throttled(&self) -> usize {
        self.throttled
    }

    /// Calls an operation and gives its answer's text. Asks again, after a pause, when the server is too busy.
    pub(crate) async fn call(&mut self, operation: &str, body: String) -> Result<Bytes, Trouble> {
        let body = Bytes::from(body);
        loop {
            let (status, answer) = self.send(operation, body.clone()).await?;
            match answered(status, answer) {
                Ok(Answered::Done(answer)) => return Ok(answer),
                Ok(Answered::Throttled) => {}
                Ok(Answered::TurnedAway) => return Err(format!("{operation}: {status}").into()),
                Err(excerpt) => return Err(format!("{operation}: {status}: {excerpt}").into()),
            }
            self.throttled += 1;
            tokio::time::sleep(THROTTLED_PAUSE).await;
        }
    }

    /// Calls an operation once. Fails when it is answered with anything but what an overloaded server says.
    pub(crate) async fn try_once(&mut self, operation: &str, body: String) -> Result<Answered, Trouble> {
        match self.send(operation, Bytes::from(body)).await {
            Ok((status, answer)) => {
                answered(status, answer).map_err(|excerpt| format!("{operation}: {status}: {excerpt}").into())
            }
            Err(_) => Ok(Answered::TurnedAway),
        }
    }

    /// Calls an operation and reads its answer.
    pub(crate) async fn ask(&mut self, operation: &str, body: Value) -> Result<Value, Trouble> {
        let answer = self.call(operation, body.to_string()).await?;
        Ok(serde_json::from_slice(&answer)?)
    }

    async fn send(&mut self, operation: &str, body: Bytes) -> Result<(StatusCode, Bytes), Trouble> {
        let request = Request::post("/")
            .header(header::HOST, &self.authority)
            .header(header::CONTENT_TYPE, "application/x-amz-json-1.0")
            .header(header::AUTHORIZATION, AUTHORIZATION)
            .header("x-amz-date", "20260101T000000Z")
            .header("x-amz-target", format!("AWSStepFunctions.{operation}"))
            .body(Full::new(body))?;
        let connection = self.connect().await?;
        let response: Response<_> = connection
            .send_request(request)
            .await
            .map_err(|error| format!("{operation}: {error}"))?;
        let status = response.status();
        let answer = response.into_body().collect().await?.to_bytes();
        Ok((status, answer))
    }

    async fn connect(&mut self) -> Result<&mut SendRequest<Full<Bytes>>, Trouble> {
        let open = match self.connection.take() {
            Some(mut connection) => connection.ready().await.is_ok().then_some(connection),
            None => None,
        };
        let connection = match open {
            Some(connection) => connection,
            None => {
                let stream = TcpStream::connect(&self.authority)
                    .await
                    .map_err(|error| format!("no connection to {}: {error}", self.authority))?;
                stream.set_nodelay(true)?;
                let (sender, connection) = handshake(TokioIo::new(stream)).await?;
                // An error of the connection is seen by whoever waits for the answer.
                tokio::spawn(async move { drop(connection.await) });
                sender
            }
        };
        Ok(self.connection.insert(connection))
    }
}

/// What an answer means; its beginning where that is anything else.
fn answered(status: StatusCode, answer: Bytes) -> Result<Answered, String> {
    if status == StatusCode::OK {
        return Ok(Answered::Done(answer));
    }
    let text = String::from_utf8_lossy(&answer);
    if text.contains("ThrottlingException") {
        Ok(Answered::Throttled)
    } else if text.contains("ServiceUnavailableException") {
        Ok(Answered::TurnedAway)
    } else {
        Err(text.chars().take(300).collect())
    }
}
