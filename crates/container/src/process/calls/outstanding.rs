//! The calls that are under way.

use std::collections::HashMap;
use std::rc::Rc;

use faastlane_engine::TaskId;

use super::marks::{PLACES, Ticket};

/// A call that is under way.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) ticket: Ticket,
    /// As the caller knows it.
    pub(super) number: u64,
    pub(super) request_id: String,
    pub(super) purpose: Purpose,
    /// The order to make it, which another process may need.
    pub(super) order: Rc<Vec<u8>>,
}

/// What a call is for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Purpose {
    /// A task, for which somebody waits or not.
    Task { task: TaskId, detached: bool },
    /// Whoever invoked the function.
    Invocation,
}

/// Calls by their places.
#[derive(Debug, Default)]
pub(super) struct Outstanding {
    calls: Vec<Option<Call>>,
    free: Vec<usize>,
    /// Places by the caller's numbers.
    numbers: HashMap<u64, usize>,
    last: u64,
}

impl Outstanding {
    pub(super) fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// A ticket for the next call; none if there are too many.
    pub(super) fn ticket(&mut self) -> Option<Ticket> {
        let place = match self.free.pop() {
            Some(place) => place,
            None if self.calls.len() < PLACES => {
                self.calls.push(None);
                self.calls.len() - 1
            }
            None => return None,
        };
        self.last += 1;
        Some(Ticket::new(self.last, place))
    }

    /// Adds the call for which a ticket was drawn.
    pub(super) fn add(&mut self, call: Call) {
        let place = call.ticket.place();
        self.numbers.insert(call.number, place);
        self.calls[place] = Some(call);
    }

    /// The call with this ticket, if it is under way.
    pub(super) fn get(&self, ticket: Ticket) -> Option<&Call> {
        let call = self.calls.get(ticket.place())?.as_ref();
        call.filter(|call| call.ticket == ticket)
    }

    /// It is no longer under way.
    pub(super) fn remove(&mut self, ticket: Ticket) -> Option<Call> {
        self.get(ticket)?;
        let call = self.calls[ticket.place()].take()?;
        self.numbers.remove(&call.number);
        self.free.push(ticket.place());
        Some(call)
    }

    /// As [`Self::remove`], by the caller's number.
    pub(super) fn remove_number(&mut self, number: u64) -> Option<Call> {
        let place = *self.numbers.get(&number)?;
        let ticket = self.calls[place].as_ref()?.ticket;
        self.remove(ticket)
    }

    /// All tickets, in the order in which the calls were asked for.
    pub(super) fn tickets(&self) -> Vec<Ticket> {
        let mut tickets: Vec<_> = self.calls.iter().flatten().map(|call| call.ticket).collect();
        tickets.sort_unstable_by_key(|ticket| ticket.0);
        tickets
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_found_by_ticket_and_number_and_places_are_used_again() {
        let mut outstanding = Outstanding::default();
        let add = |outstanding: &mut Outstanding, number| {
            let ticket = outstanding.ticket().unwrap();
            let (request_id, order) = (String::new(), Rc::new(Vec::new()));
            let purpose = Purpose::Invocation;
            outstanding.add(Call { ticket, number, request_id, purpose, order });
            ticket
        };
        let tickets: Vec<_> = (100..103).map(|number| add(&mut outstanding, number)).collect();
        assert_eq!(outstanding.tickets(), tickets);
        assert_eq!(outstanding.remove(tickets[0]).unwrap().number, 100);
        assert!(outstanding.remove(tickets[0]).is_none() && outstanding.get(tickets[0]).is_none());
        let again = add(&mut outstanding, 103);
        assert_eq!(again.place(), tickets[0].place());
        assert!(outstanding.get(tickets[0]).is_none(), "an old ticket is not the new one");
        assert_eq!(outstanding.tickets(), [tickets[1], tickets[2], again]);
        assert_eq!(outstanding.remove_number(103).unwrap().ticket, again);
        assert!(outstanding.remove_number(103).is_none());
        outstanding.remove_number(101).unwrap();
        outstanding.remove_number(102).unwrap();
        assert!(outstanding.is_empty());
    }
}
