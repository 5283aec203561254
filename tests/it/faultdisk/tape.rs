//! The tape: every change of the data directory in the order in which it happened. The writer is `faultdisk.c`.

use std::rc::Rc;

/// One change; paths are relative to the data directory.
#[derive(Debug, Clone)]
pub(crate) enum Op {
    /// A server starts; the directory itself is this inode.
    Start {
        root: u64,
    },
    Create {
        path: String,
        inode: u64,
    },
    MakeDir {
        path: String,
        inode: u64,
    },
    Write {
        inode: u64,
        offset: u64,
        data: Rc<[u8]>,
    },
    Truncate {
        inode: u64,
        length: u64,
    },
    Rename {
        from: String,
        to: String,
    },
    Remove {
        path: String,
    },
    Sync {
        inode: u64,
    },
    /// The system takes what it could not write for written.
    SyncFailed {
        inode: u64,
    },
}

#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub op: Op,
    /// The tape's length with this entry, in bytes.
    pub end: u64,
}

impl Op {
    pub(crate) fn is_sync(&self) -> bool {
        matches!(self, Op::Sync { .. } | Op::SyncFailed { .. })
    }
}

pub(crate) fn read(mut bytes: &[u8]) -> Vec<Entry> {
    let whole = bytes.len();
    let mut entries = Vec::new();
    while !bytes.is_empty() {
        let op = entry(&mut bytes);
        entries.push(Entry { op, end: (whole - bytes.len()) as u64 });
    }
    entries
}

fn entry(bytes: &mut &[u8]) -> Op {
    let [kind, path_len, to_len, data_len] = [0; 4].map(|_: u8| u32::from_ne_bytes(take(bytes, 4).try_into().unwrap()));
    let [inode, offset] = [0; 2].map(|_: u8| u64::from_ne_bytes(take(bytes, 8).try_into().unwrap()));
    let [path, to] = [path_len, to_len].map(|len| String::from_utf8(take(bytes, len as usize).to_vec()).unwrap());
    let data = take(bytes, data_len as usize);
    match kind {
        1 => Op::Start { root: inode },
        2 => Op::Create { path, inode },
        3 => Op::MakeDir { path, inode },
        4 => Op::Write { inode, offset, data: data.into() },
        5 => Op::Truncate { inode, length: offset },
        6 => Op::Rename { from: path, to },
        7 | 8 => Op::Remove { path },
        9 => Op::Sync { inode },
        10 => Op::SyncFailed { inode },
        other => panic!("no entry of a tape begins with {other}"),
    }
}

fn take<'a>(bytes: &mut &'a [u8], count: usize) -> &'a [u8] {
    let (taken, rest) = bytes.split_at(count);
    *bytes = rest;
    taken
}
