//! A disk as it is when the power goes: what was synced is there, of the rest whatever the dice say.
//!
//! The common model: a file's bytes are durable after a sync of the file, its names after a sync of each directory. Of
//! what was changed since, any part may be there, in any order across files: each write alone, the last of a file torn
//! at a sector; each name alone, so that a renamed file may have its old name, its new one, both or none. After a sync
//! that failed, the system takes the changes for written, and no later sync brings them to the disk.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;
use std::rc::Rc;

use super::dice::Dice;
use crate::faultdisk::tape::Op;

/// Which syncs count; controls take some away.
#[derive(Debug, Clone, Copy)]
pub(super) struct Trust {
    pub blob_bytes: bool,
    pub blob_names: bool,
}

impl Trust {
    pub(super) const ALL: Trust = Trust { blob_bytes: true, blob_names: true };
}

pub(super) struct Disk {
    nodes: Vec<Node>,
    by_inode: HashMap<u64, Id>,
    trust: Trust,
}

type Id = usize;

const ROOT: Id = 0;
const SECTOR: u64 = 512;
/// The index of the log lives in shared memory; whatever is found of it is made anew.
const INDEX: &str = "-shm";

/// A file or a directory, with the path at which it was made.
struct Node {
    home: String,
    body: Body,
}

enum Body {
    File(State<Vec<u8>, Change>),
    Dir(State<BTreeMap<String, Id>, Naming>),
}

/// Something as it is on the disk, as the server sees it, and what makes the difference.
struct State<T, C> {
    safe: T,
    live: T,
    pending: Vec<Pending<C>>,
}

struct Pending<C> {
    change: C,
    /// A sync of it failed: it stays in memory.
    is_dead: bool,
}

enum Change {
    Write { offset: u64, data: Rc<[u8]> },
    Truncate { length: u64 },
}

enum Naming {
    Put(String, Id),
    Drop(String),
}

trait Apply<T> {
    fn apply(&self, to: &mut T);
}

impl Apply<Vec<u8>> for Change {
    fn apply(&self, to: &mut Vec<u8>) {
        match self {
            Change::Write { offset, data } => write(to, *offset, data),
            Change::Truncate { length } => to.resize(*length as usize, 0),
        }
    }
}

impl Apply<BTreeMap<String, Id>> for Naming {
    fn apply(&self, to: &mut BTreeMap<String, Id>) {
        match self {
            Naming::Put(name, id) => drop(to.insert(name.clone(), *id)),
            Naming::Drop(name) => drop(to.remove(name)),
        }
    }
}

impl<T: Default, C: Apply<T>> State<T, C> {
    fn new() -> Self {
        Self { safe: T::default(), live: T::default(), pending: Vec::new() }
    }

    fn change(&mut self, change: C) {
        change.apply(&mut self.live);
        self.pending.push(Pending { change, is_dead: false });
    }

    fn sync(&mut self) {
        for pending in self.pending.drain(..).filter(|pending| !pending.is_dead) {
            pending.change.apply(&mut self.safe);
        }
    }

    fn sync_failed(&mut self) {
        self.pending.iter_mut().for_each(|pending| pending.is_dead = true);
    }

    /// The pending changes that have reached the disk by themselves.
    fn lucky(&self, dice: &mut Dice) -> Vec<&C> {
        let alive = self.pending.iter().filter(|pending| !pending.is_dead);
        alive.filter(|_| dice.is_lucky()).map(|pending| &pending.change).collect()
    }
}

impl Disk {
    pub(super) fn new(trust: Trust) -> Self {
        let root = Node { home: String::new(), body: Body::Dir(State::new()) };
        Self { nodes: vec![root], by_inode: HashMap::new(), trust }
    }

    pub(super) fn apply(&mut self, op: &Op) {
        match op {
            Op::Start { root } => drop(self.by_inode.insert(*root, ROOT)),
            Op::Create { path, inode } => self.make(path, *inode, Body::File(State::new())),
            Op::MakeDir { path, inode } => self.make(path, *inode, Body::Dir(State::new())),
            Op::Write { inode, offset, data } => {
                self.file(*inode).change(Change::Write { offset: *offset, data: Rc::clone(data) });
            }
            Op::Truncate { inode, length } => self.file(*inode).change(Change::Truncate { length: *length }),
            Op::Rename { from, to } => {
                let id = self.dir_of(from).live[name_of(from)];
                self.dir_of(from).change(Naming::Drop(name_of(from).into()));
                self.dir_of(to).change(Naming::Put(name_of(to).into(), id));
            }
            Op::Remove { path } => self.dir_of(path).change(Naming::Drop(name_of(path).into())),
            Op::Sync { inode } => self.sync(*inode),
            Op::SyncFailed { inode } => match self.node(*inode).body {
                Body::File(ref mut file) => file.sync_failed(),
                Body::Dir(ref mut dir) => dir.sync_failed(),
            },
        }
    }

    /// Writes down what is found when the power is back; `into` must not exist.
    pub(super) fn cut(&self, dice: &mut Dice, into: &Path) {
        self.put_dir(ROOT, dice, into);
    }

    /// Every file as the server sees it, by its path.
    pub(super) fn live(&self) -> BTreeMap<String, &[u8]> {
        let mut found = BTreeMap::new();
        self.walk(ROOT, "", &mut found);
        found
    }

    fn make(&mut self, path: &str, inode: u64, body: Body) {
        self.nodes.push(Node { home: path.into(), body });
        let id = self.nodes.len() - 1;
        self.by_inode.insert(inode, id);
        self.dir_of(path).change(Naming::Put(name_of(path).into(), id));
    }

    fn sync(&mut self, inode: u64) {
        let trust = self.trust;
        let node = self.node(inode);
        match &mut node.body {
            Body::File(file) if trust.blob_bytes || !node.home.starts_with("incoming/") => file.sync(),
            Body::Dir(dir) if trust.blob_names || !node.home.starts_with("blobs") => dir.sync(),
            _ => {}
        }
    }

    fn node(&mut self, inode: u64) -> &mut Node {
        let id = self.by_inode.get(&inode).unwrap_or_else(|| panic!("inode {inode} was never made"));
        &mut self.nodes[*id]
    }

    fn file(&mut self, inode: u64) -> &mut State<Vec<u8>, Change> {
        match &mut self.node(inode).body {
            Body::File(file) => file,
            Body::Dir(_) => panic!("inode {inode} is a directory"),
        }
    }

    fn dir_of(&mut self, path: &str) -> &mut State<BTreeMap<String, Id>, Naming> {
        let mut at = ROOT;
        for name in path.split('/').rev().skip(1).collect::<Vec<_>>().into_iter().rev() {
            let Body::Dir(dir) = &self.nodes[at].body else { panic!("{path} leads through a file") };
            at = dir.live[name];
        }
        match &mut self.nodes[at].body {
            Body::Dir(dir) => dir,
            Body::File(_) => panic!("{path} is below a file"),
        }
    }

    fn put_dir(&self, id: Id, dice: &mut Dice, into: &Path) {
        let Body::Dir(dir) = &self.nodes[id].body else { return };
        fs::create_dir(into).unwrap();
        let mut names = dir.safe.clone();
        dir.lucky(dice).into_iter().for_each(|naming| naming.apply(&mut names));
        for (name, id) in names {
            match &self.nodes[id].body {
                Body::Dir(_) => self.put_dir(id, dice, &into.join(name)),
                Body::File(_) if name.ends_with(INDEX) => fs::write(into.join(name), dice.garbage(32 << 10)).unwrap(),
                Body::File(file) => fs::write(into.join(name), survivor(file, dice)).unwrap(),
            }
        }
    }

    fn walk<'a>(&'a self, id: Id, path: &str, found: &mut BTreeMap<String, &'a [u8]>) {
        match &self.nodes[id].body {
            Body::File(_) if path.ends_with(INDEX) => {}
            Body::File(file) => drop(found.insert(path.into(), &file.live)),
            Body::Dir(dir) => {
                for (name, id) in &dir.live {
                    self.walk(*id, format!("{path}/{name}").trim_start_matches('/'), found);
                }
            }
        }
    }
}

/// The bytes of a file after the cut.
fn survivor(file: &State<Vec<u8>, Change>, dice: &mut Dice) -> Vec<u8> {
    let mut bytes = file.safe.clone();
    let lucky = file.lucky(dice);
    let (last, others) = match lucky.split_last() {
        Some((last, others)) => (Some(last), others),
        None => (None, &[][..]),
    };
    others.iter().for_each(|change| change.apply(&mut bytes));
    match last {
        Some(Change::Write { offset, data }) if dice.tears() => {
            let end = (offset + dice.below(data.len() as u64)) / SECTOR * SECTOR;
            write(&mut bytes, *offset, &data[..end.saturating_sub(*offset) as usize]);
        }
        Some(change) => change.apply(&mut bytes),
        None => {}
    }
    bytes
}

fn write(to: &mut Vec<u8>, offset: u64, data: &[u8]) {
    let (from, end) = (offset as usize, offset as usize + data.len());
    if data.is_empty() {
        return;
    }
    to.resize(to.len().max(end), 0);
    to[from..end].copy_from_slice(data);
}

fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
