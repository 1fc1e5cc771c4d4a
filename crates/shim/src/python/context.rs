//! Makes the context of a call: an instance of the runner's class, with what its `__init__` would
//! set. A copy of a prepared dict costs a fraction of twelve assignments in Python.

use std::ffi::c_void;

use super::api::{self, NewFunction};
use super::object::{Borrowed, Object, Raised, Result};

/// The class, and what is needed to make instances of it.
pub(super) struct ContextClass {
    class: Object,
    /// All attributes in their order, with the values that are the same for each call.
    fields: Object,
    identity: Class,
    instance: Class,
    names: Names,
}

/// The attributes that differ between calls.
struct Names {
    dict: Object,
    request_id: Object,
    w3c_fields: Object,
    identity: Object,
    deadline: Object,
    /// Those of the identity, which are None here.
    of_identity: [Object; 2],
}

/// A class whose instances are made without a call of `__init__`.
struct Class {
    class: Object,
    new: NewFunction,
    no_arguments: Object,
}

impl ContextClass {
    /// `class`, `fields` and `identity_class` are what the runner's `open_lane` calls so.
    pub(super) fn new(class: Object, fields: Object, identity_class: Object) -> Result<Self> {
        let names = Names {
            dict: Object::name(c"__dict__")?,
            request_id: Object::name(c"aws_request_id")?,
            w3c_fields: Object::name(c"_w3c_fields")?,
            identity: Object::name(c"identity")?,
            deadline: Object::name(c"_epoch_deadline_time_in_ms")?,
            of_identity: [
                Object::name(c"cognito_identity_id")?,
                Object::name(c"cognito_identity_pool_id")?,
            ],
        };
        let instance = Class::new(class.borrow().to_owned())?;
        Ok(ContextClass { class, fields, identity: Class::new(identity_class)?, instance, names })
    }

    /// The context of one call. `client_context` is JSON, or empty.
    pub(super) fn instance(
        &self,
        request_id: Borrowed<'_>,
        client_context: &[u8],
        deadline_ms: u64,
    ) -> Result<Object> {
        let deadline = api::PyLong_FromUnsignedLongLong(deadline_ms).ok_or(Raised)?;
        if !client_context.is_empty() {
            let text = Object::decode(client_context, c"strict")?;
            return self.class.borrow().call(&[request_id, text.borrow(), deadline.borrow()]);
        }
        let dict = api::PyDict_Copy(self.fields.borrow()).ok_or(Raised)?;
        let set = |name: &Object, value: Borrowed<'_>| dict.borrow().dict_set(name, value);
        set(&self.names.request_id, request_id)?;
        set(&self.names.w3c_fields, Object::dict()?.borrow())?;
        set(&self.names.identity, self.identity()?.borrow())?;
        set(&self.names.deadline, deadline.borrow())?;
        let instance = self.instance.instance()?;
        instance.borrow().set_attribute(&self.names.dict, dict.borrow())?;
        Ok(instance)
    }

    fn identity(&self) -> Result<Object> {
        let identity = self.identity.instance()?;
        for name in &self.names.of_identity {
            identity.borrow().set_attribute(name, Borrowed::none())?;
        }
        Ok(identity)
    }
}

impl Class {
    fn new(class: Object) -> Result<Class> {
        // SAFETY: it is a class, made by a `class` statement.
        let new = unsafe { api::PyType_GetSlot(class.borrow(), api::PY_TP_NEW) };
        // SAFETY: the slot holds a function of this type, and every class has one.
        let new = unsafe { std::mem::transmute::<*mut c_void, NewFunction>(new) };
        let no_arguments = api::PyTuple_New(0).ok_or(Raised)?;
        Ok(Class { class, new, no_arguments })
    }

    /// An instance that nobody has initialised.
    fn instance(&self) -> Result<Object> {
        // SAFETY: `tp_new` of this class, with a class, a tuple and no keywords.
        unsafe { (self.new)(self.class.borrow(), self.no_arguments.borrow(), None) }.ok_or(Raised)
    }
}
