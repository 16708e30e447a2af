"""MLLP over TLS, with invented certificates."""

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.tls import TlsFiles
from tests.certificates import Authority
from tests.his_adapter.hl7v2.story import HospitalMaker, Receiver, reply, visit


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
    context.load_verify_locations(trusted.certificate)
    context.verify_mode = ssl.CERT_REQUIRED
    started = Receiver(context)
    yield started
    started.close()


def test_messages_over_one_tls_connection(secure: Receiver, hospital_at: HospitalMaker, trusted: Authority) -> None:
    ours = trusted.issue("kiosk")
    hospital = hospital_at(secure.port, tls=TlsFiles(trusted.certificate, ours.certificate, ours.key))
    for place in range(3):
        secure.say(reply("AA"))
        assert hospital.register(visit(f"key-{place}")).visit_id
    assert [number for number, _ in secure.heard] == [1, 1, 1]


def test_a_hospital_of_another_authority_is_not_spoken_to(
    secure: Receiver, hospital_at: HospitalMaker, strange: Authority, trusted: Authority
) -> None:
    ours = trusted.issue("kiosk")
    hospital = hospital_at(secure.port, tls=TlsFiles(strange.certificate, ours.certificate, ours.key))
    with pytest.raises(OutsideFault, match="CERTIFICATE_VERIFY_FAILED") as caught:
        hospital.register(visit())
    assert caught.value.code is OutsideFaultCode.UNREACHABLE
    assert not secure.heard


@pytest.mark.parametrize("with_one", [False, True])
def test_a_kiosk_that_the_hospital_does_not_know_is_locked_out(
    secure: Receiver, hospital_at: HospitalMaker, trusted: Authority, strange: Authority, with_one: bool
) -> None:
    ours = strange.issue("kiosk") if with_one else None
    files = TlsFiles(trusted.certificate, ours.certificate if ours else None, ours.key if ours else None)
    hospital = hospital_at(secure.port, tls=files)
    with pytest.raises(OutsideFault) as caught:
        hospital.register(visit())
    assert caught.value.code is OutsideFaultCode.AUTH
    assert hospital.health().fault is OutsideFaultCode.AUTH
    assert not secure.heard


def test_a_hospital_without_tls_gets_nothing_in_the_clear(
    receiver: Receiver, hospital_at: HospitalMaker, trusted: Authority
) -> None:
    hospital = hospital_at(receiver.port, tls=TlsFiles(trusted.certificate), timeout_s=0.3)
    with pytest.raises(OutsideFault) as caught:
        hospital.register(visit())
    assert caught.value.code is OutsideFaultCode.UNREACHABLE
    assert not receiver.heard


def test_files_that_cannot_be_used(hospital_at: HospitalMaker, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        hospital_at(2575, tls=TlsFiles(tmp_path / "none.pem"))
