//! Session: who has signed in, in a browser.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::key::Key;

/// How long somebody stays signed in: as long as in AWS's own console, unless told otherwise.
pub const LIFETIME: SignedDuration = SignedDuration::from_hours(12);

/// How many may be signed in at once; the one whose session would end first makes room.
const SESSIONS_MAX: usize = 1000;

/// Somebody who has signed in.
#[derive(Clone, Debug)]
pub struct Session {
    /// With which key.
    pub key: Arc<Key>,
    /// Until when.
    pub until: Timestamp,
}

/// Everybody who has signed in. Kept in memory: a restart of the server signs everybody out.
#[derive(Debug, Default)]
pub struct Sessions(Mutex<HashMap<String, Session>>);

/// What somebody has come in with, for whoever goes on telling them things.
#[derive(Clone, Debug)]
pub struct Ticket {
    sessions: Arc<Sessions>,
    token: String,
}

impl Ticket {
    /// The ticket of a browser.
    pub fn new(sessions: &Arc<Sessions>, token: &str) -> Self {
        Self {
            sessions: Arc::clone(sessions),
            token: token.to_owned(),
        }
    }

    /// Whether the session goes on.
    pub fn is_good(&self, now: Timestamp) -> bool {
        self.sessions.find(&self.token, now).is_some()
    }
}

impl Sessions {
    /// Signs somebody in. Gives the secret by which a browser will be known, and the session.
    pub fn begin(&self, key: Arc<Key>, now: Timestamp) -> (String, Session) {
        // Two of them have 244 random bits.
        let token = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
        let until = now.saturating_add(LIFETIME).unwrap_or(Timestamp::MAX);
        let session = Session { key, until };
        let mut sessions = self.lock();
        sessions.retain(|_, session| session.until > now);
        if sessions.len() >= SESSIONS_MAX {
            let first = sessions.iter().min_by_key(|(_, session)| session.until);
            if let Some(first) = first.map(|(token, _)| token.clone()) {
                sessions.remove(&first);
            }
        }
        sessions.insert(hashed(&token), session.clone());
        (token, session)
    }

    /// The session of a browser, unless it is over.
    pub fn find(&self, token: &str, now: Timestamp) -> Option<Session> {
        let found = self.lock().get(&hashed(token)).cloned();
        found.filter(|session| session.until > now)
    }

    /// Signs somebody out.
    pub fn end(&self, token: &str) {
        self.lock().remove(&hashed(token));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is looked up is no secret, so that how long a look takes tells nothing.
fn hashed(token: &str) -> String {
    sigv4::hash(token.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn key(name: &str) -> Arc<Key> {
        Arc::new(Key {
            name: name.to_owned(),
            access_key_id: String::new(),
            secret: String::new(),
            session_token: None,
            account: String::new(),
            arn: String::new(),
            policy: None,
        })
    }

    #[test]
    fn session_ends_by_itself_or_when_its_owner_says_so() {
        let sessions = Arc::new(Sessions::default());
        let (one, session) = sessions.begin(key("one"), NOW);
        let (two, _) = sessions.begin(key("two"), NOW);
        assert_eq!(sessions.find(&two, NOW).unwrap().key.name, "two");
        assert!(sessions.find(&one, session.until).is_none());
        assert!(sessions.find("other", NOW).is_none());
        let ticket = Ticket::new(&sessions, &one);
        assert!(ticket.is_good(NOW));
        sessions.end(&one);
        assert!(sessions.find(&one, NOW).is_none());
        assert!(!ticket.is_good(NOW));
        assert!(sessions.find(&two, NOW).is_some());
    }

    #[test]
    fn there_are_only_so_many_sessions() {
        let sessions = Sessions::default();
        let (first, _) = sessions.begin(key("first"), NOW);
        let later = NOW + SignedDuration::from_secs(1);
        for _ in 0..SESSIONS_MAX {
            sessions.begin(key("more"), later);
        }
        assert_eq!(sessions.lock().len(), SESSIONS_MAX);
        assert!(sessions.find(&first, later).is_none());
    }
}
