//! Where new things are: the region and account of whoever asks.

use faastlane_api::Place;

use super::request::Request;

const REGION: &str = "us-east-1";
const ACCOUNT: &str = "123456789012";

impl<'a> Request<'a> {
    /// Region and account of new ARNs. The region is that of the signature. An access key id of twelve digits
    /// is the account, as with other services that stand for AWS; all others have one account.
    pub(super) fn place(&self) -> Place<'a> {
        let mut scope = self.credential.unwrap_or_default().split('/');
        let account = scope.next().filter(|key| key.len() == 12 && is_all(key, u8::is_ascii_digit));
        let is_of_region = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
        let region =
            scope.nth(1).filter(|region| is_all(region, is_of_region) && region.len() <= 32);
        let region = region.unwrap_or(REGION);
        let partition = match region {
            cn if cn.starts_with("cn-") => "aws-cn",
            gov if gov.starts_with("us-gov-") => "aws-us-gov",
            _ => "aws",
        };
        Place { partition, region, account: account.unwrap_or(ACCOUNT) }
    }
}

fn is_all(text: &str, allowed: impl Fn(&u8) -> bool) -> bool {
    !text.is_empty() && text.as_bytes().iter().all(allowed)
}

#[cfg(test)]
mod tests {
    use faastlane_value::Value;

    use super::*;

    #[test]
    fn the_signature_says_where() {
        let check = |credential: Option<&str>, expected: &str| {
            let request = Request { body: &Value::Null, credential };
            assert_eq!(request.place().to_string(), expected, "{credential:?}");
        };
        let here = "arn:aws:states:us-east-1:123456789012";
        check(None, here);
        check(Some(""), here);
        check(Some("test"), here);
        check(Some("test/20261122/../states/aws4_request"), here);
        check(
            Some("test/20261122/eu-west-1/states/aws4_request"),
            "arn:aws:states:eu-west-1:123456789012",
        );
        check(
            Some("000000000000/20261122/cn-north-1/states/aws4_request"),
            "arn:aws-cn:states:cn-north-1:000000000000",
        );
        check(
            Some("AKIDEXAMPLE/20261122/us-gov-west-1/states/aws4_request"),
            "arn:aws-us-gov:states:us-gov-west-1:123456789012",
        );
    }
}
