//! Conditional requests: `If-None-Match`, `If-Range` and `Range` (RFC 9110).

use actix_web::HttpRequest;
use actix_web::http::header;

/// Whether `If-None-Match` names this tag; compared weakly, as that header wants it.
pub(super) fn is_known(request: &HttpRequest, etag: &str) -> bool {
    let bare = etag.trim_start_matches("W/");
    let mut given = request.headers().get_all(header::IF_NONE_MATCH).filter_map(|value| value.to_str().ok());
    given.any(|list| list.split(',').map(str::trim).any(|tag| tag == "*" || tag.trim_start_matches("W/") == bare))
}

/// Range of a file to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ByteRange {
    Whole,
    /// From and to, both included.
    Span(u64, u64),
    Beyond,
}

/// One range of bytes. Several, or none that can be read, mean the whole file, as the RFC allows.
pub(super) fn part(request: &HttpRequest, size: u64, etag: &str) -> ByteRange {
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    let is_stale = header(header::IF_RANGE).is_some_and(|tag| tag != etag);
    match header(header::RANGE).filter(|_| !is_stale) {
        Some(range) => parse(range, size).unwrap_or(ByteRange::Whole),
        None => ByteRange::Whole,
    }
}

pub(super) fn parse(range: &str, size: u64) -> Option<ByteRange> {
    let (first, last) = range.trim().strip_prefix("bytes=")?.split_once('-')?;
    let (first, last) = (first.trim(), last.trim());
    if first.is_empty() {
        let events_after: u64 = last.parse().ok()?;
        let beyond = events_after == 0 || size == 0;
        return Some(if beyond {
            ByteRange::Beyond
        } else {
            ByteRange::Span(size.saturating_sub(events_after), size - 1)
        });
    }
    let first: u64 = first.parse().ok()?;
    let last = if last.is_empty() { u64::MAX } else { last.parse().ok()? };
    if last < first {
        return None;
    }
    Some(if first >= size { ByteRange::Beyond } else { ByteRange::Span(first, last.min(size - 1)) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_the_rfc_says() {
        for (range, part) in [
            ("bytes=0-0", Some(ByteRange::Span(0, 0))),
            ("bytes=5-", Some(ByteRange::Span(5, 9))),
            ("bytes=-3", Some(ByteRange::Span(7, 9))),
            ("bytes=-30", Some(ByteRange::Span(0, 9))),
            ("bytes=2-99", Some(ByteRange::Span(2, 9))),
            ("bytes=10-", Some(ByteRange::Beyond)),
            ("bytes=-0", Some(ByteRange::Beyond)),
            ("bytes=5-2", None),
            ("bytes=0-1,3-4", None),
            ("lines=1-2", None),
        ] {
            assert_eq!(parse(range, 10), part, "{range}");
        }
        assert_eq!(parse("bytes=0-", 0), Some(ByteRange::Beyond));
    }
}
