//! One call: the event and the context in, the result or the error out.
//!
//! The order is that of the portable lane (`serve` in `runner.py`), so that a handler cannot tell
//! the two apart: trace id, context, event, handler, result; what was made is dropped before the
//! reply is sent.

use std::ffi::CStr;
use std::time::Instant;

use faastlane_abi::{Encoding, ReplyKind, Span, Texts};

use super::api;
use super::context::ContextClass;
use super::decode;
use super::encode::{Stop, encode};
use super::ending;
use super::keys::Keys;
use super::layout::Layout;
use super::object::{Borrowed, Object, Raised, Result, raise, take_exception};
use super::slot::{Full, Reply, Slot, Writer};
use crate::process::heap;

/// A loaded handler.
pub(super) struct Lane {
    runner: Object,
    parts: Parts,
    context: ContextClass,
    keys: Keys,
    layout: Layout,
    names: Names,
}

/// What the runner gives, see its `open_lane`.
pub(super) struct Parts {
    handler: Object,
    context_class: Object,
    context_fields: Object,
    identity_class: Object,
    environ: Object,
    environ_by_bytes: Object,
    decode: Object,
    marshal: Object,
    unmarshal_fault: Object,
    describe: Object,
    report: Object,
    begin_as_fork: Object,
}

/// Texts that calls need.
struct Names {
    request_id: Object,
    trace_id: Object,
    trace_id_bytes: Object,
}

/// The variable that carries the trace id of a call.
const TRACE_ID: &CStr = c"_X_AMZN_TRACE_ID";

impl Parts {
    /// Fetches each by its name.
    pub(super) fn take(named: impl Fn(&CStr) -> Result<Object>) -> Result<Parts> {
        Ok(Parts {
            handler: named(c"handler")?,
            context_class: named(c"context_class")?,
            context_fields: named(c"context_fields")?,
            identity_class: named(c"identity_class")?,
            environ: named(c"environ")?,
            environ_by_bytes: named(c"environ_by_bytes")?,
            decode: named(c"decode")?,
            marshal: named(c"marshal")?,
            unmarshal_fault: named(c"unmarshal_fault")?,
            describe: named(c"describe")?,
            report: named(c"report")?,
            begin_as_fork: named(c"begin_as_fork")?,
        })
    }
}

impl Lane {
    /// `runner` is the namespace of the runner.
    pub(super) fn new(runner: Object, parts: Parts, layout: Layout) -> Result<Lane> {
        let owned = |object: &Object| object.borrow().to_owned();
        let context = ContextClass::new(
            owned(&parts.context_class),
            owned(&parts.context_fields),
            owned(&parts.identity_class),
        )?;
        let names = Names {
            request_id: Object::name(c"request_id")?,
            trace_id: Object::name(TRACE_ID)?,
            trace_id_bytes: Object::bytes(TRACE_ID.to_bytes())?,
        };
        Ok(Lane { runner, parts, context, keys: Keys::new(), layout, names })
    }

    /// Calls the handler. Err if that raised what ends a process.
    pub(super) fn call(&mut self, slot: &Slot) -> Result<Reply> {
        let mut times = Times::default();
        let mut writer = slot.writer();
        let mut request_id = Borrowed::none().to_owned();
        match self.answer(slot, &mut writer, &mut times, &mut request_id) {
            Ok(written) => {
                Ok(written.unwrap_or_else(|Full| too_large(slot, ReplyKind::Failed)).timed(&times))
            }
            Err(_) => {
                times.handler_ended();
                let error = self.describe(request_id.borrow())?;
                Ok(self.fail(slot, &error)?.timed(&times))
            }
        }
    }

    /// The handler's result in the slot.
    fn answer(
        &mut self,
        slot: &Slot,
        writer: &mut Writer,
        times: &mut Times,
        request_id: &mut Object,
    ) -> Result<Result<Reply, Full>> {
        self.set_trace_id(slot.input(Texts::Third))?;
        *request_id = Object::decode(slot.input(Texts::First), c"strict")?;
        self.runner.borrow().dict_set(&self.names.request_id, request_id.borrow())?;
        let client_context = slot.input(Texts::Second);
        let context =
            self.context.instance(request_id.borrow(), client_context, slot.deadline_ms())?;
        let event = self.event(slot)?;
        heap::clear_kept();
        *writer = slot.writer_over_event();
        times.handler_begins();
        let result = self.parts.handler.borrow().call(&[event.borrow(), context.borrow()]);
        times.handler_ended();
        let result = result?;
        ending::leave_if_forked();
        self.write(result.borrow(), writer)
    }

    fn event(&mut self, slot: &Slot) -> Result<Object> {
        let input = slot.input(Texts::Fourth);
        if slot.encoding() == Encoding::Text as u32 {
            let text = Object::decode(input, c"surrogatepass")?;
            return self.parts.decode.borrow().call(&[text.borrow()]);
        }
        decode::decode(input, self.layout, &mut self.keys).map_err(|raised| {
            let error = take_exception();
            let Ok(fault) = self.parts.unmarshal_fault.borrow().call(&[error.borrow()]) else {
                return raised;
            };
            raise(fault.borrow())
        })
    }

    /// Writes a result: as a frame if it is plain, else as the text that the runner makes of it.
    fn write(&self, result: Borrowed<'_>, writer: &mut Writer) -> Result<Result<Reply, Full>> {
        let start = writer.at();
        match encode(result, self.layout, writer) {
            Ok(()) => {
                let body = Span { at: start as u64, len: (writer.at() - start) as u64 };
                return Ok(Ok(Reply::returned(ReplyKind::ReturnedFrame, body)));
            }
            Err(Stop::Full) => return Ok(Err(Full)),
            Err(Stop::Odd) => writer.back_to(start),
        }
        let text;
        let bytes = if result.is_instance(&raw const api::BYTES)? {
            // Already JSON, says the handler.
            result.content()?
        } else {
            text = self.parts.marshal.borrow().call(&[result])?;
            // Half of a surrogate pair in the text ends the process, as on Lambda.
            text.borrow().utf8().unwrap_or_else(|_| ending::end_process())
        };
        let body = writer.span(bytes);
        Ok(body.map(|body| Reply::returned(ReplyKind::ReturnedText, body)))
    }

    /// What the runner says about the exception that is set. Err if it is none that a handler can
    /// be blamed for, such as `SystemExit`, or if its own description fails.
    fn describe(&self, request_id: Borrowed<'_>) -> Result<Object> {
        // SAFETY: an exception is set, and this is a class.
        if unsafe { api::PyErr_ExceptionMatches(api::PyExc_Exception) } == 0 {
            return Err(Raised);
        }
        let exception = take_exception();
        self.parts.describe.borrow().call(&[exception.borrow(), request_id])
    }

    /// Logs an error and puts it into the slot.
    fn fail(&self, slot: &Slot, error: &Object) -> Result<Reply> {
        let reported = self.parts.report.borrow().call(&[error.borrow()])?;
        ending::leave_if_forked();
        let (kind, payload) = pair(&reported)?;
        let failed = failure(slot, ReplyKind::Failed, kind.content()?, payload.content()?);
        Ok(failed.unwrap_or_else(|Full| too_large(slot, ReplyKind::Failed)))
    }

    /// Sets the variable for this call. It stays untouched if it is right, as setting it costs more
    /// than all the rest of a small call.
    fn set_trace_id(&self, trace_id: &[u8]) -> Result<()> {
        let environ = self.parts.environ.borrow();
        let names = &self.names;
        let by_bytes = self.parts.environ_by_bytes.borrow();
        match by_bytes.dict_get(&names.trace_id_bytes)? {
            Some(_) if trace_id.is_empty() => environ.delete_item(&names.trace_id),
            Some(value) if value.content()? == trace_id => Ok(()),
            None if trace_id.is_empty() => Ok(()),
            _ => {
                let value = Object::decode(trace_id, c"strict")?;
                environ.set_item(&names.trace_id, value.borrow())
            }
        }
    }

    /// To be called in a process that was forked from the one in which the lane was loaded.
    pub(super) fn begin_as_fork(&self) -> Result<()> {
        self.parts.begin_as_fork.borrow().call(&[]).map(drop)
    }
}

/// The two `bytes` that the runner's `report` gives.
pub(super) fn pair(reported: &Object) -> Result<(Borrowed<'_>, Borrowed<'_>)> {
    let part = |index| api::PyTuple_GetItem(reported.borrow(), index);
    part(0).zip(part(1)).ok_or(Raised)
}

/// An error in the slot.
pub(super) fn failure(
    slot: &Slot,
    kind: ReplyKind,
    error_type: &[u8],
    payload: &[u8],
) -> Result<Reply, Full> {
    let mut writer = slot.writer();
    let (error_type, body) = (writer.span(error_type)?, writer.span(payload)?);
    Ok(Reply { kind, error_type, body, function_ns: 0, used: writer.at() })
}

/// The error of a result that has no room, which Lambda calls so as well.
pub(super) fn too_large(slot: &Slot, reply: ReplyKind) -> Reply {
    let kind = "Function.ResponseSizeTooLarge";
    let payload = format!(
        "{{\"errorMessage\": \"Response payload size exceeded maximum allowed payload size ({} bytes).\", \
         \"errorType\": \"{kind}\"}}",
        slot.writer().room()
    );
    let nothing = Span::default();
    failure(slot, reply, kind.as_bytes(), payload.as_bytes()).unwrap_or(Reply {
        kind: reply,
        error_type: nothing,
        body: nothing,
        function_ns: 0,
        used: 0,
    })
}

impl Reply {
    pub(super) fn ready() -> Reply {
        Reply::returned(ReplyKind::Ready, Span::default())
    }

    fn returned(kind: ReplyKind, body: Span) -> Reply {
        let used = usize::try_from(body.at + body.len).unwrap_or(usize::MAX);
        Reply { kind, error_type: Span::default(), body, function_ns: 0, used }
    }

    fn timed(self, times: &Times) -> Reply {
        Reply { function_ns: times.nanoseconds(), ..self }
    }
}

/// When the handler ran, if it did.
#[derive(Default)]
struct Times {
    began: Option<Instant>,
    ended: Option<Instant>,
}

impl Times {
    fn handler_begins(&mut self) {
        self.began = Some(Instant::now());
    }

    /// Counts once, and only if it began.
    fn handler_ended(&mut self) {
        if self.began.is_some() && self.ended.is_none() {
            self.ended = Some(Instant::now());
        }
    }

    fn nanoseconds(&self) -> u64 {
        let Some((began, ended)) = self.began.zip(self.ended) else { return 0 };
        u64::try_from((ended - began).as_nanos()).unwrap_or(u64::MAX)
    }
}
