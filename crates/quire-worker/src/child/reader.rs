//! Reads a document's bytes from its descriptor.

use std::os::fd::OwnedFd;

use rustix::fs::FileType;

use quire_domain::failure::{Failure, FailureCode};

/// Reads from the first byte whatever the descriptor's offset, which other attempts may share.
pub(super) fn read_whole(file: &OwnedFd, max_bytes: u64) -> Result<Vec<u8>, Failure> {
    let unreadable = |error: rustix::io::Errno| Failure::new(FailureCode::DocumentUnreadable, error.to_string());
    let stat = rustix::fs::fstat(file).map_err(unreadable)?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        return Err(Failure::new(FailureCode::DocumentUnreadable, "not a regular file"));
    }
    let size = u64::try_from(stat.st_size).unwrap_or(0);
    if size > max_bytes {
        let detail = format!("{size} bytes; the limit is {max_bytes}");
        return Err(Failure::new(FailureCode::FileTooLarge, detail));
    }
    // One byte more, so that the read which finds the end needs no further room.
    let size = usize::try_from(size).unwrap_or(usize::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(size).map_err(|_| out_of_memory(size))?;
    while bytes.len() < bytes.capacity() {
        let offset = bytes.len() as u64;
        let spare = rustix::buffer::spare_capacity(&mut bytes);
        match rustix::io::pread(file, spare, offset) {
            Ok(0) => break,
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(unreadable(error)),
        }
    }
    if bytes.len() < size { Ok(bytes) } else { Err(grew()) }
}

fn out_of_memory(size: usize) -> Failure {
    Failure::new(FailureCode::OutOfMemory, format!("no room for a document of {size} bytes"))
}

fn grew() -> Failure {
    Failure::new(FailureCode::DocumentUnreadable, "the document grew while it was read")
}
