//! Words that stand in the file as AWS writes them.

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};

/// An enum whose values are words in the file.
macro_rules! texts {
    ($(#[$outer:meta])* $name:ident { $($(#[$inner:meta])* $value:ident = $text:literal,)+ }) => {
        $(#[$outer])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$inner])* $value,)+
        }

        impl $name {
            /// As AWS writes it.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$value => $text,)+
                }
            }

            /// The value that AWS writes so.
            #[must_use]
            pub fn from_text(text: &str) -> Option<Self> {
                match text {
                    $($text => Some(Self::$value),)+
                    _ => None,
                }
            }
        }

        impl ToSql for $name {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(self.as_str().into())
            }
        }

        impl FromSql for $name {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                Self::from_text(value.as_str()?).ok_or(FromSqlError::InvalidType)
            }
        }
    };
}

texts! {
    /// What executions of a state machine promise.
    Kind {
        /// Kept, and run to its end whatever happens.
        Standard = "STANDARD",
        /// In memory only.
        Express = "EXPRESS",
    }
}

texts! {
    /// Whether a state machine may be used.
    MachineStatus {
        /// It may.
        Active = "ACTIVE",
        /// It was deleted, and some of its executions still run.
        Deleting = "DELETING",
        /// It is gone; only what it has run is left.
        Deleted = "DELETED",
    }
}

texts! {
    /// Where an execution or a map run is.
    Status {
        /// It runs, or waits.
        Running = "RUNNING",
        /// Its output is there.
        Succeeded = "SUCCEEDED",
        /// An error has ended it.
        Failed = "FAILED",
        /// It took too long.
        TimedOut = "TIMED_OUT",
        /// Someone has stopped it.
        Aborted = "ABORTED",
        /// A child of a map run that will be done again.
        PendingRedrive = "PENDING_REDRIVE",
    }
}

texts! {
    /// What an entry of a journal is.
    EntryKind {
        /// The first one.
        Start = "start",
        /// Something that the engine was told.
        Told = "told",
        /// All that came before, but for the first entry, in short.
        Snapshot = "snapshot",
        /// The execution had ended, and goes on.
        Redriven = "redriven",
    }
}

#[cfg(test)]
mod tests {
    use super::Status;

    #[test]
    fn words_are_read_as_they_are_written() {
        for status in [Status::Running, Status::TimedOut, Status::PendingRedrive] {
            assert_eq!(Status::from_text(status.as_str()), Some(status));
        }
        assert_eq!(Status::from_text("running"), None);
    }
}
