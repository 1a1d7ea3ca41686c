//! A configuration profile for Apple devices: an XML property list of certificates to trust.

use authority::Certificate;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use uuid::Uuid;

pub(crate) const KIND: &str = "application/x-apple-aspen-config";

/// One profile of all `certificates`, the newest first. It has the same identifier whatever is in
/// it, so that a newer one takes the place of an older one; UUIDs come from fingerprints, so that
/// the same roots always make the same profile.
pub(crate) fn write(certificates: &[Certificate]) -> String {
    let payloads: String = certificates.iter().map(payload).collect();
    let all: Vec<u8> = certificates.iter().flat_map(|one| digest(one.der())).collect();
    let id = uuid(&digest(&all));
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \
         \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n\
         <plist version=\"1.0\">\n<dict>\n\
         <key>PayloadContent</key>\n<array>\n{payloads}</array>\n\
         <key>PayloadDescription</key>\n\
         <string>Lets this device trust the certificates of Octoprox.</string>\n\
         <key>PayloadDisplayName</key>\n<string>Octoprox CA</string>\n\
         <key>PayloadIdentifier</key>\n<string>octoprox.ca</string>\n\
         <key>PayloadRemovalDisallowed</key>\n<false/>\n\
         <key>PayloadType</key>\n<string>Configuration</string>\n\
         <key>PayloadUUID</key>\n<string>{id}</string>\n\
         <key>PayloadVersion</key>\n<integer>1</integer>\n\
         </dict>\n</plist>\n"
    )
}

fn payload(certificate: &Certificate) -> String {
    let fingerprint = certificate.fingerprint();
    let (name, data) = (escaped(certificate.subject()), STANDARD.encode(certificate.der()));
    let id = uuid(&digest(certificate.der()));
    format!(
        "<dict>\n\
         <key>PayloadCertificateFileName</key>\n<string>{fingerprint}.cer</string>\n\
         <key>PayloadContent</key>\n<data>{data}</data>\n\
         <key>PayloadDisplayName</key>\n<string>{name}</string>\n\
         <key>PayloadIdentifier</key>\n<string>octoprox.ca.{fingerprint}</string>\n\
         <key>PayloadType</key>\n<string>com.apple.security.root</string>\n\
         <key>PayloadUUID</key>\n<string>{id}</string>\n\
         <key>PayloadVersion</key>\n<integer>1</integer>\n\
         </dict>\n"
    )
}

fn digest(bytes: &[u8]) -> Vec<u8> {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    digest.as_ref().to_vec()
}

/// A UUID of version 8 (RFC 9562 section 5.8) from the first half of a digest, in capitals as Apple
/// writes them.
fn uuid(digest: &[u8]) -> String {
    let bytes = digest.first_chunk().copied().unwrap_or_default();
    let id: Uuid = uuid::Builder::from_custom_bytes(bytes).into_uuid();
    id.to_string().to_uppercase()
}

/// Text as it may stand in an element (XML 1.0 section 2.4); what XML has no way to say is left
/// out.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\u{fffe}' | '\u{ffff}' => {}
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_would_misread_is_escaped() {
        assert_eq!(escaped("O=A & B <c> \u{0}\u{ffff}ü"), "O=A &amp; B &lt;c&gt; ü");
    }
}
