//! Stream: the messages of an event stream, `application/vnd.amazon.eventstream`, once it has ended.

use crate::wire::request::BadAnswer;

/// A message of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// What it is: the name of an event or of an exception.
    pub name: String,
    /// Whether it says that the stream has failed.
    pub is_failure: bool,
    /// What it says, for a failure without a body in words of its own.
    pub payload: Vec<u8>,
}

/// The lengths of a message and of its headers, and the sum over both.
const PRELUDE_BYTES: usize = 12;

/// The sum over the message.
const SUM_BYTES: usize = 4;

/// Reads all messages of a stream.
pub fn messages(stream: &[u8]) -> Result<Vec<Message>, BadAnswer> {
    let bad = BadAnswer::Body("event stream");
    let mut rest = stream;
    let mut messages = Vec::new();
    while !rest.is_empty() {
        let length = number(rest, 0).ok_or(bad)?;
        if length < PRELUDE_BYTES + SUM_BYTES || length > rest.len() {
            return Err(bad);
        }
        let (message, after) = rest.split_at(length);
        messages.push(message_of(message).ok_or(bad)?);
        rest = after;
    }
    Ok(messages)
}

/// A message whose length is right; nothing if its sums or its headers are not.
fn message_of(message: &[u8]) -> Option<Message> {
    let (sums, headers_bytes) = (message.len() - SUM_BYTES, number(message, 4)?);
    let is_whole =
        |end: usize| number(message, end).is_some_and(|sum| crc32fast::hash(&message[..end]) as usize == sum);
    if !is_whole(PRELUDE_BYTES - SUM_BYTES) || !is_whole(sums) {
        return None;
    }
    let headers_end = PRELUDE_BYTES
        .checked_add(headers_bytes)
        .filter(|end| *end <= sums)?;
    let mut headers = &message[PRELUDE_BYTES..headers_end];
    let (mut kind, mut name, mut told) = (String::new(), String::new(), None);
    while !headers.is_empty() {
        let (header, value) = take_header(&mut headers)?;
        match &*header {
            ":message-type" => kind = value?,
            ":event-type" | ":exception-type" | ":error-code" => name = value?,
            ":error-message" => told = value,
            _ => {}
        }
    }
    let payload = &message[headers_end..sums];
    Some(Message {
        name,
        is_failure: kind != "event",
        payload: told.map_or_else(|| payload.to_vec(), String::into_bytes),
    })
}

/// The next header: its name, and its value if that is a text.
fn take_header(headers: &mut &[u8]) -> Option<(String, Option<String>)> {
    let name_bytes = usize::from(*headers.first()?);
    let name = text(headers.get(1..=name_bytes)?)?;
    let kind = *headers.get(1 + name_bytes)?;
    let value = headers.get(2 + name_bytes..)?;
    let counted = || {
        let bytes = value.get(..2)?;
        Some(2 + usize::from(u16::from_be_bytes([bytes[0], bytes[1]])))
    };
    let length = match kind {
        // True and false.
        0 | 1 => 0,
        2 => 1,
        3 => 2,
        4 => 4,
        // A long integer, a moment.
        5 | 8 => 8,
        // Bytes, a text.
        6 | 7 => counted()?,
        // A UUID.
        9 => 16,
        _ => return None,
    };
    let (value, rest) = value.split_at_checked(length)?;
    *headers = rest;
    let value = if kind == 7 { text(&value[2..]) } else { None };
    Some((name, value))
}

fn text(bytes: &[u8]) -> Option<String> {
    String::from_utf8(bytes.to_vec()).ok()
}

fn number(bytes: &[u8], place: usize) -> Option<usize> {
    let bytes: [u8; 4] = bytes.get(place..place.checked_add(4)?)?.try_into().ok()?;
    usize::try_from(u32::from_be_bytes(bytes)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A message with headers that are texts, as services write it.
    fn message(headers: &[(&str, &str)], payload: &[u8]) -> Vec<u8> {
        let mut written = Vec::new();
        for (name, value) in headers {
            written.push(u8::try_from(name.len()).unwrap());
            written.extend_from_slice(name.as_bytes());
            written.push(7);
            written.extend_from_slice(&u16::try_from(value.len()).unwrap().to_be_bytes());
            written.extend_from_slice(value.as_bytes());
        }
        let length = |length: usize| u32::try_from(length).unwrap().to_be_bytes();
        let mut message = Vec::new();
        message.extend(length(PRELUDE_BYTES + written.len() + payload.len() + SUM_BYTES));
        message.extend(length(written.len()));
        message.extend(crc32fast::hash(&message).to_be_bytes());
        message.extend(written);
        message.extend(payload);
        message.extend(crc32fast::hash(&message).to_be_bytes());
        message
    }

    fn event(name: &str, payload: &[u8]) -> Vec<u8> {
        let headers = [
            (":message-type", "event"),
            (":event-type", name),
            (":content-type", "application/json"),
        ];
        message(&headers, payload)
    }

    #[test]
    fn messages_are_read_in_order() {
        let failure = [
            (":message-type", "exception"),
            (":exception-type", "throttlingException"),
        ];
        let error = [
            (":message-type", "error"),
            (":error-code", "Gone"),
            (":error-message", "it went"),
        ];
        let stream = [
            event("a", b"{}"),
            event("b", b""),
            message(&failure, b"{\"m\":1}"),
            message(&error, b""),
        ]
        .concat();
        let read = messages(&stream).unwrap();
        let shown: Vec<_> = read
            .iter()
            .map(|message| (&*message.name, message.is_failure, &*message.payload))
            .collect();
        assert_eq!(
            shown,
            [
                ("a", false, &b"{}"[..]),
                ("b", false, b""),
                ("throttlingException", true, b"{\"m\":1}"),
                ("Gone", true, b"it went"),
            ]
        );
        assert_eq!(messages(b""), Ok(Vec::new()));
    }

    #[test]
    fn headers_of_other_kinds_are_passed_over() {
        let mut stream = event("a", b"{}");
        // The first header becomes one of eight bytes, the sums are put right.
        let values: &[(u8, &[u8])] = &[
            (0, b""),
            (1, b""),
            (2, b"1"),
            (3, b"12"),
            (4, b"1234"),
            (5, b"12345678"),
            (6, b"\0\x01x"),
            (9, &[0; 16]),
        ];
        let mut headers = Vec::new();
        for (kind, value) in values {
            headers.extend([1, b'x', *kind]);
            headers.extend(*value);
        }
        stream.splice(PRELUDE_BYTES..PRELUDE_BYTES, headers.iter().copied());
        let length = u32::try_from(stream.len()).unwrap();
        let before = u32::from_be_bytes(stream[4..8].try_into().unwrap());
        stream[..4].copy_from_slice(&length.to_be_bytes());
        stream[4..8].copy_from_slice(&(before + u32::try_from(headers.len()).unwrap()).to_be_bytes());
        let sum = crc32fast::hash(&stream[..8]);
        stream[8..12].copy_from_slice(&sum.to_be_bytes());
        let end = stream.len() - SUM_BYTES;
        let sum = crc32fast::hash(&stream[..end]);
        stream[end..].copy_from_slice(&sum.to_be_bytes());
        assert_eq!(messages(&stream).unwrap()[0].name, "a");
    }

    #[test]
    fn what_is_no_stream_is_refused_wherever_it_is_damaged() {
        let stream = event("a", b"{\"b\":1}");
        for length in 1..stream.len() {
            assert!(messages(&stream[..length]).is_err(), "{length}");
        }
        for place in 0..stream.len() {
            let mut damaged = stream.clone();
            damaged[place] ^= 0x55;
            assert!(messages(&damaged).is_err(), "{place}");
        }
        assert!(messages(&[0xff; 64]).is_err());
        assert!(messages(&[0; 64]).is_err());
    }
}
