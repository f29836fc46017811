"""A throw-away authority that vouches for Shopify's hosts, towards clients that choose to trust it.

Its key never leaves the process; whoever has the certificate file and goes through the twin as a
proxy speaks https with a shop by its real name, unchanged.
"""

import ipaddress
import ssl
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

__all__ = ["is_shopifys", "vouched"]

SHOPS = ".myshopify.com"
HOSTS = ("admin.shopify.com", "cdn.shopify.com")
LIFE = timedelta(days=30)
Key = ec.EllipticCurvePrivateKey


def is_shopifys(host: str) -> bool:
    """Whether the twin answers for a host."""
    return host in HOSTS or host.endswith(SHOPS)


def vouched(authority: Path) -> ssl.SSLContext:
    """What a server needs to be those hosts; the authority's certificate is written to a file."""
    key, root = _key(), _name("The twin's authority, for tests only")
    certificate = _signed(_draft(root, root, key).add_extension(_CA, critical=True), key)
    authority.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    own = _key()
    leaf = _draft(_name("Shopify's hosts, played by the twin"), root, own)
    return _context(own, _signed(leaf.add_extension(_names(), critical=False), key))


def _context(key: Key, certificate: x509.Certificate) -> ssl.SSLContext:
    """Python's TLS takes keys from files only: it stands in one for a moment, for nobody else."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile(suffix=".pem") as file:
        file.write(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        file.write(certificate.public_bytes(serialization.Encoding.PEM))
        file.flush()
        context.load_cert_chain(file.name)
    return context


def _key() -> Key:
    return ec.generate_private_key(ec.SECP256R1())


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _names() -> x509.SubjectAlternativeName:
    hosts = [x509.DNSName(host) for host in (f"*{SHOPS}", *HOSTS, "localhost")]
    return x509.SubjectAlternativeName([*hosts, x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])


def _draft(subject: x509.Name, issuer: x509.Name, key: Key) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + LIFE)
        .add_extension(identifier, critical=False)
    )


def _signed(draft: x509.CertificateBuilder, key: Key) -> x509.Certificate:
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())
    return draft.add_extension(issuer, critical=False).sign(key, hashes.SHA256())


_CA = x509.BasicConstraints(ca=True, path_length=0)
