//! Task tokens: what somebody outside shows to answer a task.
//!
//! A token says which execution and which task it is for, so that whoever gets it back needs no table of all
//! tokens. It is another one for each try of a task. Who calls back must not look inside, as on AWS.
//!
//! ```text
//! base64url of: version (1 byte) │ task (8) │ proof (8) │ ARN of the execution (UTF-8)
//! ```

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use faastlane_value::ArcStr;
use sha2::{Digest as _, Sha256};

use crate::TaskId;
use crate::flow::Progress;

const VERSION: u8 = 1;

/// What a task token is for. A text of this form may have been made up: only [`crate::TaskRequest::token`]
/// of that task says whether it is the one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenParts {
    /// The execution; of a task in a child of a Map Run the one that has the Map.
    pub execution_arn: ArcStr,
    /// The task.
    pub task: TaskId,
}

/// Reads a task token; none for a text that is none.
#[must_use]
pub fn read_token(token: &str) -> Option<TokenParts> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    let (version, rest) = bytes.split_first()?;
    let (task, rest) = rest.split_first_chunk::<8>()?;
    let (_proof, arn) = rest.split_first_chunk::<8>()?;
    let task = TaskId::from_bits(u64::from_be_bytes(*task));
    let execution_arn = ArcStr::from(str::from_utf8(arn).ok()?);
    (*version == VERSION).then_some(TokenParts { execution_arn, task })
}

impl Progress {
    /// The token of a task.
    pub(crate) fn token(&self, task: TaskId) -> ArcStr {
        let arn = self.about.execution_arn.as_bytes();
        let task = task.to_bits().to_be_bytes();
        // Follows from the seed, so that an execution that is told its events again has the same tokens.
        let digest = Sha256::new().chain_update(self.seed.to_be_bytes()).chain_update(task);
        let digest = digest.chain_update(arn).finalize();
        let bytes = [&[VERSION], &task[..], &digest[..8], arn].concat();
        URL_SAFE_NO_PAD.encode(bytes).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_token_is_refused() {
        let check = |bytes: &[u8], expected: bool| {
            let found = read_token(&URL_SAFE_NO_PAD.encode(bytes));
            assert_eq!(found.is_some(), expected, "{bytes:?}");
        };
        check(b"\x0112345678abcdefgharn", true);
        check(b"\x0212345678abcdefgharn", false);
        check(b"\x0112345678abcdefgh\xff", false);
        check(b"\x0112345678abcdefg", false);
        check(b"", false);
        assert_eq!(read_token("a token"), None);
    }
}
