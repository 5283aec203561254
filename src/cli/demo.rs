//! `quire demo`.

use super::Exit;
use super::args::DemoArgs;

pub fn demo(_args: DemoArgs) -> anyhow::Result<Exit> {
    Ok(Exit::Fine)
}
