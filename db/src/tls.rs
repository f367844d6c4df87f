//! TLS to the server, as `sslmode` and `sslrootcert` of libpq ask for it.
//!
//! | sslmode | encrypted | the certificate |
//! | --- | --- | --- |
//! | `disable` | never | |
//! | `prefer` (without any) | if the server can | is not looked at |
//! | `require` | always | is not looked at; with `sslrootcert` as `verify-ca` |
//! | `verify-ca` | always | was signed by `sslrootcert`, for whatever name |
//! | `verify-full` | always | was signed by `sslrootcert` for the host's name |
//!
//! `sslrootcert` is a file of PEM certificates, or `system` for those that this machine trusts. A public authority signs
//! for anybody, so `system` goes with `verify-full` alone, and `verify-full` alone does without `sslrootcert`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::crypto::{WebPkiSupportedAlgorithms, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::server::ParsedCertificate;
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_postgres::config::SslMode;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::AddressError;

/// What an address says about TLS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Tls {
    Disabled,
    Preferred,
    Unverified,
    Chain(Roots),
    ChainAndName(Roots),
}

/// Whose signatures count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Roots {
    File(PathBuf),
    System,
}

impl Tls {
    /// Takes the words about TLS out of an address, whose other words are for the driver.
    pub(crate) fn take_from(url: &str) -> Result<(String, Self), AddressError> {
        let (address, query) = url.split_once('?').unwrap_or((url, ""));
        let (mut mode, mut root, mut others) = (None, None, Vec::new());
        for word in query.split('&').filter(|word| !word.is_empty()) {
            match word.split_once('=') {
                Some(("sslmode", value)) => mode = Some(value),
                Some(("sslrootcert", value)) => root = Some(Roots::named(value)),
                _ => others.push(word),
            }
        }
        let rest = if others.is_empty() { address.to_owned() } else { format!("{address}?{}", others.join("&")) };
        Ok((rest, Self::asked_for(mode, root)?))
    }

    fn asked_for(mode: Option<&str>, root: Option<Roots>) -> Result<Self, AddressError> {
        match (mode, root) {
            (None | Some("verify-full"), Some(Roots::System)) => Ok(Self::ChainAndName(Roots::System)),
            (Some(mode), Some(Roots::System)) => Err(AddressError(format!(
                "sslrootcert=system needs sslmode=verify-full, for public authorities sign for anybody, not {mode}"
            ))),
            (Some("disable"), _) => Ok(Self::Disabled),
            (None | Some("prefer"), _) => Ok(Self::Preferred),
            (Some("require"), None) => Ok(Self::Unverified),
            (Some("require" | "verify-ca"), Some(root)) => Ok(Self::Chain(root)),
            (Some("verify-ca"), None) => Err(AddressError(
                "sslmode=verify-ca needs sslrootcert=<file of the authority's certificate>".to_owned(),
            )),
            (Some("verify-full"), root) => Ok(Self::ChainAndName(root.unwrap_or(Roots::System))),
            (Some(other), _) => {
                Err(AddressError(format!("sslmode is disable, prefer, require, verify-ca or verify-full, not {other}")))
            }
        }
    }

    /// The driver's word for it.
    pub(crate) fn mode(&self) -> SslMode {
        match self {
            Self::Disabled => SslMode::Disable,
            Self::Preferred => SslMode::Prefer,
            Self::Unverified | Self::Chain(_) | Self::ChainAndName(_) => SslMode::Require,
        }
    }

    /// Makes what shakes hands with the server.
    pub(crate) fn connector(&self) -> Result<MakeRustlsConnect, AddressError> {
        let provider = Arc::new(ring::default_provider());
        let algorithms = provider.signature_verification_algorithms;
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| AddressError(error.to_string()))?;
        let builder = match self {
            Self::ChainAndName(roots) => builder.with_root_certificates(roots.load()?),
            Self::Chain(roots) => {
                let any_name = AnyName { roots: Some(roots.load()?), algorithms };
                builder.dangerous().with_custom_certificate_verifier(Arc::new(any_name))
            }
            Self::Disabled | Self::Preferred | Self::Unverified => {
                let anybody = AnyName { roots: None, algorithms };
                builder.dangerous().with_custom_certificate_verifier(Arc::new(anybody))
            }
        };
        let mut config = builder.with_no_client_auth();
        // A server that is spoken to in TLS from the first byte (sslnegotiation=direct) insists on it.
        config.alpn_protocols = vec![b"postgresql".to_vec()];
        Ok(MakeRustlsConnect::new(config))
    }
}

impl Roots {
    fn named(value: &str) -> Self {
        if value == "system" { Self::System } else { Self::File(PathBuf::from(percent_decoded(value))) }
    }

    fn load(&self) -> Result<RootCertStore, AddressError> {
        match self {
            Self::File(path) => from_file(path),
            Self::System => {
                let mut store = RootCertStore::empty();
                store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
                if store.is_empty() {
                    return Err(AddressError("this machine has no certificates that it trusts".to_owned()));
                }
                Ok(store)
            }
        }
    }
}

fn from_file(path: &Path) -> Result<RootCertStore, AddressError> {
    let refused = |why: String| AddressError(format!("sslrootcert {}: {why}", path.display()));
    let mut store = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(|error| refused(error.to_string()))? {
        let certificate = certificate.map_err(|error| refused(error.to_string()))?;
        store.add(certificate).map_err(|error| refused(error.to_string()))?;
    }
    if store.is_empty() {
        return Err(refused("holds no certificate".to_owned()));
    }
    Ok(store)
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let digits = after.get(..2).filter(|_| first == b'%').and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Accepts a certificate that one of the roots signed for whatever name; without roots, any certificate.
#[derive(Debug)]
struct AnyName {
    roots: Option<RootCertStore>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ServerCertVerifier for AnyName {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if let Some(roots) = &self.roots {
            let certificate = ParsedCertificate::try_from(end_entity)?;
            verify_server_cert_signed_by_trust_anchor(&certificate, roots, intermediates, now, self.algorithms.all)?;
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(words: &str) -> Result<Tls, AddressError> {
        Tls::take_from(&format!("postgres://u:p@h/d{words}")).map(|(_, tls)| tls)
    }

    fn file(path: &str) -> Roots {
        Roots::File(PathBuf::from(path))
    }

    #[test]
    fn the_modes_mean_what_libpq_means_by_them() {
        assert_eq!(taken("").unwrap(), Tls::Preferred);
        assert_eq!(taken("?sslmode=disable").unwrap(), Tls::Disabled);
        assert_eq!(taken("?sslmode=prefer&sslrootcert=/ca.pem").unwrap(), Tls::Preferred);
        assert_eq!(taken("?sslmode=require").unwrap(), Tls::Unverified);
        assert_eq!(taken("?sslmode=require&sslrootcert=/ca.pem").unwrap(), Tls::Chain(file("/ca.pem")));
        assert_eq!(taken("?sslrootcert=%2Fmy%20ca.pem&sslmode=verify-ca").unwrap(), Tls::Chain(file("/my ca.pem")));
        assert_eq!(taken("?sslmode=verify-full&sslrootcert=/ca").unwrap(), Tls::ChainAndName(file("/ca")));
        assert_eq!(taken("?sslmode=verify-full").unwrap(), Tls::ChainAndName(Roots::System));
        assert_eq!(taken("?sslrootcert=system").unwrap(), Tls::ChainAndName(Roots::System));
    }

    #[test]
    fn what_makes_no_sense_is_refused_in_words() {
        for (words, named) in [
            ("?sslmode=on", "not on"),
            ("?sslmode=verify-ca", "sslrootcert"),
            ("?sslmode=require&sslrootcert=system", "verify-full"),
        ] {
            let refusal = taken(words).unwrap_err().to_string();
            assert!(refusal.contains(named), "{refusal}");
        }
        let refusal = taken("?sslmode=verify-ca&sslrootcert=/nowhere.pem").unwrap().connector().err().unwrap();
        assert!(refusal.to_string().contains("/nowhere.pem"), "{refusal}");
    }

    #[test]
    fn other_words_are_left_to_the_driver() {
        let (rest, _) = Tls::take_from("postgres://h/d?a=1&sslmode=require&b=2").unwrap();
        assert_eq!(rest, "postgres://h/d?a=1&b=2");
    }
}
