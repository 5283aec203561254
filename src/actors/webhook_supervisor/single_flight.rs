//! Single flight: requests that come during a run collapse into one rerun.

#[derive(Debug, Default)]
pub(super) struct SingleFlight {
    is_taken: bool,
    again: bool,
}

impl SingleFlight {
    /// Whether to go in. Who may not is remembered.
    pub(super) fn enter(&mut self) -> bool {
        self.again |= self.is_taken;
        !std::mem::replace(&mut self.is_taken, true)
    }

    /// Whether somebody asked meanwhile.
    pub(super) fn leave(&mut self) -> bool {
        self.is_taken = false;
        std::mem::take(&mut self.again)
    }

    pub(super) fn is_taken(&self) -> bool {
        self.is_taken
    }
}

#[cfg(test)]
mod tests {
    use super::SingleFlight;

    #[test]
    fn who_comes_meanwhile_is_remembered_once() {
        let mut gate = SingleFlight::default();
        assert!(gate.enter() && !gate.enter() && !gate.enter());
        assert!(gate.leave() && !gate.is_taken());
        assert!(gate.enter() && !gate.leave());
    }
}
