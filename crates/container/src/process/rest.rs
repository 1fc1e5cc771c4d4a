//! Waiting for several processes at once.

use std::os::fd::AsFd;
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::bell::Bell;
use super::connection::Connection;
use crate::Error;

/// Waits until a process says something or ends, a bell rings, or `deadline` has passed. The bells are
/// silenced. Which of the connections are to be read from.
pub(super) fn rest<'a>(
    bells: &[&Bell],
    connections: impl Iterator<Item = &'a mut Connection>,
    deadline: Option<Instant>,
) -> Result<Vec<bool>, Error> {
    let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
    let left = left.map(|left| Timespec {
        tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: left.subsec_nanos().into(),
    });
    let mut connections: Vec<_> = connections.collect();
    let mut waited: Vec<PollFd<'_>> = Vec::with_capacity(bells.len() + 3 * connections.len());
    waited.extend(bells.iter().map(|bell| PollFd::from_borrowed_fd(bell.as_fd(), PollFlags::IN)));
    for connection in &connections {
        waited.extend(connection.descriptors());
    }
    match poll(&mut waited, left.as_ref()) {
        Ok(_) | Err(rustix::io::Errno::INTR) => {}
        Err(error) => return Err(Error::Process(error.into())),
    }
    let happened: Vec<bool> = waited.iter().map(|one| !one.revents().is_empty()).collect();
    drop(waited);
    let (rung, happened) = happened.split_at(bells.len());
    bells.iter().zip(rung).filter(|(_, rung)| **rung).for_each(|(bell, _)| bell.silence());
    let listen = |(connection, happened): (&mut &mut Connection, &[bool])| {
        let [socket, ended, stderr] = *happened else { return false };
        if stderr {
            connection.hear();
        }
        socket || ended
    };
    Ok(connections.iter_mut().zip(happened.chunks(3)).map(listen).collect())
}
