"""The chip's files and their parts; the files of this program."""

import json

from asn1crypto import cms, x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from cccd_reader import tlv
from cccd_reader.apdu import CommandApdu
from cccd_reader.card_access import FALLBACK
from cccd_reader.emulation.fids import FID_COM
from cccd_reader.lds.files import EF
from tests.fuzz import proofs
from tests.fuzz.cards import PICTURE, card_image
from tests.fuzz.mutator import Node, parse_tree
from tests.fuzz.seeds.samples import Make, Seeds, file_of, hex_strings, sample
from tests.fuzz.signed import RSA_MODULUS


def _tlv() -> Seeds:
    return [FALLBACK, file_of(EF.DG13), card_image().files[FID_COM], bytes.fromhex("7F4906860104")]


def _command_apdu() -> Seeds:
    """The seven cases of ISO/IEC 7816-4, 5.2."""
    cases = [(b"", None, False), (b"", 256, False), (b"", 1, False), (b"data", None, False), (b"data", 8, False)]
    cases += [(b"", 65536, True), (b"data", None, True), (b"data", 300, True), (bytes(256), 1, True)]
    return [CommandApdu(0x00, 0xB0, 0x9C, 0x00, *case).encode() for case in cases]


def _read_profiles() -> Seeds:
    known = {"proven": 223, "largest": 1500, "extended": True, "short_identifiers": None, "over_read": False}
    entries = [{"reader": "Reader 00 00", "atr": "3B80800101", **known}]
    yield json.dumps({"version": 1, "profiles": entries}).encode()


def _dg2_records() -> Seeds:
    """The published records with their pictures cut down to the header."""
    jpeg2000 = bytes.fromhex("0000000C6A5020200D0A870A") + bytes(8) + bytes.fromhex("FF4FFF51002F0000")
    jpeg2000 += b"".join(number.to_bytes(4, "big") for number in (300, 400, 0, 0))
    for picture in (PICTURE, jpeg2000, jpeg2000[20:]):
        information = bytes(20)
        block = information + bytes(12) + picture
        header = b"FAC\x00010\x00" + (14 + len(block)).to_bytes(4, "big") + b"\x00\x01"
        yield header + len(block).to_bytes(4, "big") + block[4:]
    yield sample("iso19794/ISO19794_Test1_Data.bin")[:600]


def _iso_39794() -> Seeds:
    """ICAO's samples with the code stream cut down to its header."""
    for name in ("AllFields", "MandFields"):
        nodes: list[Node] = []
        (root,), _ = parse_tree(sample(f"iso39794/ICAO_39794_5_AP_DG2_{name}.dat"), nodes)
        for node in nodes:
            if len(node.value) > 1000 and not node.children:
                node.value = node.value[:300]
        yield root.encode()


def _dg2() -> Seeds:
    def wrap(record: bytes, tag: int) -> bytes:
        template = tlv.encode(0x7F60, tlv.encode(0xA1, b"") + tlv.encode(tag, record))
        return tlv.encode(0x75, tlv.encode(0x7F61, tlv.encode(0x02, b"\x01") + template))

    return [
        file_of(EF.DG2),
        *_iso_39794(),
        *(wrap(record, 0x5F2E) for record in _dg2_records()),
        wrap(PICTURE, 0x7F2E),
        *_dg2_records(),
        PICTURE,
    ]


def _public_keys() -> Seeds:
    """Named and explicit curves, RSA, and both forms of Diffie-Hellman keys."""
    yield proofs.spki_of(proofs.CHIP_KEY.public_key())
    yield proofs.spki_of(rsa.RSAPublicNumbers(65537, RSA_MODULUS).public_key())
    yield proofs.dh_spki()
    certificate = x509.Certificate.load(certificate_of(sample("bsi2008/EF_SOD.bin")))
    yield certificate["tbs_certificate"]["subject_public_key_info"].dump()
    yield tlv.decode(sample("bsi2008/Datagroup15.bin")).value
    yield proofs.spki_of(ec.generate_private_key(ec.SECP521R1()).public_key())


def certificate_of(sod: bytes) -> bytes:
    signed_data = cms.ContentInfo.load(tlv.decode(sod).value)["content"]
    return signed_data["certificates"][0].chosen.dump()


def _details() -> Seeds:
    """The files of the specimens, and each field of DG11 and DG12 once."""
    yield sample("bsi2008/EF_COM.bin")
    yield card_image().files[FID_COM]
    name, day = b"MUSTERMANN<<ERIKA", b"19800131"
    eleven = {
        0x5F0E: name,
        0x5F10: b"12345",
        0x5F2B: day,
        0x5F11: b"UTOPIA<TOWN",
        0x5F42: b"STREET<TOWN",
        0x5F12: b"+84",
    }
    eleven |= {0x5F13: b"X", 0x5F14: b"DR", 0x5F15: b"Y", 0x5F16: PICTURE, 0x5F17: b"A<B", 0x5F18: b"Z"}
    twelve = {0x5F19: b"UTO", 0x5F26: bytes.fromhex("20200131"), 0x5F1B: b"NONE", 0x5F1C: b"NONE", 0x5F1D: PICTURE}
    twelve |= {0x5F1E: PICTURE, 0x5F55: b"20200131120000", 0x5F56: b"SYSTEM"}
    for tag, repeated, fields in ((0x6B, 0x5F0F, eleven), (0x6C, 0x5F1A, twelve)):
        listed = b"".join(field.to_bytes(2, "big") for field in (*fields, repeated))
        others = tlv.encode(0x02, b"\x02") + tlv.encode(repeated, name) + tlv.encode(repeated, "Đặng".encode())
        objects = b"".join(tlv.encode(field, value) for field, value in fields.items())
        yield tlv.encode(tag, tlv.encode(0x5C, listed) + objects + tlv.encode(0xA0, others))


def _dg14() -> Seeds:
    yield file_of(EF.DG14)
    yield sample("bsi2008/Datagroup14.bin")
    yield sample("doc9303/spec_sample_encoded_dg14.bin")
    for suite in (1, 4):
        yield proofs.dg14_file(suite, dh=suite == 1)


SEEDS: dict[str, Make] = {
    "tlv": _tlv,
    "command_apdu": _command_apdu,
    "reader_features": lambda: [bytes.fromhex("12044233001F0A0400000100"), bytes.fromhex("0A02FF07")],
    "read_profiles": _read_profiles,
    "dg1": lambda: [file_of(EF.DG1), sample("bsi2008/Datagroup1.bin"), *hex_strings("61")],
    "dg2": _dg2,
    "security_infos": lambda: [FALLBACK, *_dg14()],
    "dg13": lambda: [file_of(EF.DG13), *hex_strings("6D")],
    "details": _details,
    "dg15": lambda: [tlv.encode(0x6F, spki) for spki in _public_keys()],
}
