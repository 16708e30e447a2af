"""MLLP over TLS, with invented certificates."""

import ipaddress
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.tls import TlsFiles
from tests.his_adapter.hl7v2.story import HospitalMaker, Receiver, reply, visit


@dataclass(frozen=True)
class Pair:
    certificate: Path
    key: Path


class Authority:
    """Certificates of one invented authority, as files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, folder.name)])
        self.file = folder / "ca.pem"
        self.file.write_bytes(self._signed(self._name, self._key, authority=True).public_bytes(Encoding.PEM))

    def issue(self, name: str) -> Pair:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        pair = Pair(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        pair.certificate.write_bytes(self._signed(subject, key, authority=False).public_bytes(Encoding.PEM))
        pair.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return pair

    def _signed(self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, *, authority: bool) -> x509.Certificate:
        start = datetime.now(UTC) - timedelta(days=1)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(start + timedelta(days=30))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        )
        if not authority:
            here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
            builder = builder.add_extension(here, critical=False)
        return builder.sign(self._key, hashes.SHA256())


@pytest.fixture(scope="module")
def trusted(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("trusted"))


@pytest.fixture(scope="module")
def strange(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("strange"))


@pytest.fixture(params=[ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["1.2", "1.3"])
def secure(request: pytest.FixtureRequest, trusted: Authority) -> Iterator[Receiver]:
    """A receiver that wants a certificate of the trusted authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = context.maximum_version = request.param
    pair = trusted.issue("hospital")
    context.load_cert_chain(pair.certificate, pair.key)
    context.load_verify_locations(trusted.file)
    context.verify_mode = ssl.CERT_REQUIRED
    started = Receiver(context)
    yield started
    started.close()


def test_messages_over_one_tls_connection(secure: Receiver, hospital_at: HospitalMaker, trusted: Authority) -> None:
    ours = trusted.issue("kiosk")
    hospital = hospital_at(secure.port, tls=TlsFiles(trusted.file, ours.certificate, ours.key))
    for place in range(3):
        secure.say(reply("AA"))
        assert hospital.register(visit(f"key-{place}")).visit_id
    assert [number for number, _ in secure.heard] == [1, 1, 1]


def test_a_hospital_of_another_authority_is_not_spoken_to(
    secure: Receiver, hospital_at: HospitalMaker, strange: Authority, trusted: Authority
) -> None:
    ours = trusted.issue("kiosk")
    hospital = hospital_at(secure.port, tls=TlsFiles(strange.file, ours.certificate, ours.key))
    with pytest.raises(OutsideFault, match="CERTIFICATE_VERIFY_FAILED") as caught:
        hospital.register(visit())
    assert caught.value.code is OutsideFaultCode.UNREACHABLE
    assert not secure.heard


@pytest.mark.parametrize("with_one", [False, True])
def test_a_kiosk_that_the_hospital_does_not_know_is_locked_out(
    secure: Receiver, hospital_at: HospitalMaker, trusted: Authority, strange: Authority, with_one: bool
) -> None:
    ours = strange.issue("kiosk") if with_one else None
    files = TlsFiles(trusted.file, ours.certificate if ours else None, ours.key if ours else None)
    hospital = hospital_at(secure.port, tls=files)
    with pytest.raises(OutsideFault) as caught:
        hospital.register(visit())
    assert caught.value.code is OutsideFaultCode.AUTH
    assert hospital.health().fault is OutsideFaultCode.AUTH
    assert not secure.heard


def test_a_hospital_without_tls_gets_nothing_in_the_clear(
    receiver: Receiver, hospital_at: HospitalMaker, trusted: Authority
) -> None:
    hospital = hospital_at(receiver.port, tls=TlsFiles(trusted.file), timeout_s=0.3)
    with pytest.raises(OutsideFault) as caught:
        hospital.register(visit())
    assert caught.value.code is OutsideFaultCode.UNREACHABLE
    assert not receiver.heard


def test_files_that_cannot_be_used(hospital_at: HospitalMaker, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        hospital_at(2575, tls=TlsFiles(tmp_path / "none.pem"))
