//! The kinds of lanes, and how a pool is told to use one.

use anyhow::Context;
use faastlane_host::keys;
use faastlane_lanes::{HostProgram, Isolation, LaneKind, Options};
use serde::{Deserialize, Serialize};

use crate::job::HOST;

/// A kind of lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Kind {
    Thread,
    Forked,
    Portable,
}

impl Kind {
    /// Options of a pool with such lanes.
    pub(crate) fn options(self) -> anyhow::Result<Options> {
        let path = std::env::current_exe().context("this program has no path")?;
        let program = HostProgram { path, arguments: vec![HOST.into()] };
        let isolation = match self {
            Kind::Thread if keys::available().is_ok() => Isolation::Mpk,
            Kind::Thread => Isolation::None,
            Kind::Forked | Kind::Portable => Isolation::Process,
        };
        let host_program = (self != Kind::Portable).then_some(program);
        let inline = self == Kind::Thread;
        Ok(Options { isolation, host_program, inline, ..Options::default() })
    }

    /// Whether it is what the pool has chosen.
    pub(crate) fn is(self, found: LaneKind) -> bool {
        match self {
            Kind::Thread => found == LaneKind::Thread,
            Kind::Forked => found == LaneKind::Forked,
            Kind::Portable => found == LaneKind::Portable,
        }
    }
}
