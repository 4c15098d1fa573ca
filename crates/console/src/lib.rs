//! The files of the web console, inside the binary.
//!
//! [`answer`] gives them to browsers. They are built beforehand, from the folder `console/`; a binary that was built
//! without them says on a page how to add them.

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{
    ACCEPT_ENCODING, ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    HeaderMap, HeaderValue, IF_NONE_MATCH, LOCATION, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use hyper::{Method, Response, StatusCode};

/// Where the console is.
pub const PATH: &str = "/console/";

/// A built file, compressed twice.
struct File {
    name: &'static str,
    brotli: &'static [u8],
    gzip: &'static [u8],
}

static FILES: &[File] = include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// Shown when the binary has no console.
const MISSING: &str = include_str!("missing.html");

const INDEX: &str = "index.html";

/// Files below it have their content's hash in their name.
const HASHED: &str = "assets/";

/// Nothing is fetched from elsewhere. Styles are also set by scripts, element by element.
const POLICY: &str = "default-src 'none'; script-src 'self'; worker-src 'self' blob:; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; manifest-src 'self'; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'";

/// Whether a path is one of the console's, or the root, which leads there.
pub fn is_path(path: &str) -> bool {
    path == "/" || path == PATH.trim_end_matches('/') || path.starts_with(PATH)
}

/// The console's answer to a request for one of its paths.
///
/// A path that names no file is a place within the console and gets its page, except where files would be.
pub fn answer(method: &Method, path: &str, headers: &HeaderMap) -> Response<Full<Bytes>> {
    if method != Method::GET && method != Method::HEAD {
        let mut refusal = page(StatusCode::METHOD_NOT_ALLOWED, "method not allowed\n");
        refusal
            .headers_mut()
            .insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return refusal;
    }
    let Some(name) = path.strip_prefix(PATH) else {
        return to_the_console();
    };
    let Some(index) = find(INDEX) else {
        return html(StatusCode::OK, Bytes::from_static(MISSING.as_bytes()));
    };
    match find(name) {
        Some(file) => serve(file, headers),
        None if name.starts_with(HASHED) => page(StatusCode::NOT_FOUND, "not found\n"),
        None => serve(index, headers),
    }
}

fn find(name: &str) -> Option<&'static File> {
    FILES
        .binary_search_by(|file| file.name.cmp(name))
        .ok()
        .map(|place| &FILES[place])
}

fn serve(file: &'static File, headers: &HeaderMap) -> Response<Full<Bytes>> {
    let accepts_brotli = headers
        .get_all(ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|coding| coding.split(';').next().is_some_and(|name| name.trim() == "br"));
    // Every browser that can run the console reads gzip, whatever it says.
    let (coding, content) = if accepts_brotli {
        ("br", file.brotli)
    } else {
        ("gzip", file.gzip)
    };
    let is_hashed = file.name.starts_with(HASHED);
    let tag = format!("\"{:016x}-{coding}\"", fingerprint(content));
    let is_known = headers
        .get(IF_NONE_MATCH)
        .is_some_and(|known| known == tag.as_str());
    let (status, content) = if is_known && !is_hashed {
        (StatusCode::NOT_MODIFIED, &[][..])
    } else {
        (StatusCode::OK, content)
    };
    let mut response = html(status, Bytes::from_static(content));
    let members = response.headers_mut();
    members.insert(CONTENT_TYPE, HeaderValue::from_static(content_type(file.name)));
    members.insert(CONTENT_ENCODING, HeaderValue::from_static(coding));
    members.insert(VARY, HeaderValue::from_static("accept-encoding"));
    if is_hashed {
        let forever = HeaderValue::from_static("public, max-age=31536000, immutable");
        members.insert(CACHE_CONTROL, forever);
    } else if let Ok(tag) = HeaderValue::from_str(&tag) {
        members.insert(ETAG, tag);
    }
    response
}

/// FNV-1a of a file's content, which changes when it does.
fn fingerprint(content: &[u8]) -> u64 {
    content.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("json") => "application/json",
        Some("woff2") => "font/woff2",
        Some("png") => "image/png",
        _ => "application/octet-stream",
    }
}

fn to_the_console() -> Response<Full<Bytes>> {
    let mut response = page(StatusCode::FOUND, "");
    response
        .headers_mut()
        .insert(LOCATION, HeaderValue::from_static(PATH));
    response
}

fn page(status: StatusCode, text: &'static str) -> Response<Full<Bytes>> {
    let mut response = html(status, Bytes::from_static(text.as_bytes()));
    response.headers_mut().insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    response
}

fn html(status: StatusCode, content: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(content));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(path: &str) -> Response<Full<Bytes>> {
        answer(&Method::GET, path, &HeaderMap::new())
    }

    #[test]
    fn root_leads_to_the_console() {
        for path in ["/", "/console"] {
            assert!(is_path(path));
            let response = get(path);
            assert_eq!(response.status(), StatusCode::FOUND);
            assert_eq!(response.headers()[LOCATION], PATH);
        }
        assert!(!is_path("/consoles") && !is_path("/health"));
    }

    #[test]
    fn every_place_has_the_page_and_nothing_may_load_from_elsewhere() {
        for path in ["/console/", "/console/machines/some"] {
            let response = get(path);
            assert_eq!(response.status(), StatusCode::OK);
            let headers = response.headers();
            assert_eq!(headers[CONTENT_TYPE], "text/html; charset=utf-8");
            assert_eq!(headers[CACHE_CONTROL], "no-cache");
            assert!(
                headers[CONTENT_SECURITY_POLICY]
                    .to_str()
                    .unwrap()
                    .starts_with("default-src 'none'")
            );
        }
    }

    #[test]
    fn hashed_files_are_kept_for_ever_and_missing_ones_are_missing() {
        if FILES.is_empty() {
            return;
        }
        let hashed = FILES
            .iter()
            .find(|file| file.name.starts_with(HASHED))
            .expect("a build has scripts");
        let response = get(&format!("{PATH}{}", hashed.name));
        assert!(
            response.headers()[CACHE_CONTROL]
                .to_str()
                .unwrap()
                .contains("immutable")
        );
        assert_eq!(get("/console/assets/gone.js").status(), StatusCode::NOT_FOUND);
    }

    #[test]
    fn page_that_is_known_is_not_sent_again() {
        if FILES.is_empty() {
            return;
        }
        let tag = get(PATH).headers()[ETAG].clone();
        let headers = HeaderMap::from_iter([(IF_NONE_MATCH, tag)]);
        let again = answer(&Method::GET, PATH, &headers);
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    }

    #[test]
    fn brotli_is_sent_to_those_who_read_it() {
        if FILES.is_empty() {
            return;
        }
        for (accepted, coding) in [("gzip, br;q=0.9", "br"), ("gzip", "gzip"), ("brother", "gzip")] {
            let headers = HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static(accepted))]);
            let response = answer(&Method::GET, PATH, &headers);
            assert_eq!(response.headers()[CONTENT_ENCODING], coding);
        }
    }

    #[test]
    fn only_reading_is_allowed() {
        let refused = answer(&Method::POST, PATH, &HeaderMap::new());
        assert_eq!(refused.status(), StatusCode::METHOD_NOT_ALLOWED);
    }
}
