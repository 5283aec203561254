//! Quota of one job's output: the parent's own count, whatever the child says. Pure.

use quire_domain::failure::{Failure, FailureCode};

const MAX_NAME_BYTES: usize = 128;

/// Watches that a job's artifacts stay within its limits and come as announced. Every `Err` of its methods means that
/// the process must die.
#[derive(Debug, Clone)]
pub struct OutputQuota {
    artifacts_left: u32,
    bytes_left: u64,
    /// Bytes that the open artifact still owes.
    open: Option<u64>,
    /// Set when the artifacts could not be kept; the job then fails with it, the process lives on.
    refused: Option<Failure>,
}

impl OutputQuota {
    pub fn new(max_artifacts: u32, max_output_bytes: u64) -> Self {
        Self { artifacts_left: max_artifacts, bytes_left: max_output_bytes, open: None, refused: None }
    }

    /// The process announces an artifact.
    pub fn begin_artifact(&mut self, name: &str, media_type: &str, size: u64) -> Result<(), Failure> {
        if self.open.is_some() {
            return Err(protocol_violation("an artifact within an artifact"));
        }
        if !is_plain_name(name) || !is_media_type(media_type) {
            return Err(protocol_violation("an artifact with an impossible name or media type"));
        }
        self.artifacts_left = self
            .artifacts_left
            .checked_sub(1)
            .ok_or_else(|| Failure::new(FailureCode::TooManyArtifacts, "one artifact too many"))?;
        self.bytes_left = self.bytes_left.checked_sub(size).ok_or_else(|| {
            let detail = format!("an artifact of {size} bytes is more than the {} left", self.bytes_left);
            Failure::new(FailureCode::OutputTooLarge, detail)
        })?;
        self.open = Some(size);
        Ok(())
    }

    /// Bytes of the artifact arrive.
    pub fn add_chunk(&mut self, bytes: usize) -> Result<(), Failure> {
        let owed = self.open.ok_or_else(|| protocol_violation("a chunk outside an artifact"))?;
        let left =
            owed.checked_sub(bytes as u64).ok_or_else(|| protocol_violation("an artifact longer than announced"))?;
        self.open = Some(left);
        Ok(())
    }

    /// The process says that the artifact is complete.
    pub fn close_artifact(&mut self) -> Result<(), Failure> {
        match self.open.take() {
            Some(0) => Ok(()),
            Some(_) => Err(protocol_violation("an artifact shorter than announced")),
            None => Err(protocol_violation("the end of no artifact")),
        }
    }

    /// The server could not store an artifact: the job fails with this in the end.
    pub fn refuse_artifact(&mut self, failure: Failure) {
        self.refused.get_or_insert(failure);
    }

    pub fn has_store_failure(&self) -> bool {
        self.refused.is_some()
    }

    /// The job says it is done: what it must fail with nevertheless, if anything.
    pub fn finish_job(&mut self) -> Result<Option<Failure>, Failure> {
        match self.open {
            None => Ok(self.refused.take()),
            Some(_) => Err(protocol_violation("a result within an artifact")),
        }
    }
}

/// The failure of a process that broke the protocol, with what was seen.
pub fn protocol_violation(seen: impl Into<String>) -> Failure {
    Failure::new(FailureCode::ProtocolViolation, seen)
}

/// A name that is safe as a file's name anywhere.
fn is_plain_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    !name.is_empty() && name.len() <= MAX_NAME_BYTES && !name.starts_with('.') && name.bytes().all(plain)
}

fn is_media_type(text: &str) -> bool {
    let plain = |byte: u8| byte == b' ' || byte.is_ascii_graphic();
    text.len() <= MAX_NAME_BYTES && text.contains('/') && text.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quota() -> OutputQuota {
        OutputQuota::new(2, 10)
    }

    fn code(result: Result<(), Failure>) -> Option<FailureCode> {
        result.err().map(|failure| failure.code)
    }

    #[test]
    fn artifacts_within_the_limits_are_let_through() {
        let mut quota = quota();
        assert_eq!(quota.begin_artifact("text.txt", "text/plain", 7), Ok(()));
        assert_eq!(quota.add_chunk(3).and_then(|()| quota.add_chunk(4)).and_then(|()| quota.close_artifact()), Ok(()));
        assert_eq!(quota.begin_artifact("pages.json", "application/json", 3), Ok(()));
        assert_eq!(quota.add_chunk(3).and_then(|()| quota.close_artifact()), Ok(()));
        assert_eq!(quota.finish_job(), Ok(None));
        assert_eq!(code(quota.begin_artifact("c", "a/b", 0)), Some(FailureCode::TooManyArtifacts));
    }

    #[test]
    fn the_announced_size_counts_before_a_byte_of_it_has_come() {
        let mut quota = quota();
        assert_eq!(code(quota.begin_artifact("a", "a/b", 11)), Some(FailureCode::OutputTooLarge));
    }

    #[test]
    fn artifacts_out_of_order_or_of_another_size_break_the_protocol() {
        let broken = Some(FailureCode::ProtocolViolation);
        assert_eq!(code(quota().add_chunk(1)), broken);
        assert_eq!(code(quota().close_artifact()), broken);
        let mut open = quota();
        assert_eq!(open.begin_artifact("a", "a/b", 5), Ok(()));
        assert_eq!(code(open.clone().begin_artifact("b", "a/b", 1)), broken);
        assert_eq!(code(open.clone().add_chunk(6)), broken);
        assert_eq!(code(open.clone().close_artifact()), broken);
        assert_eq!(code(open.finish_job().map(|_| ())), broken);
    }

    #[test]
    fn a_name_that_could_leave_its_folder_breaks_the_protocol() {
        for name in ["", "..", ".hidden", "a/b", "a\\b", "a\0", "\u{202e}", &"x".repeat(129)] {
            assert_eq!(code(quota().begin_artifact(name, "a/b", 0)), Some(FailureCode::ProtocolViolation), "{name:?}");
        }
        assert_eq!(code(quota().begin_artifact("a", "a/b\r\nX: y", 0)), Some(FailureCode::ProtocolViolation));
    }

    #[test]
    fn the_first_refusal_becomes_the_jobs_failure() {
        let mut quota = quota();
        quota.refuse_artifact(Failure::new(FailureCode::StorageFailed, "first"));
        quota.refuse_artifact(Failure::new(FailureCode::StorageFailed, "second"));
        assert!(quota.has_store_failure());
        assert_eq!(quota.finish_job(), Ok(Some(Failure::new(FailureCode::StorageFailed, "first"))));
    }
}
