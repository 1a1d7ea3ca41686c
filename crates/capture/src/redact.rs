//! Which names mean that a value is secret, and what stands in its place.

pub(crate) mod url;
pub(crate) mod json;
pub(crate) mod cookie;

use compact_str::CompactString;

/// What stands where a secret was.
pub const REDACTED: &str = "[redacted]";

/// Parts of names of fields.
const IN_FIELDS: &[&str] = &[
    "authorization",
    "xauth",
    "token",
    "secret",
    "password",
    "passwd",
    "session",
    "apikey",
    "credential",
    "signature",
    "jwt",
];
/// Fields that end in `key` and open nothing.
const HARMLESS_KEYS: &[&str] =
    &["secwebsocketkey", "surrogatekey", "xcachekey", "idempotencykey", "xidempotencykey"];

/// Parts of names of parameters and of members of JSON objects.
const IN_PARAMETERS: &[&str] = &[
    "token",
    "key",
    "secret",
    "password",
    "passwd",
    "pwd",
    "sig",
    "auth",
    "session",
    "sessid",
    "code",
    "credential",
    "jwt",
];
/// Whole names of parameters.
const PARAMETERS: &[&str] = &["sid", "pass", "pin", "otp", "cvv", "cvc"];
/// Names that have such a part by accident, and that people look for.
const HARMLESS_PARAMETERS: &[&str] = &[
    "keyword",
    "keywords",
    "author",
    "authors",
    "zipcode",
    "postcode",
    "postalcode",
    "countrycode",
    "languagecode",
    "currencycode",
    "statuscode",
    "design",
];

/// Whether the value of a field is secret.
pub(crate) fn is_secret_field(name: &str) -> bool {
    let name = bare(name);
    let ends_in_key = name.ends_with("key") && !HARMLESS_KEYS.contains(&name.as_str());
    ends_in_key || IN_FIELDS.iter().any(|part| name.contains(part))
}

/// Whether the value of a parameter, or of a member of an object, is secret.
pub(crate) fn is_secret_parameter(name: &str) -> bool {
    let name = bare(name);
    if HARMLESS_PARAMETERS.contains(&name.as_str()) {
        return false;
    }
    PARAMETERS.contains(&name.as_str()) || IN_PARAMETERS.iter().any(|part| name.contains(part))
}

/// A name without case and punctuation: `X-API-Key`, `x_api_key` and `xApiKey` are one.
fn bare(name: &str) -> CompactString {
    let letters = name.chars().filter(char::is_ascii_alphanumeric);
    letters.map(|letter| letter.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_is_secret() {
        for name in [
            "Authorization",
            "proxy-authorization",
            "X-Api-Key",
            "X-Auth-Token",
            "X-CSRF-Token",
            "Session-Id",
            "My-Client-Secret",
            "x-amz-security-token",
            "X_API_KEY",
            "Password",
            "X-Forwarded-Authorization",
            "Ocp-Apim-Subscription-Key",
            "X-Hub-Signature-256",
        ] {
            assert!(is_secret_field(name), "{name}");
        }
        for name in
            ["Host", "Sec-WebSocket-Key", "Proxy-Authenticate", "WWW-Authenticate", "Accept"]
        {
            assert!(!is_secret_field(name), "{name}");
        }
        for name in [
            "token",
            "access_token",
            "apiKey",
            "api-key",
            "client_secret",
            "user[password]",
            "sig",
            "X-Amz-Signature",
            "oauth_nonce",
            "session_id",
            "PHPSESSID",
            "code",
            "PWD",
            "sid",
        ] {
            assert!(is_secret_parameter(name), "{name}");
        }
        for name in ["q", "page", "keyword", "author", "zip_code", "side", "compass", ""] {
            assert!(!is_secret_parameter(name), "{name}");
        }
    }
}
