//! What encrypts the ways to mail servers, with the roots that certificates are checked against.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::smtp::Unusable;

/// A connector that trusts what the system trusts, and the roots of `ca_file` besides.
pub(super) fn connector(ca_file: Option<&Path>) -> Result<TlsConnector, Unusable> {
    let mut roots = RootCertStore::empty();
    // Some of a system's certificates may be unreadable; those that can be read have to do.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(path) = ca_file {
        add_own_roots(&mut roots, path)?;
    }
    if roots.is_empty() {
        return Err(Unusable::NoRoots);
    }
    // The provider is named, for with two of them in the tree rustls panics when left to choose.
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|why| Unusable::NoTls(why.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

/// Why a line is not encrypted.
pub(super) enum NotEncrypted {
    /// The server cannot be trusted, or the name it is to have is none; does not mend itself.
    Untrusted(String),
    /// The line broke.
    Broken(String),
    /// It took too long.
    TimedOut,
}

/// A server's name or address as settings have it, without the brackets of an IPv6 address.
pub(super) fn bare(host: &str) -> &str {
    host.trim_matches(['[', ']'])
}

/// Whether what we got to is on this machine: `localhost` may resolve to anything.
pub(super) fn is_here(tcp: &TcpStream) -> bool {
    tcp.peer_addr().is_ok_and(|peer| peer.ip().is_loopback())
}

/// Encrypts a line to the server of this name, which its certificate must bear.
pub(super) async fn encrypt(
    tcp: TcpStream,
    tls: &TlsConnector,
    host: &str,
    limit: Duration,
) -> Result<TlsStream<TcpStream>, NotEncrypted> {
    let name = ServerName::try_from(host.to_owned())
        .map_err(|why| NotEncrypted::Untrusted(why.to_string()))?;
    match timeout(limit, tls.connect(name, tcp)).await {
        Ok(Ok(stream)) => Ok(stream),
        // rustls's own faults (a certificate, a version) don't mend themselves; a broken line may.
        Ok(Err(fault)) if fault.kind() == io::ErrorKind::InvalidData => {
            Err(NotEncrypted::Untrusted(fault.to_string()))
        }
        Ok(Err(fault)) => Err(NotEncrypted::Broken(fault.to_string())),
        Err(_) => Err(NotEncrypted::TimedOut),
    }
}

fn add_own_roots(roots: &mut RootCertStore, path: &Path) -> Result<(), Unusable> {
    let bad = |why: String| Unusable::BadRoots {
        path: path.to_owned(),
        why,
    };
    let before = roots.len();
    for root in CertificateDer::pem_file_iter(path).map_err(|why| bad(why.to_string()))? {
        let root = root.map_err(|why| bad(why.to_string()))?;
        roots.add(root).map_err(|why| bad(why.to_string()))?;
    }
    if roots.len() == before {
        return Err(bad("文件里没有证书".to_owned()));
    }
    Ok(())
}
