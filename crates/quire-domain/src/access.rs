//! Access: what a key may do. A role names a set of scopes, and a key may be narrowed to some of them. Pure.

use serde::Deserialize;

use crate::closed_list;

closed_list! {
    /// What a key is for. Each may do all that the ones before it may.
    #[derive(Deserialize, schemars::JsonSchema)]
    pub enum Role {
        /// Looks on.
        Viewer = "viewer",
        /// Works with its owner's batches.
        Operator = "operator",
        /// Operates the server.
        Admin = "admin",
    }
}

closed_list! {
    /// One kind of thing that a request may do.
    #[derive(Deserialize, schemars::JsonSchema)]
    pub enum Scope {
        BatchesRead = "batches:read",
        EventsRead = "events:read",
        /// Documents as they were sent, and results.
        FilesRead = "files:read",
        MetricsRead = "metrics:read",
        WebhooksRead = "webhooks:read",
        BatchesWrite = "batches:write",
        FilesWrite = "files:write",
        WebhooksWrite = "webhooks:write",
        /// Actors, settings, checks and log lines of the server, and figures of all owners.
        ServerRead = "server:read",
        ActorsWrite = "actors:write",
        KeysRead = "keys:read",
        KeysWrite = "keys:write",
        AuditRead = "audit:read",
        /// Asking for another owner.
        ActFor = "act_for",
    }
}

impl Role {
    /// Whether a key of this role may do it, if it is not narrowed.
    pub fn includes(self, scope: Scope) -> bool {
        match scope {
            Scope::BatchesRead | Scope::EventsRead | Scope::FilesRead | Scope::MetricsRead | Scope::WebhooksRead => {
                true
            }
            Scope::BatchesWrite | Scope::FilesWrite | Scope::WebhooksWrite => self >= Role::Operator,
            Scope::ServerRead
            | Scope::ActorsWrite
            | Scope::KeysRead
            | Scope::KeysWrite
            | Scope::AuditRead
            | Scope::ActFor => self >= Role::Admin,
        }
    }
}

/// A set of scopes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rights(u32);

impl Rights {
    /// Everything: of who asks a server that asks nobody who they are.
    pub const ALL: Self = Self((1 << Scope::ALL.len()) - 1);

    /// What a key may do: what its role includes and its scopes, if it has any, name. Scopes never add to a role.
    pub fn of(role: Role, scopes: Option<&[Scope]>) -> Self {
        let is_named = |scope: &Scope| scopes.is_none_or(|scopes| scopes.contains(scope));
        let granted = Scope::ALL.iter().filter(|scope| role.includes(**scope) && is_named(scope));
        Self(granted.fold(0, |bits, scope| bits | Self::bit(*scope)))
    }

    /// Whether it is among them.
    pub fn include(self, scope: Scope) -> bool {
        self.0 & Self::bit(scope) != 0
    }

    /// What both allow.
    #[must_use]
    pub fn common(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// All but this one.
    #[must_use]
    pub fn without(self, scope: Scope) -> Self {
        Self(self.0 & !Self::bit(scope))
    }

    /// In the order of [`Scope::ALL`].
    pub fn scopes(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.iter().copied().filter(move |scope| self.include(*scope))
    }

    const fn bit(scope: Scope) -> u32 {
        1 << scope as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn scopes_only_ever_narrow(role in proptest::sample::select(Role::ALL), bits in any::<u32>(), more in any::<u32>()) {
            let named = |bits: u32| Scope::ALL.iter().copied().filter(|scope| bits & Rights::bit(*scope) != 0).collect::<Vec<_>>();
            let (few, many) = (named(bits & more), named(bits));
            let [few, many, all] = [Some(&few[..]), Some(&many[..]), None].map(|scopes| Rights::of(role, scopes));
            prop_assert_eq!(few.common(many), few);
            prop_assert_eq!(many.common(all), many);
            prop_assert_eq!(all.common(Rights::ALL), all);
            prop_assert!(all.scopes().all(|scope| role.includes(scope)));
        }
    }

    #[test]
    fn each_role_may_do_what_the_one_before_may() {
        let all: Vec<_> = Role::ALL.iter().map(|role| Rights::of(*role, None)).collect();
        for pair in all.windows(2) {
            assert!(pair[0].common(pair[1]) == pair[0] && pair[0] != pair[1]);
        }
        assert_eq!(all.last(), Some(&Rights::ALL));
    }
}
