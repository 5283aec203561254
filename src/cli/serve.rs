//! `quire serve`.

use super::Exit;
use super::args::ServeArgs;

pub fn serve(_args: ServeArgs) -> anyhow::Result<Exit> {
    Ok(Exit::Fine)
}
