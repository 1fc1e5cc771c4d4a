//! Where buckets are: in a folder, or at an endpoint.

mod endpoint;
mod folder;
mod listing;
mod signature;

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::Error;
pub use endpoint::Endpoint;
pub(crate) use listing::Object;

/// What stands for S3.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Location {
    /// Nothing.
    #[default]
    None,
    /// A folder: its subfolders are the buckets, the paths in them the keys.
    Folder(PathBuf),
    /// A service that speaks S3's API.
    Endpoint(Endpoint),
}

impl Location {
    /// The location that the environment names as AWS's own programs understand it:
    /// `AWS_ENDPOINT_URL_S3` or `AWS_ENDPOINT_URL`, `AWS_REGION`, `AWS_ACCESS_KEY_ID`, …
    pub fn of_environment(variable: impl Fn(&str) -> Option<String>) -> Self {
        Endpoint::of_environment(variable).map_or(Self::None, Self::Endpoint)
    }
}

/// Opens objects of buckets, lists them, and puts them there. A clone shares its connections.
#[derive(Debug, Clone)]
pub struct Store {
    location: Location,
    /// Connections that are kept.
    agent: ureq::Agent,
}

/// How many objects a page of a listing has at most.
pub(crate) const PAGE: usize = 1000;

impl Store {
    /// A store at `location`; nothing is looked at yet.
    #[must_use]
    pub fn new(location: Location) -> Self {
        Self { location, agent: endpoint::agent() }
    }

    /// What an object holds from byte `offset` on.
    pub(crate) fn open(
        &self,
        bucket: &str,
        key: &str,
        offset: u64,
    ) -> Result<Box<dyn Read>, Error> {
        match &self.location {
            Location::None => Err(Error::NoStore),
            Location::Folder(root) => folder::open(root, bucket, key, offset),
            Location::Endpoint(endpoint) => endpoint.open(&self.agent, bucket, key, offset),
        }
    }

    /// The objects whose keys begin with `prefix` and come after `after` in the order of their bytes:
    /// the first [`PAGE`] of them, or fewer if there are no more.
    pub(crate) fn list(
        &self,
        bucket: &str,
        prefix: &str,
        after: &str,
    ) -> Result<Vec<Object>, Error> {
        match &self.location {
            Location::None => Err(Error::NoStore),
            Location::Folder(root) => folder::list(root, bucket, prefix, after),
            Location::Endpoint(endpoint) => endpoint.list(&self.agent, bucket, prefix, after),
        }
    }

    /// Where the file of an object that is to be written lies, if it can be written where it stays.
    pub(crate) fn path(&self, bucket: &str, key: &str) -> Result<Option<PathBuf>, Error> {
        match &self.location {
            Location::None => Err(Error::NoStore),
            Location::Folder(root) => folder::new_path(root, bucket, key).map(Some),
            Location::Endpoint(_) => Ok(None),
        }
    }

    /// Puts a file of `length` bytes there.
    pub(crate) fn put(
        &self,
        bucket: &str,
        key: &str,
        file: File,
        length: u64,
    ) -> Result<(), Error> {
        match &self.location {
            Location::Endpoint(endpoint) => endpoint.put(&self.agent, bucket, key, file, length),
            Location::None | Location::Folder(_) => Err(Error::NoStore),
        }
    }
}
