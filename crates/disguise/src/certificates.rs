//! Certificates that servers send compressed (RFC 8879), as browsers say that they take them.

use std::io::{self, Write};

use btls::ssl::{
    CertificateCompressionAlgorithm as Algorithm, CertificateCompressor, SslConnectorBuilder,
};
use wreq::tls::compress::{CertificateCompressor as Known, Codec};

/// `ALGORITHM` is its number in the registry.
struct Compressor<const ALGORITHM: u8> {
    of: &'static dyn Known,
}

impl<const ALGORITHM: u8> CertificateCompressor for Compressor<ALGORITHM> {
    const ALGORITHM: Algorithm = match ALGORITHM {
        1 => Algorithm::ZLIB,
        2 => Algorithm::BROTLI,
        _ => Algorithm::ZSTD,
    };
    const CAN_COMPRESS: bool = true;
    const CAN_DECOMPRESS: bool = true;

    fn compress<W: Write>(&self, input: &[u8], output: &mut W) -> io::Result<()> {
        run(&self.of.compress(), input, output)
    }

    fn decompress<W: Write>(&self, input: &[u8], output: &mut W) -> io::Result<()> {
        run(&self.of.decompress(), input, output)
    }
}

fn run(codec: &Codec, input: &[u8], output: &mut dyn Write) -> io::Result<()> {
    match codec {
        Codec::Pointer(run) => run(input, output),
        Codec::Dynamic(run) => run(input, output),
    }
}

/// Offers one more algorithm, after those before.
pub(crate) fn offer(
    of: &'static dyn Known,
    builder: &mut SslConnectorBuilder,
) -> Result<(), btls::error::ErrorStack> {
    let algorithm = of.algorithm();
    if algorithm == Algorithm::ZLIB {
        builder.add_certificate_compression_algorithm(Compressor::<1> { of })
    } else if algorithm == Algorithm::BROTLI {
        builder.add_certificate_compression_algorithm(Compressor::<2> { of })
    } else {
        builder.add_certificate_compression_algorithm(Compressor::<3> { of })
    }
}
