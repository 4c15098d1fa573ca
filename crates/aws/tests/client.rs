//! The client against a server that answers what it is told to.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use aws::{Caller, Client, Failure, Naming, Reply, Services, Settings};
use json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

/// What the server was asked: the first line, the headers and the body of each request.
type Asked = Arc<Mutex<Vec<String>>>;

/// Answers one request after the other, each on a connection of its own, and closes the connection.
///
/// An empty answer closes the connection without any.
async fn serve(answers: Vec<String>) -> (String, Asked) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = format!("http://{}", listener.local_addr().expect("is bound"));
    let asked = Asked::default();
    let record = Arc::clone(&asked);
    tokio::spawn(async move {
        for answer in answers {
            let Ok((stream, _)) = listener.accept().await else {
                return;
            };
            let mut stream = BufReader::new(stream);
            let mut request = String::new();
            while !request.ends_with("\r\n\r\n")
                && stream.read_line(&mut request).await.is_ok_and(|read| read > 0)
            {}
            let length = request.lines().find_map(|line| {
                line.to_ascii_lowercase()
                    .strip_prefix("content-length: ")?
                    .parse()
                    .ok()
            });
            let mut body = vec![0; length.unwrap_or(0)];
            if stream.read_exact(&mut body).await.is_ok() {
                request.push_str(&String::from_utf8_lossy(&body));
            }
            record.lock().expect("nobody panics").push(request);
            let _ = stream.get_mut().write_all(answer.as_bytes()).await;
        }
    });
    (address, asked)
}

fn answer(status: u16, headers: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status} X\r\nContent-Length: {length}\r\nConnection: close\r\n{headers}\r\n{body}")
}

fn client(endpoint: &str, more: &[(&str, &str)]) -> Client {
    let mut environment = BTreeMap::from([("AWS_ENDPOINT_URL".to_owned(), endpoint.to_owned())]);
    environment.extend(
        more.iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
    );
    Client::new(Settings::of(environment, "", ""))
}

fn caller() -> Caller {
    Caller {
        account: "123456789012".to_owned(),
        region: "eu-west-1".to_owned(),
        role_arn: None,
        session_name: "execution".to_owned(),
    }
}

async fn call(
    client: &Client,
    service: &str,
    action: &str,
    parameters: Value,
) -> Result<Reply, (String, String)> {
    let call = Services::embedded().find(service, action).expect("is known");
    let reply = client.call(&call, &parameters, Naming::Sdk, &caller()).await;
    reply.map_err(|failure| failure.error(call.service()))
}

fn requests(asked: &Asked) -> Vec<String> {
    asked.lock().expect("nobody panics").clone()
}

#[tokio::test]
async fn request_is_signed_for_the_account() {
    let (address, asked) = serve(vec![answer(200, "", r#"{"Item":{"a":{"S":"x"}}}"#)]).await;
    let parameters = json!({"TableName": "t", "Key": {"a": {"S": "x"}}});
    let reply = call(&client(&address, &[]), "dynamodb", "getItem", parameters)
        .await
        .unwrap();
    assert_eq!(reply.value, json!({"Item": {"a": {"S": "x"}}}));
    let request = &requests(&asked)[0].to_ascii_lowercase();
    assert!(request.starts_with("post / http/1.1\r\n"), "{request}");
    assert!(
        request.contains("x-amz-target: dynamodb_20120810.getitem\r\n"),
        "{request}"
    );
    assert!(request.contains("credential=123456789012/"), "{request}");
    assert!(request.contains("/eu-west-1/dynamodb/aws4_request"), "{request}");
    assert!(
        request.ends_with(r#"{"tablename":"t","key":{"a":{"s":"x"}}}"#),
        "{request}"
    );
}

#[tokio::test]
async fn faults_are_tried_three_times() {
    let fault = answer(
        500,
        "x-amzn-RequestId: 7\r\n",
        r#"{"__type":"InternalServerError","message":"oh"}"#,
    );
    let (address, asked) = serve(vec![fault; 3]).await;
    let error = call(&client(&address, &[]), "dynamodb", "listTables", json!({}))
        .await
        .unwrap_err();
    assert_eq!(error.0, "DynamoDb.InternalServerErrorException");
    assert_eq!(
        error.1,
        "oh (Service: DynamoDb, Status Code: 500, Request ID: 7) (SDK Attempt Count: 3)"
    );
    assert_eq!(requests(&asked).len(), 3);
}

#[tokio::test]
async fn refusals_are_not_tried_again() {
    let refusal = answer(
        400,
        "x-amzn-RequestId: 7\r\n",
        r#"{"__type":"x#ValidationException","message":"no"}"#,
    );
    let (address, asked) = serve(vec![refusal; 2]).await;
    let error = call(&client(&address, &[]), "dynamodb", "listTables", json!({}))
        .await
        .unwrap_err();
    assert_eq!(error.0, "DynamoDb.DynamoDbException");
    assert_eq!(error.1, "no (Service: DynamoDb, Status Code: 400, Request ID: 7)");
    assert_eq!(requests(&asked).len(), 1);
}

#[tokio::test]
async fn lost_effect_is_not_tried_again_but_lost_reading_is() {
    let (address, asked) = serve(vec![String::new(), String::new()]).await;
    let message = json!({"QueueUrl": "q", "MessageBody": "m"});
    let error = call(&client(&address, &[]), "sqs", "sendMessage", message)
        .await
        .unwrap_err();
    assert_eq!(error.0, "Sqs.SdkClientException");
    assert!(
        error.1.starts_with("Unable to execute HTTP request: "),
        "{}",
        error.1
    );
    assert_eq!(requests(&asked).len(), 1);

    let (address, asked) = serve(vec![String::new(), answer(200, "", r#"{"TableNames":[]}"#)]).await;
    let reply = call(&client(&address, &[]), "dynamodb", "listTables", json!({}))
        .await
        .unwrap();
    assert_eq!(reply.value, json!({"TableNames": []}));
    assert_eq!(requests(&asked).len(), 2);
}

#[tokio::test]
async fn nobody_listening_is_an_error_of_the_client() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = call(&client(&address, &[]), "sns", "listTopics", json!({}))
        .await
        .unwrap_err();
    assert_eq!(error.0, "Sns.SdkClientException");
    assert!(error.1.contains("no connection to 127.0.0.1:"), "{}", error.1);
    assert!(error.1.ends_with("(SDK Attempt Count: 3)"), "{}", error.1);
}

#[tokio::test]
async fn huge_answer_is_not_read() {
    let huge = "x".repeat(5 << 20);
    let (address, _) = serve(vec![answer(200, "", &huge)]).await;
    let found = Services::embedded().find("s3", "getObject").unwrap();
    let parameters = json!({"Bucket": "b", "Key": "k"});
    let failure = client(&address, &[])
        .call(&found, &parameters, Naming::Sdk, &caller())
        .await;
    assert!(matches!(failure, Err(Failure::TooLarge)));
}

#[tokio::test]
async fn nothing_is_called_without_an_endpoint() {
    let client = Client::new(Settings::of(BTreeMap::new(), "", ""));
    let error = call(&client, "sns", "listTopics", json!({})).await.unwrap_err();
    assert_eq!(error.0, "Sns.SdkClientException");
    assert!(error.1.contains("AWS_ENDPOINT_URL_SNS"), "{}", error.1);
}

#[tokio::test]
async fn role_is_taken_on_once_for_many_calls() {
    let granted = "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ROLE</AccessKeyId>\
         <SecretAccessKey>s</SecretAccessKey><SessionToken>TOKEN</SessionToken>\
         <Expiration>2999-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>";
    let tables = answer(200, "", "{}");
    let (address, asked) = serve(vec![answer(200, "", granted), tables.clone(), tables]).await;
    let client = client(&address, &[]);
    let found = Services::embedded().find("dynamodb", "listTables").unwrap();
    let mut caller = caller();
    caller.role_arn = Some("arn:aws:iam::123456789012:role/r".to_owned());
    for _ in 0..2 {
        client
            .call(&found, &json!({}), Naming::Sdk, &caller)
            .await
            .unwrap();
    }
    let requests = requests(&asked);
    assert!(requests[0].contains("Action=AssumeRole&"), "{}", requests[0]);
    assert!(
        requests[0].contains("RoleSessionName=execution"),
        "{}",
        requests[0]
    );
    for request in &requests[1..] {
        assert!(request.contains("Credential=ROLE/"), "{request}");
        assert!(
            request
                .to_ascii_lowercase()
                .contains("x-amz-security-token: token"),
            "{request}"
        );
    }
}

#[tokio::test]
async fn refused_role_is_named() {
    let refused =
        "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>";
    let (address, _) = serve(vec![answer(403, "", refused)]).await;
    let found = Services::embedded().find("dynamodb", "listTables").unwrap();
    let mut caller = caller();
    caller.role_arn = Some("R".to_owned());
    let failure = client(&address, &[])
        .call(&found, &json!({}), Naming::Sdk, &caller)
        .await;
    let Err(Failure::Role { arn, message }) = failure else {
        panic!("{failure:?}");
    };
    assert_eq!(arn, "R");
    assert!(
        message.starts_with("no (Service: Sts, Status Code: 403"),
        "{message}"
    );
}

#[tokio::test]
async fn container_gives_credentials() {
    let document =
        r#"{"AccessKeyId":"HOST","SecretAccessKey":"s","Token":"T","Expiration":"2999-01-01T00:00:00Z"}"#;
    let (host, given) = serve(vec![answer(200, "", document)]).await;
    let (address, asked) = serve(vec![answer(200, "", "{}")]).await;
    let more = [
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", &*host),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "secret"),
    ];
    call(&client(&address, &more), "dynamodb", "listTables", json!({}))
        .await
        .unwrap();
    assert!(requests(&given)[0].contains("authorization: secret"));
    assert!(requests(&asked)[0].contains("Credential=HOST/"));
}

#[tokio::test]
async fn process_gives_credentials() {
    let (address, asked) = serve(vec![answer(200, "", "{}")]).await;
    let config = "[default]\ncredential_process = echo '{\"Version\":1,\"AccessKeyId\":\"P\",\"SecretAccessKey\":\"s\"}'\n";
    let environment = BTreeMap::from([("AWS_ENDPOINT_URL".to_owned(), address)]);
    let client = Client::new(Settings::of(environment, config, ""));
    call(&client, "dynamodb", "listTables", json!({})).await.unwrap();
    assert!(requests(&asked)[0].contains("Credential=P/"));
}

#[tokio::test]
async fn who_has_signed_in_has_credentials_as_long_as_the_session_lasts() {
    let home = tempfile::tempdir().unwrap();
    let cache = home.path().join(".aws/sso/cache");
    std::fs::create_dir_all(&cache).unwrap();
    let file = cache.join("e274eeff768c6396088ec6eb091f4bf4d47ab1e0.json");
    let cached = |until: &str| format!("{{\"accessToken\":\"signed-in\",\"expiresAt\":\"{until}\"}}");
    let given = r#"{"roleCredentials":{"accessKeyId":"AKSSO","secretAccessKey":"s","sessionToken":"ST","expiration":4102444800000}}"#;
    let answers = vec![
        answer(200, "", given),
        answer(200, "", "{}"),
        answer(200, "", "{}"),
    ];
    let (address, asked) = serve(answers).await;
    let config = "[default]\nsso_session = work\nsso_account_id = 123456789012\nsso_role_name = Reader\n\
                  [sso-session work]\nsso_region = eu-west-1\n";
    let client = || {
        let environment = BTreeMap::from([
            ("AWS_ENDPOINT_URL".to_owned(), address.clone()),
            ("HOME".to_owned(), home.path().display().to_string()),
        ]);
        let mut settings = Settings::of(environment, config, "");
        settings.mode = aws::Mode::Full;
        Client::new(settings)
    };
    std::fs::write(&file, cached("2001-01-01T00:00:00Z")).unwrap();
    let (_, cause) = call(&client(), "sqs", "listQueues", json!({})).await.unwrap_err();
    assert!(
        cause.contains("nobody is signed in to the SSO session `work`: `aws sso login` does that"),
        "{cause}"
    );
    std::fs::write(&file, cached("2099-01-01T00:00:00Z")).unwrap();
    let client = client();
    for _ in 0..2 {
        call(&client, "sqs", "listQueues", json!({})).await.unwrap();
    }
    let asked = asked.lock().unwrap();
    assert_eq!(asked.len(), 3, "the credentials are fetched once");
    let first = asked[0].to_ascii_lowercase();
    assert!(
        first.starts_with("get /federation/credentials?role_name=reader&account_id=123456789012 "),
        "{first}"
    );
    assert!(first.contains("x-amz-sso_bearer_token: signed-in"), "{first}");
    assert!(!first.contains("authorization:"), "{first}");
    assert!(asked[1].contains("Credential=AKSSO/"), "{}", asked[1]);
    assert!(asked[1].to_ascii_lowercase().contains("x-amz-security-token: st"));
}
