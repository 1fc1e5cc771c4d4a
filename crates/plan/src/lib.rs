//! The composer: decides which function runs in which lane of which process, as a [`Plan`].
//!
//! It is the paper's adaptive workflow composer (section 4.1): what runs one after another runs in
//! thread lanes of one process, what runs side by side in forked hosts on other processors, and a
//! fan-out that is wider than a container is cut into groups. Here it is a pure function of the state
//! machine, the functions and a [`Profile`] of the container, so that a plan can be shown, kept and
//! tested without running anything.
//!
//! A plan says where calls *may* run and what is there before the first of them. It does not
//! schedule: how many hosts there are at a moment depends on which branches sleep, and whether a call
//! is alone on what else runs, which only the pool of lanes sees. The other way was a plan that gives
//! every branch its processor, as the paper's does; it fits branches of equal length that never wait,
//! and leaves processors idle for all others.

mod calls;
mod compose;
mod draw;
mod explain;
mod plan;
mod profile;
mod show;
mod survey;

pub use calls::Function;
pub use compose::{Wanted, compose};
pub use plan::{
    Choice, FanOut, FanOutKind, FunctionPlan, Isolation, Lane, Lanes, Plan, Process, ProcessKind,
    Runs, Start, VERSION, Why,
};
pub use profile::{Hops, Profile, as_f64};
