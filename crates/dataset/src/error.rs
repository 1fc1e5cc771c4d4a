//! Why items cannot be read, or results not be written. The texts are the causes of
//! `States.ItemReaderFailed` and `States.ResultWriterFailed`.

use std::io;

/// Something that a dataset does not allow.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nothing stands for S3.
    #[error(
        "Nothing stands for S3 here. Name a folder whose subfolders are the buckets (--s3 FOLDER, or \
         FAASTLANE_S3), or an endpoint (AWS_ENDPOINT_URL_S3)."
    )]
    NoStore,

    /// A bucket that is not there.
    #[error(
        "The specified bucket does not exist: {bucket}{hint} (Service: Amazon S3; Status Code: 404; \
         Error Code: NoSuchBucket)"
    )]
    NoSuchBucket {
        /// Its name.
        bucket: String,
        /// Where it was looked for.
        hint: String,
    },

    /// An object that is not there.
    #[error(
        "The specified key does not exist: {key} in {bucket} (Service: Amazon S3; Status Code: 404; \
         Error Code: NoSuchKey)"
    )]
    NoSuchKey {
        /// The bucket.
        bucket: String,
        /// The key.
        key: String,
    },

    /// A name that would lead out of its folder.
    #[error("'{name}' cannot be a {what} in a folder that stands for S3")]
    Name {
        /// `bucket` or `key`.
        what: &'static str,
        /// It.
        name: String,
    },

    /// A file cannot be read or written.
    #[error("{what}: {error}")]
    Io {
        /// What was tried.
        what: String,
        /// Why it failed.
        error: io::Error,
    },

    /// The endpoint cannot be reached, or its answer not be understood.
    #[error("{url}: {what}")]
    Http {
        /// The address, without its query.
        url: String,
        /// What is wrong.
        what: String,
    },

    /// The endpoint is not one that can be used.
    #[error(
        "The S3 endpoint {0} is not of the form http://HOST:PORT. TLS is not built in: name one \
         that is reached without it."
    )]
    Endpoint(String),

    /// A JSON file that is no array: wording as AWS has it.
    #[error("Attempting to map over non-iterable node.")]
    NotIterable,

    /// Two columns have one name: wording as AWS has it.
    #[error("CSV headers cannot contain duplicates.")]
    DuplicateHeaders,

    /// A CSV file without rows.
    #[error("The file contains only CSV headers.")]
    OnlyHeaders,

    /// A manifest that lists nothing that can be read.
    #[error("The manifest {key} cannot be used: {what}")]
    Manifest {
        /// Its key.
        key: String,
        /// What is wrong.
        what: String,
    },

    /// An item that cannot be read.
    #[error("Item {number} of {key} cannot be read: {what}")]
    Item {
        /// Which one, from 1; in a JSONL file the line.
        number: u64,
        /// The file.
        key: String,
        /// What is wrong.
        what: String,
    },
}

impl Error {
    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |error| Self::Io { what, error }
    }
}
