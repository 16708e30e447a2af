"""Shared by the tests of the reader: the worked examples, a connection that follows a script, and a small chip that can
be made to misbehave. The product's emulated card is the well-behaved one; this one is written apart from it, so that
the reader is not only tested against its own twin."""

import datetime
import hashlib
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import algos, cms
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID
from hypothesis import HealthCheck, settings
from PIL import Image

from cccd_reader import crypto, tlv
from cccd_reader.apdu import CommandApdu, ResponseApdu
from cccd_reader.card_access import FALLBACK, parse_card_access
from cccd_reader.emulation import CardImage, personalise
from cccd_reader.errors import CardError
from cccd_reader.keys import Can, KeyRing, keyring_from_number
from cccd_reader.lds.dg2 import parse_dg2
from cccd_reader.reader import read_card
from cccd_reader.transport.local import LocalConnection
from tests.cccd_reader.pace_chip import PaceChip
from tests.people import AN

# An example may take long on a busy machine; that is no failure.
settings.register_profile("cccd_reader", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("cccd_reader")

SYNTHETIC_NUMBER = "001099012345"
"""Of the person in `vn_cccd_synthetic.json`, who does not exist."""

DATA = Path(__file__).parents[1] / "data" / "emrtd"


@pytest.fixture(scope="session")
def emrtd_data() -> Path:
    return DATA


@pytest.fixture(scope="session")
def icao() -> dict[str, Any]:
    return json.loads((DATA / "icao9303_vectors.json").read_text("utf-8"))


@pytest.fixture(scope="session")
def vietnam() -> dict[str, Any]:
    return json.loads((DATA / "vn_cccd_synthetic.json").read_text("utf-8"))


@pytest.fixture(scope="session")
def photo(emrtd_data: Path) -> bytes:
    """A JPEG 2000 file of 413×531 pixels."""
    return parse_dg2((emrtd_data / "bsi2008" / "Datagroup2.bin").read_bytes()).data


@pytest.fixture(scope="session")
def small_photo() -> bytes:
    """A JPEG file that is hardly more than its headers."""
    buffer = io.BytesIO()
    Image.new("RGB", (24, 32), "bisque").save(buffer, "JPEG")
    return buffer.getvalue()


@pytest.fixture(scope="session")
def image(photo: bytes) -> CardImage:
    """An's card."""
    return personalise(AN, photo)


class ScriptedConnection:
    """Expects exactly these commands in this order, and answers each with bytes or an error."""

    kind = "local"
    name = "script"
    atr = bytes.fromhex("3B80800101")
    max_data_bytes = None

    def __init__(self, script: list[tuple[str, str | CardError]]) -> None:
        self._script = list(script)
        self.resets = 0

    def transmit(self, apdu: bytes) -> tuple[bytes, int]:
        assert self._script, f"the script is over, but {apdu.hex()} came"
        expected, answer = self._script.pop(0)
        assert apdu.hex().upper() == expected.upper()
        if isinstance(answer, CardError):
            raise answer
        response = ResponseApdu.decode(bytes.fromhex(answer))
        return response.data, response.sw

    def reset(self) -> None:
        self.resets += 1

    def close(self) -> None:
        pass

    @property
    def finished(self) -> bool:
        return not self._script


@pytest.fixture
def scripted() -> Callable[..., ScriptedConnection]:
    """scripted((command, answer), …): a connection; the test fails if it is not followed to its end."""

    def make(*script: tuple[str, str | CardError]) -> ScriptedConnection:
        return ScriptedConnection(list(script))

    return make


Intercept = Callable[[CommandApdu], ResponseApdu | None]


class FakeChip:
    """PACE with one CAN, secure messaging, and files by FID and SFI. `on_raw` sees commands as they come over the air,
    `on_plain` what is inside; either may answer in the chip's place (`on_raw` without protection), or raise."""

    def __init__(self, files: dict[int, bytes], can: str) -> None:
        (info,) = parse_card_access(FALLBACK).ranked()
        self.files = {0x011C: FALLBACK, **files}
        self.pace = PaceChip(info, Can(can))
        self.short_identifiers = True
        self.on_raw: Intercept = lambda command: None
        self.on_plain: Intercept = lambda command: None
        self.log: list[CommandApdu] = []
        """The plain commands of all sessions."""
        self.resets = 0
        self.reset()

    def reset(self) -> None:
        self.pace.reset()
        self._ssc = 0
        self._selected = b""
        self.resets += 1

    def process(self, raw: bytes) -> bytes:
        command = CommandApdu.decode(raw)
        answer = self.on_raw(command)
        if answer is not None:
            return answer.encode()
        if command.ins in (0x22, 0x86) and command.cla & 0x0C != 0x0C:
            return self.pace.process(raw)
        if command.cla & 0x0C != 0x0C:
            return self._answer(command).encode()
        self._ssc += 1
        plain = self._open(command)
        answer = self._answer(plain)
        self._ssc += 1
        return self._seal(answer)

    def _answer(self, command: CommandApdu) -> ResponseApdu:
        self.log.append(command)
        answer = self.on_plain(command)
        if answer is not None:
            return answer
        if command.ins in (0x22, 0x86, 0x88):
            return ResponseApdu(b"", 0x6A88)  # it has no private keys
        if command.ins == 0xA4:
            if command.p1 == 0x00:
                return ResponseApdu(b"", 0x6D00)  # the quirk of Vietnamese chips
            if command.p1 == 0x04:
                return ResponseApdu(b"", 0x9000)
            return self._select(int.from_bytes(command.data, "big"))
        offset = command.p1 << 8 | command.p2
        if command.p1 & 0x80:
            if not self.short_identifiers:
                return ResponseApdu(b"", 0x6A86)
            found = self._select(0x0100 | command.p1 & 0x1F)
            if found.sw != 0x9000:
                return found
            offset = command.p2
        assert command.le is not None
        data = self._selected[offset : offset + command.le]
        return ResponseApdu(data, 0x9000 if len(data) == command.le else 0x6282)

    def _select(self, fid: int) -> ResponseApdu:
        if fid not in self.files:
            return ResponseApdu(b"", 0x6A82)
        self._selected = self.files[fid]
        return ResponseApdu(b"", 0x9000)

    @property
    def _counter(self) -> bytes:
        return self._ssc.to_bytes(16, "big")

    def _iv(self) -> bytes:
        return crypto.encrypt_block(crypto.CipherSuite.AES128, self.pace.ks[0], self._counter)

    def _open(self, command: CommandApdu) -> CommandApdu:
        found = {item.tag: item.value for item in tlv.iterate(command.data)}
        data = b""
        if 0x87 in found:
            sealed = crypto.decrypt_cbc(crypto.CipherSuite.AES128, self.pace.ks[0], found[0x87][1:], self._iv())
            data = crypto.unpad(sealed)
        le = int.from_bytes(found[0x97], "big") or 256 if 0x97 in found else None
        return CommandApdu(0x00, command.ins, command.p1, command.p2, data, le)

    def _seal(self, answer: ResponseApdu) -> bytes:
        objects = b""
        if answer.data:
            sealed = crypto.encrypt_cbc(
                crypto.CipherSuite.AES128, self.pace.ks[0], crypto.pad(answer.data, 16), self._iv()
            )
            objects = tlv.encode(0x87, b"\x01" + sealed)
        objects += tlv.encode(0x99, answer.sw.to_bytes(2, "big"))
        code = crypto.aes_cmac(self.pace.ks[1], crypto.pad(self._counter + objects, 16))
        return ResponseApdu(objects + tlv.encode(0x8E, code), answer.sw).encode()


@pytest.fixture
def fake_chip() -> type[FakeChip]:
    return FakeChip


class SodMaker:
    """Makes EF.SOD with a fresh document signer of its own, by asn1crypto and not by the product's code."""

    def __init__(self, key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | None = None) -> None:
        self.key = key or ec.generate_private_key(ec.BrainpoolP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test Document Signer")])
        start = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.key.public_key())
            .serial_number(4711)
            .not_valid_before(start)
            .not_valid_after(start + datetime.timedelta(days=3650))
            .add_extension(x509.SubjectKeyIdentifier(b"0123456789"), critical=False)
            .sign(self.key, hashes.SHA256())
        )
        self.certificate = asn1_x509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER))

    def __call__(
        self,
        groups: dict[int, bytes],
        *,
        hash_name: str = "sha256",
        signed_attributes: bool = True,
        pss: bool = False,
        by_key_identifier: bool = False,
        change: Callable[[cms.SignedData], None] = lambda signed_data: None,
    ) -> bytes:
        content = self.security_object(groups, hash_name)
        attributes = None
        message = content
        if signed_attributes:
            attributes = cms.CMSAttributes(
                [
                    {"type": "content_type", "values": ["2.23.136.1.1.1"]},
                    {"type": "message_digest", "values": [hashlib.new(hash_name, content).digest()]},
                ]
            )
            message = attributes.dump()
        algorithm, signature = self._sign(message, hash_name, pss=pss)
        tbs = self.certificate["tbs_certificate"]
        if by_key_identifier:
            sid = cms.SignerIdentifier("subject_key_identifier", b"0123456789")
        else:
            sid = cms.SignerIdentifier(
                "issuer_and_serial_number", {"issuer": tbs["issuer"], "serial_number": tbs["serial_number"].native}
            )
        signed_data = cms.SignedData(
            {
                "version": "v3",
                "digest_algorithms": [{"algorithm": hash_name}],
                "encap_content_info": {"content_type": "2.23.136.1.1.1", "content": content},
                "certificates": [self.certificate],
                "signer_infos": [
                    {
                        "version": "v1",
                        "sid": sid,
                        "digest_algorithm": {"algorithm": hash_name},
                        "signed_attrs": attributes,
                        "signature_algorithm": algorithm,
                        "signature": signature,
                    }
                ],
            }
        )
        change(signed_data)
        info = cms.ContentInfo({"content_type": "signed_data", "content": signed_data})
        return tlv.encode(0x77, info.dump(force=True))

    @staticmethod
    def security_object(groups: dict[int, bytes], hash_name: str) -> bytes:
        entries = b"".join(
            tlv.encode(0x30, tlv.encode(0x02, bytes([n])) + tlv.encode(0x04, hashlib.new(hash_name, data).digest()))
            for n, data in groups.items()
        )
        algorithm = algos.DigestAlgorithm({"algorithm": hash_name}).dump()
        return tlv.encode(0x30, b"\x02\x01\x00" + algorithm + tlv.encode(0x30, entries))

    def _sign(self, message: bytes, hash_name: str, *, pss: bool) -> tuple[algos.SignedDigestAlgorithm, bytes]:
        algorithm: hashes.HashAlgorithm = getattr(hashes, hash_name.upper())()
        if isinstance(self.key, ec.EllipticCurvePrivateKey):
            name = algos.SignedDigestAlgorithm({"algorithm": f"{hash_name}_ecdsa"})
            return name, self.key.sign(message, ec.ECDSA(algorithm))
        if pss:
            parameters = {
                "hash_algorithm": {"algorithm": hash_name},
                "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": {"algorithm": hash_name}},
                "salt_length": 32,
            }
            name = algos.SignedDigestAlgorithm({"algorithm": "rsassa_pss", "parameters": parameters})
            return name, self.key.sign(message, padding.PSS(padding.MGF1(algorithm), 32), algorithm)
        name = algos.SignedDigestAlgorithm({"algorithm": f"{hash_name}_rsa"})
        return name, self.key.sign(message, padding.PKCS1v15(), algorithm)


@pytest.fixture(scope="session")
def sod_maker() -> type[SodMaker]:
    return SodMaker


@pytest.fixture(scope="session")
def sod_factory(sod_maker: Any) -> Any:
    return sod_maker()


@pytest.fixture(scope="session")
def files(vietnam: dict[str, Any], emrtd_data: Path, sod_factory: Any) -> dict[int, bytes]:
    found = {
        0x0101: bytes.fromhex(vietnam["dg1_hex"]),
        0x0102: (emrtd_data / "bsi2008" / "Datagroup2.bin").read_bytes(),
        0x010D: bytes.fromhex(vietnam["dg13"][0]["hex"]),
        0x010E: (emrtd_data / "bsi2008" / "Datagroup14.bin").read_bytes(),
        0x010F: (emrtd_data / "bsi2008" / "Datagroup15.bin").read_bytes(),
    }
    return {**found, 0x011D: sod_factory({fid & 0xFF: data for fid, data in found.items()})}


@pytest.fixture
def chip(fake_chip: Any, files: dict[int, bytes]) -> Any:
    return fake_chip(files, SYNTHETIC_NUMBER[-6:])


@pytest.fixture
def read(chip: Any) -> Callable[..., Any]:
    def go(keys: KeyRing | None = None, **options: Any) -> Any:
        connection = LocalConnection(chip)
        try:
            return read_card(connection, keys or keyring_from_number(SYNTHETIC_NUMBER), **options)
        finally:
            connection.close()

    return go
