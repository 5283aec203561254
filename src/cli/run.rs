//! `quire run`.

use super::Exit;
use super::args::RunArgs;

pub fn run(_args: RunArgs) -> anyhow::Result<Exit> {
    Ok(Exit::Fine)
}
