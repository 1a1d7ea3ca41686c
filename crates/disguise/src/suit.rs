//! The TLS and HTTP settings of one browser, ready to be worn by any number of connections.

use btls::error::ErrorStack;
use btls::ssl::{
    ConnectConfiguration, Ssl, SslConnector, SslConnectorBuilder, SslMethod, SslOptions,
    SslVerifyMode, SslVersion,
};
use btls::x509::store::X509Store;
use wreq::http1::Http1Options;
use wreq::http2::{Http2Options, StreamDependency, StreamId};
use wreq::tls::{AlpnProtocol, TlsOptions, TlsVersion};

use crate::user_agent::Family;
use crate::{Identity, Protocols, Target, certificates};

/// Answers have had more than the hundred fields that are usual as a limit.
const MOST_FIELDS: usize = 512;

pub(crate) struct Suit {
    connector: SslConnector,
    tls: TlsOptions,
    pub(crate) http1: Http1Options,
    pub(crate) http2: Http2Options,
}

impl Suit {
    pub(crate) fn of(identity: Identity, roots: &X509Store) -> Result<Self, ErrorStack> {
        let emulation = identity.emulation();
        let tls = emulation.tls_options.unwrap_or_default();
        let mut http1 = emulation.http1_options.unwrap_or_default();
        http1.h1_max_headers = Some(MOST_FIELDS);
        let mut http2 = emulation.http2_options.unwrap_or_default();
        // Who builds a tree of streams first depends on that.
        if http2.priorities.is_none() {
            let page = priority_of_a_page(identity.family());
            http2.headers_stream_dependency = page.or(http2.headers_stream_dependency);
        }
        Ok(Self { connector: connector(&tls, roots)?, tls, http1, http2 })
    }

    /// A handshake that has not begun.
    pub(crate) fn handshake(&self, target: &Target<'_>) -> Result<Ssl, ErrorStack> {
        let protocols = target.protocols;
        let mut handshake = self.connector.configure()?;
        if !target.verify {
            handshake.set_verify(SslVerifyMode::NONE);
        }
        handshake.set_enable_ech_grease(self.tls.enable_ech_grease);
        let offered = self.offered(protocols);
        let length = |name: &&[u8]| u8::try_from(name.len()).unwrap_or(u8::MAX);
        let listed: Vec<u8> =
            offered.iter().flat_map(|name| [&[length(name)], *name].concat()).collect();
        if !listed.is_empty() {
            handshake.set_alpn_protos(&listed)?;
        }
        if protocols == Protocols::All {
            self.settings_ahead(&mut handshake)?;
        }
        if let Some(groups) = &self.tls.key_shares {
            handshake.set_client_key_shares(groups)?;
        }
        handshake.into_ssl(target.host)
    }

    fn offered(&self, protocols: Protocols) -> Vec<&'static [u8]> {
        let all = self.tls.alpn_protocols.as_deref().unwrap_or_default();
        let names = all.iter().filter_map(name);
        names.filter(|name| protocols == Protocols::All || *name == b"http/1.1").collect()
    }

    /// ALPS: settings of HTTP/2 within the handshake, which Chrome alone does.
    fn settings_ahead(&self, handshake: &mut ConnectConfiguration) -> Result<(), ErrorStack> {
        let all = self.tls.alps_protocols.as_deref().unwrap_or_default();
        for protocol in all {
            let names = [&b"h2"[..], b"http/1.1", b"h3"];
            if let Some(name) = names.into_iter().find(|name| *protocol == **name) {
                handshake.add_application_settings(name)?;
                handshake.set_alps_use_new_codepoint(self.tls.alps_use_new_codepoint);
            }
        }
        Ok(())
    }
}

/// What a browser says of a request for a page, which comes first on a connection; the library has
/// what it says of a script. Weights are written as one less than they are.
fn priority_of_a_page(family: Family) -> Option<StreamDependency> {
    let (weight, is_exclusive) = match family {
        Family::Chrome | Family::Edge => (255, true),
        Family::Firefox => (41, false),
        Family::Safari | Family::SafariIos => return None,
    };
    Some(StreamDependency::new(StreamId::zero(), weight, is_exclusive))
}

/// The library keeps the names to itself, but compares them.
fn name(protocol: &AlpnProtocol) -> Option<&'static [u8]> {
    [&b"h2"[..], b"http/1.1", b"h3"].into_iter().find(|name| *protocol == **name)
}

fn version(of: TlsVersion) -> Option<SslVersion> {
    let versions = [
        (TlsVersion::TLS_1_0, SslVersion::TLS1),
        (TlsVersion::TLS_1_1, SslVersion::TLS1_1),
        (TlsVersion::TLS_1_2, SslVersion::TLS1_2),
        (TlsVersion::TLS_1_3, SslVersion::TLS1_3),
    ];
    versions.into_iter().find(|(known, _)| *known == of).map(|(_, version)| version)
}

fn connector(tls: &TlsOptions, roots: &X509Store) -> Result<SslConnector, ErrorStack> {
    let mut builder = SslConnector::bare_builder(SslMethod::tls())?;
    builder.set_cert_store_ref(roots);
    builder.set_verify(SslVerifyMode::PEER);
    builder.set_min_proto_version(tls.min_tls_version.and_then(version))?;
    builder.set_max_proto_version(tls.max_tls_version.and_then(version))?;
    for compressor in tls.certificate_compressors.as_deref().unwrap_or_default() {
        certificates::offer(*compressor, &mut builder)?;
    }
    switches(tls, &mut builder);
    lists(tls, &mut builder)?;
    Ok(builder.build())
}

fn switches(tls: &TlsOptions, builder: &mut SslConnectorBuilder) {
    if tls.enable_ocsp_stapling {
        builder.enable_ocsp_stapling();
    }
    if tls.enable_signed_cert_timestamps {
        builder.enable_signed_cert_timestamps();
    }
    let without = [
        (tls.session_ticket, SslOptions::NO_TICKET),
        (tls.psk_dhe_ke, SslOptions::NO_PSK_DHE_KE),
        (tls.renegotiation, SslOptions::NO_RENEGOTIATION),
    ];
    for (_, option) in without.into_iter().filter(|(has, _)| !has) {
        builder.set_options(option);
    }
    if let Some(enabled) = tls.grease_enabled {
        builder.set_grease_enabled(enabled);
    }
    if let Some(enabled) = tls.permute_extensions {
        builder.set_permute_extensions(enabled);
    }
    if let Some(limit) = tls.record_size_limit {
        builder.set_record_size_limit(limit);
    }
    if let Some(has) = tls.aes_hw_override {
        builder.set_aes_hw_override(has);
    }
}

/// The order of the calls is that of their dependence: what keeps an order comes before what sets it.
fn lists(tls: &TlsOptions, builder: &mut SslConnectorBuilder) -> Result<(), ErrorStack> {
    if let Some(list) = &tls.curves_list {
        builder.set_curves_list(list)?;
    }
    if let Some(list) = &tls.sigalgs_list {
        builder.set_sigalgs_list(list)?;
    }
    if let Some(keeps) = tls.preserve_tls13_cipher_list {
        builder.set_preserve_tls13_cipher_list(keeps);
    }
    if let Some(list) = &tls.cipher_list {
        builder.set_cipher_list(list)?;
    }
    if let Some(list) = &tls.delegated_credentials {
        builder.set_delegated_credentials(list)?;
    }
    if let Some(order) = &tls.extension_permutation {
        builder.set_extension_permutation(order)?;
    }
    Ok(())
}
