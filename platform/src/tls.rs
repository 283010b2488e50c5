//! One provider of cryptography for every TLS connection of the process.

/// Makes aws-lc-rs the provider of the process. Call it first in `main`; later calls change nothing.
pub fn install() {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // Fails only when another thread was faster, which leaves a provider installed as well.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    }
}
