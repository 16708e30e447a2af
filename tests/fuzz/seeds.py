"""Makes the seeds, from published samples and the emulated card: `python -m tests.fuzz.seeds [TARGET…]`."""

import base64
import hashlib
import json
import sys
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from asn1crypto import algos, cms, x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from cccd_reader import crypto, tlv
from cccd_reader.access import EMRTD_AID
from cccd_reader.apdu import CommandApdu, ResponseApdu
from cccd_reader.card_access import FALLBACK
from cccd_reader.emulation import EmulatedCard, SignerKind, TestSigner, personalise
from cccd_reader.emulation.authority import TestAuthority
from cccd_reader.emulation.fids import FID_COM
from cccd_reader.file_reader import FileReader
from cccd_reader.lds.files import EF
from cccd_reader.mrz import vietnamese_mrz
from cccd_reader.pace import run_pace
from cccd_reader.pki.extensions import MASTER_LIST_SIGNING
from cccd_reader.pki.master_list import parse_master_list
from cccd_reader.read_tactics import ReadTactics
from cccd_reader.transport.link import Link
from tests.fuzz import corpus, proofs, protocols, sessions, trust
from tests.fuzz.mutator import Node, parse_tree
from tests.fuzz.people import PICTURE, card_image, person, versatile_image
from tests.fuzz.script import Determined, pack
from tests.fuzz.signed import RSA_MODULUS

DATA = Path(__file__).parents[1] / "data" / "emrtd"

Seeds = Iterable[bytes]


def main() -> None:
    """Of the targets that are named, or of all: keys are new each time, so what need not change should not."""
    for target in sys.argv[1:] or SEEDS:
        folder = corpus.FOLDER / target
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("seed-*.bin"):
            old.unlink()
        for index, data in enumerate(SEEDS[target](), 1):
            (folder / f"seed-{index:02d}.bin").write_bytes(data)


def _sample(name: str) -> bytes:
    return (DATA / name).read_bytes()


def _synthetic() -> dict[str, object]:
    return json.loads((DATA / "vn_cccd_synthetic.json").read_text("utf-8"))


def _strings(value: object) -> Iterator[str]:
    """Every text in a JSON document."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)


def _hex_strings(start: str) -> Iterator[bytes]:
    """The files among the synthetic vectors, by their first bytes."""
    for text in _strings(_synthetic()):
        if text.upper().startswith(start) and len(text) > 40 and len(text) % 2 == 0:
            yield bytes.fromhex(text)


def _file(ef: EF) -> bytes:
    return card_image().files[ef.fid]


def _tlv() -> Seeds:
    return [FALLBACK, _file(EF.DG13), card_image().files[FID_COM], bytes.fromhex("7F4906860104")]


def _command_apdu() -> Seeds:
    """The seven cases of ISO/IEC 7816-4, 5.2."""
    cases = [(b"", None, False), (b"", 256, False), (b"", 1, False), (b"data", None, False), (b"data", 8, False)]
    cases += [(b"", 65536, True), (b"data", None, True), (b"data", 300, True), (bytes(256), 1, True)]
    return [CommandApdu(0x00, 0xB0, 0x9C, 0x00, *case).encode() for case in cases]


def _mrz() -> Seeds:
    zone = vietnamese_mrz("001199012345", date(1999, 1, 15), "F", date(2039, 1, 15), "Đặng Thị Ngọc Bích")
    # The specimens of ICAO 9303-5 and -4.
    return [
        zone.encode().encode(),
        "\n".join(zone.lines()).encode(),
        b"I<UTOD231458907<<<<<<<<<<<<<<<7408122F1204159UTO<<<<<<<<<<<6ERIKSSON<<ANNA<MARIA<<<<<<<<<<",
        b"I<UTOD23145890<7349<<<<<<<<<<<3407127M9507122UTO<<<<<<<<<<<2STEVENSON<<PETER<JOHN<<<<<<<<<",
        b"P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<L898902C36UTO7408122F1204159ZE184226B<<<<<10",
        b"I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<D231458907UTO7408122F1204159<<<<<<<6",
    ]


def _qr() -> Seeds:
    found = sorted({text.encode() for text in _strings(_synthetic()) if text.count("|") >= 5})
    return [*found, ("\ufeff" + card_image().qr_text.replace("15011999", "15/01/1999") + "\r\n").encode()]


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
    yield _sample("iso19794/ISO19794_Test1_Data.bin")[:600]


def _iso_39794() -> Seeds:
    """ICAO's samples with the code stream cut down to its header."""
    for name in ("AllFields", "MandFields"):
        nodes: list[Node] = []
        (root,), _ = parse_tree(_sample(f"iso39794/ICAO_39794_5_AP_DG2_{name}.dat"), nodes)
        for node in nodes:
            if len(node.value) > 1000 and not node.children:
                node.value = node.value[:300]
        yield root.encode()


def _dg2() -> Seeds:
    def wrap(record: bytes, tag: int) -> bytes:
        template = tlv.encode(0x7F60, tlv.encode(0xA1, b"") + tlv.encode(tag, record))
        return tlv.encode(0x75, tlv.encode(0x7F61, tlv.encode(0x02, b"\x01") + template))

    return [
        _file(EF.DG2),
        *_iso_39794(),
        *(wrap(record, 0x5F2E) for record in _dg2_records()),
        wrap(PICTURE, 0x7F2E),
        *_dg2_records(),
        PICTURE,
    ]


def _indefinite(node: Node) -> bytes:
    """The tree with lengths that are not known in advance, and long octet strings in pieces."""
    if node.tag == b"\x04" and len(node.value) > 8:
        half = len(node.value) // 2
        pieces = tlv.encode(0x04, node.value[:half]) + tlv.encode(0x04, node.value[half:])
        return b"\x24\x80" + pieces + b"\x00\x00"
    if not node.children or not node.tag[0] & 0x20:
        return node.encode()
    return node.tag + b"\x80" + b"".join(map(_indefinite, node.children)) + b"\x00\x00"


def _streamed(data: bytes) -> bytes:
    (root,), _ = parse_tree(data, [])
    return _indefinite(root)


def _ber() -> Seeds:
    yield _streamed(FALLBACK)
    yield _streamed(tlv.decode(_file(EF.SOD)).value)
    yield bytes.fromhex("24800402616204016300000000")
    yield bytes.fromhex("3080") * 40


def _sod() -> Seeds:
    return [_file(EF.SOD), _sample("bsi2008/EF_SOD.bin")]


def _card_image() -> Seeds:
    yield from _card_image_entries()
    yield _whole_card_image()


def _whole_card_image() -> bytes:
    image = card_image()
    small = replace(image, files={fid: image.files[fid] for fid in (EF.DG1.fid, EF.COM.fid)})
    with TemporaryDirectory() as folder:
        path = Path(folder, "seed.card")
        small.save(path)
        return path.read_bytes()


def _card_image_entries() -> Seeds:
    """The manifest of a card with every kind of key, and with none."""
    for image in (versatile_image(), replace(card_image(), agreement_keys=(), active_authentication_key=None)):
        with TemporaryDirectory() as folder:
            path = Path(folder, "seed.card")
            image.save(path)
            manifest = zipfile.ZipFile(path).read("card.json")
        yield pack([manifest, b"0101.bin" + b"\x61\x02\x00\x00", b"011C.bin" + FALLBACK])


def _typed_mrz() -> Seeds:
    short = [b"L898902C36 7408122 1204159", b"L898902C3 740812 120415", b"L898902C3674081221204159"]
    return [*short, b"001199012345 990115 390115", next(iter(_mrz()))[:60]]


def _public_keys() -> Seeds:
    """Named and explicit curves, RSA, and both forms of Diffie-Hellman keys."""
    yield proofs.spki_of(proofs.CHIP_KEY.public_key())
    yield proofs.spki_of(rsa.RSAPublicNumbers(65537, RSA_MODULUS).public_key())
    yield proofs.dh_spki()
    certificate = x509.Certificate.load(_certificate_of(_sample("bsi2008/EF_SOD.bin")))
    yield certificate["tbs_certificate"]["subject_public_key_info"].dump()
    yield tlv.decode(_sample("bsi2008/Datagroup15.bin")).value
    yield proofs.spki_of(ec.generate_private_key(ec.SECP521R1()).public_key())


def _certificate_of(sod: bytes) -> bytes:
    signed_data = cms.ContentInfo.load(tlv.decode(sod).value)["content"]
    return signed_data["certificates"][0].chosen.dump()


def _details() -> Seeds:
    """The files of the specimens, and each field of DG11 and DG12 once."""
    yield _sample("bsi2008/EF_COM.bin")
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
    yield _file(EF.DG14)
    yield _sample("bsi2008/Datagroup14.bin")
    yield _sample("doc9303/spec_sample_encoded_dg14.bin")
    for suite in (1, 4):
        yield proofs.dg14_file(suite, dh=suite == 1)


def _card_security() -> Seeds:
    infos = tlv.decode(proofs.dg14_file(2, dh=False)).value
    yield TestSigner.create().sign_card_security(infos)
    yield TestSigner.create(SignerKind.RSA).sign_card_security(tlv.encode(0x31, b""))


def _scans() -> Seeds:
    """Codes of cards as they are, mangled in several ways, and of everything else."""
    text = card_image().qr_text
    yield from _qr()
    yield text.encode().decode("cp1252", "ignore").encode()
    yield text.replace("|", "~").encode()
    yield text.replace("ặ", "awj").replace("ọ", "oj").encode()
    yield from (b"012345678", b"GD4010112345678", b"00020101021138570010A000000727", b"https://vneid.gov.vn/x", b"{}")
    yield from _mrz()


def _scanner_stream() -> Seeds:
    text = card_image().qr_text.encode()
    yield pack([b"\x01\x02" + text[:50], b"\x01" + text[50:] + b"\r\n"])
    yield pack([b"\x05" + text, b"\xff", b"\x00" + text + b"\x03"])
    yield pack(b"\x05" + text[i : i + 1] for i in range(60))


def _certificates() -> Seeds:
    signer = TestSigner.create()
    yield from _listed_certificates()
    yield _certificate_of(_sample("bsi2008/EF_SOD.bin"))
    yield signer.csca_certificate
    yield signer.document_signer_certificate
    yield TestSigner.create(SignerKind.RSA).csca_certificate


def _listed_certificates() -> Seeds:
    """Of a public master list, the first with each extension, each algorithm and each kind of key: eight at most."""
    seen: set[object] = set()
    listed = parse_master_list(_sample("master_lists/NL_ML_2026-07-22.ml")).certificates
    for certificate in sorted(listed, key=lambda found: -len(found.extensions))[:150]:
        kinds = {*certificate.extensions, certificate.algorithm, certificate.spki[:20]}
        if len(kinds - seen) > 1 and len(seen) < 40:
            seen |= kinds
            yield certificate.raw


def _crls() -> Seeds:
    yield TestAuthority.create().issue_crl()
    yield TestAuthority.create().issue_crl([5, 1 << 70])
    yield TestAuthority.create(SignerKind.RSA).issue_crl(range(1, 40))


def _master_lists() -> Seeds:
    authority = TestAuthority.create()
    signer = TestSigner.issued_by(authority, extended_key_usage=MASTER_LIST_SIGNING)
    listed = [authority.certificate, TestAuthority.create(country="UT").certificate]
    yield signer.sign_master_list(listed)
    yield signer.sign_master_list(listed[:1], signing_time=trust.SIGNED_AT)
    yield TestSigner.create().sign_master_list(listed)


def _issuers() -> Seeds:
    """Valid, expired, not yet valid, of other documents, and valid to the end of time, which stands for "no end"."""
    authority = TestAuthority.create()
    yield authority.certificate
    yield TestSigner.issued_by(authority).document_signer_certificate
    yield TestSigner.issued_by(authority, valid_from=datetime(2000, 1, 1, tzinfo=UTC)).document_signer_certificate
    yield TestSigner.issued_by(authority, valid_from=datetime(2030, 1, 1, tzinfo=UTC)).document_signer_certificate
    yield TestSigner.issued_by(authority, document_types=("P",)).document_signer_certificate
    for moment, end in (("99991231235959Z", True), ("00010101000000Z", False)):
        nodes: list[Node] = []
        (root,), _ = parse_tree(authority.certificate, nodes)
        times = [node for node in nodes if node.tag in (b"\x17", b"\x18")]
        times[end].tag, times[end].value = b"\x18", moment.encode()
        yield root.encode()


def _trust_stores() -> Seeds:
    authority = TestAuthority.create()
    signer = TestSigner.issued_by(authority).document_signer_certificate
    pem = b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(authority.certificate) + b"-----END CERTIFICATE-----\n"
    origin = {"source": "list.ml", "source_sha256": "00", "imported_at": "2025-01-01T00:00:00+00:00"}
    manifest = json.dumps({"version": 1, "origins": {hashlib.sha256(authority.certificate).hexdigest(): origin}})
    yield pack([pem, signer, authority.issue_crl([5]), manifest.encode()])
    yield pack([pem + pem, b"-----BEGIN X", b"", b"{}"])


def _signature() -> Seeds:
    message = b"the signed message"
    ec_key, rsa_key = ec.generate_private_key(ec.BrainpoolP256R1()), rsa.generate_private_key(65537, 1024)
    sha256 = hashes.SHA256()
    pss = padding.PSS(padding.MGF1(sha256), 32)
    signed = [
        (ec_key, {"algorithm": "sha256_ecdsa"}, ec_key.sign(message, ec.ECDSA(sha256))),
        (rsa_key, {"algorithm": "sha256_rsa"}, rsa_key.sign(message, padding.PKCS1v15(), sha256)),
        (
            rsa_key,
            {
                "algorithm": "rsassa_pss",
                "parameters": algos.RSASSAPSSParams(
                    {
                        "hash_algorithm": {"algorithm": "sha256"},
                        "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": {"algorithm": "sha256"}},
                        "salt_length": 32,
                    }
                ),
            },
            rsa_key.sign(message, pss, sha256),
        ),
    ]
    for key, algorithm, value in signed:
        identifier = algos.SignedDigestAlgorithm(algorithm).dump()
        yield pack([proofs.spki_of(key.public_key()), identifier, message, value])


def _message_recovery() -> Seeds:
    """Right ones with partial recovery, for each trailer."""
    for trailer, name in ((b"\xbc", "sha1"), (b"\x34\xcc", "sha256"), (b"\x35\xcc", "sha512")):
        digest_bytes = hashlib.new(name).digest_size
        recovered = bytes(range(128 - 1 - digest_bytes - len(trailer)))
        digest = hashlib.new(name, recovered + proofs.CHALLENGE).digest()
        yield b"\x6a" + recovered + digest + trailer + proofs.CHALLENGE


def _active_authentication() -> Seeds:
    signed = proofs.CHIP_KEY.sign(proofs.CHALLENGE, ec.ECDSA(hashes.SHA256()))
    plain = b"".join(number.to_bytes(32, "big") for number in decode_dss_signature(signed))
    for answer in (plain, signed, bytes(128)):
        for choice in (0, 1, 2, 5, 8):
            yield bytes([choice]) + pack([answer + b"\x90\x00"])
    yield b"\x02" + pack([b"\x67\x00", bytes(100) + b"\x61\x1c", bytes(28) + b"\x90\x00"])


def _chip_authentication() -> Seeds:
    for choice in range(16):
        yield bytes([choice]) + pack(
            [b"\x90\x00", b"\x7c\x00\x90\x00", b"\x99\x02\x90\x00\x8e\x08" + bytes(8) + b"\x90\x00"]
        )
    yield b"\x00" + pack([b"\x6d\x00", b"\x90\x00", b"\x7c\x00\x90\x00", b"\x69\x88"])
    yield b"\x04" + pack([b"\x67\x00", b"\x68\x84", b"\x90\x00"])


def _citizen_profile() -> Seeds:
    lines = [
        'number = "001199012345"\nfull_name = "Đặng Thị Bích"\nbirth_date = 1999-01-15\nsex = "Nữ"',
        'residence = "Số 4"\nplace_of_origin = "Phường Một"\nissue_date = "2022-03-20"\nexpiry_date = 2039-01-15',
        'spouse = ["Lê Văn Giang"]\nfather = "A"\nmother = ""\nold_number = "012345678"\ngeneration = 2021',
    ]
    yield "\n".join(lines).encode()
    yield "\n".join(lines[:2]).replace("2039-01-15", '"Không thời hạn"').encode()


def _emulation_command() -> Seeds:
    commands = [
        {"command": "place", "slot": 0, "image": "lan.card"},
        {"command": "place", "image": "a", "quirks": {"past_end": "cuts", "extended_length": False}, "copy": "clone"},
        {"command": "place", "image": "a", "quirks": {"tries": 3, "delay_s": 0.5}, "tamper": ["DG13"]},
        {"command": "pull", "slot": 1},
        {"command": "status"},
        {"command": "quit"},
    ]
    faults = [
        {"kind": "pull_in_file", "file": "DG2", "after_bytes": 6000},
        {"kind": "pull_at", "apdu": 3},
        {"kind": "truncate_at", "apdu": 3, "keep": 2},
        {"kind": "status_word_at", "apdu": 3, "sw": 27010},
    ]
    commands += [{"command": "fault", "slot": 0, "fault": fault} for fault in faults]
    return [json.dumps(command).encode() for command in commands]


def _sealed_objects() -> Iterator[tuple[int, bytes]]:
    """(suite, objects) of well-formed protected answers."""
    for index, suite in enumerate(protocols.SUITES):
        ks_enc = protocols.channel_keys(suite)[0]
        iv = None if suite.block_bytes == 8 else crypto.encrypt_block(suite, ks_enc, protocols.answer_counter(suite))
        sealed = crypto.encrypt_cbc(suite, ks_enc, crypto.pad(b"the answer", suite.block_bytes), iv)
        yield index, tlv.encode(0x87, b"\x01" + sealed) + bytes.fromhex("99029000")
        yield index, bytes.fromhex("99029000")
        yield index, tlv.encode(0x85, sealed) + bytes.fromhex("99029000")


def _secure_messaging() -> Seeds:
    """With the last byte of the MAC wrong: a right one would not be a guess."""
    for suite, objects in _sealed_objects():
        sealed = protocols.seal(protocols.SUITES[suite], objects)
        yield sealed[:-1] + bytes([sealed[-1] ^ 1]) + bytes([suite])
        yield objects + bytes([4 + suite])
    plains = [b"\x80".ljust(16, b"\x00"), b"fifteen bytes..\x80", bytes(16), b"sixteen bytes..." * 2]
    yield from (plain + bytes([8 + suite]) for plain in plains for suite in (0, 1))


def _bac_proof() -> bytes:
    return protocols.BAC_CHALLENGE + Determined()(8) + b"KEY OF THE CHIP."


def _bac() -> Seeds:
    return [
        b"\xff" + _bac_proof(),
        pack(protocols.bac_answers(_bac_proof())),
        pack([b"\x6d\x00"]),
        pack([bytes(8) + b"\x90\x00", b"\x63\x00"]),
    ]


def _recorded(card: EmulatedCard) -> tuple[list[bytes], Callable[[CommandApdu], ResponseApdu]]:
    """A card whose answers are written down."""
    answers: list[bytes] = []

    def send(command: CommandApdu) -> ResponseApdu:
        answers.append(card.process(command.encode()))
        return ResponseApdu.decode(answers[-1])

    return answers, send


def _pace() -> Seeds:
    """Each protocol to its end, and chips that refuse at the first and the last step."""
    citizen, picture = person(), PICTURE
    for index, variant in enumerate(protocols.PACE):
        image = replace(personalise(citizen, picture, pace=[variant]), can=protocols.CAN.digits)
        answers, send = _recorded(EmulatedCard(image, random=Determined(3)))
        run_pace(
            send,
            protocols.pace_info(variant),
            protocols.CAN,
            random_scalar=protocols.ScalarSource(),
            random=Determined(),
        )
        start = bytes([0x40 | index])
        yield start + pack(answers)
        if index == 0:
            yield start + pack([*answers[:-1], b"\x63\xc1"])
            yield start + pack([b"\x6a\x80", b"\x90\x00", *answers[1:]])
            yield start + pack([b"\x69\x83"])


def _file_reader() -> Seeds:
    """The files whole, and chips that refuse a length, a short identifier, or anything."""
    for index, ef in enumerate(EF):
        data = card_image().files.get(ef.fid, b"")
        for reader, most in ((0, None), (1, 256), (0x31, 256)):
            card = _FileCard(data, most)
            tactics = ReadTactics(protocols.SUITES[0], max_data_bytes=most, largest_read=reader // 16 * 20 or None)
            if data and FileReader(Link(card), tactics, _silent).read(ef) == data:
                yield bytes([index, reader, 0, 0, 0]) + pack(card.answers)
    short = b"\x60\x02\x00\x00\x62\x82"
    yield bytes(5) + pack([b"\x6a\x86", b"\x90\x00", short])
    yield bytes([0, 0, 0, 0, 3]) + pack([b"\x90\x00", bytes(200) + b"\x90\x00"])
    yield bytes(5) + pack([b"\x67\x00", b"\x67\x00", short])
    yield bytes([0, 3, 0, 9, 0]) + pack([b"\x69\x88", b"\x67\x00", b"\x6b\x00", short])


class _FileCard:
    """READ BINARY from one file, without any protection."""

    kind = "local"
    name = "file"
    atr = b""

    def __init__(self, data: bytes, max_data_bytes: int | None) -> None:
        self._data = data
        self.max_data_bytes = max_data_bytes
        self.answers: list[bytes] = []

    def transmit(self, apdu: bytes) -> tuple[bytes, int]:
        command = CommandApdu.decode(apdu)
        offset = command.p2 if command.p1 & 0x80 else command.p1 << 8 | command.p2
        part = self._data[offset : offset + (command.le or 0)]
        self.answers.append(part + b"\x90\x00")
        return part, 0x9000

    def reset(self) -> None:
        pass

    def close(self) -> None:
        pass


def _silent(ef: EF, done: int, total: int) -> None:
    pass


def _link() -> Seeds:
    return [
        b"\x08" + pack([b"\x6c\x04", b"abcd\x90\x00"]),
        b"\x08" + pack([b"abc\x61\x03", b"def\x61\x00", b"ghi\x90\x00"]),
        b"\x00" + pack([b"\x6c\x04"]),
        b"\x08" + pack([b"a\x61\x01"] * 260),
        b"\xc8" + pack([b"\x90\x00", b"\x90\x00", b"abc\x61\x03", b"def\x90\x00"]),
        b"\xc8" + pack([b"\x68\x84"]),
    ]


def _disturbances() -> Seeds:
    """(answer, how, where, with what) of every kind, early and late in the session."""
    for answer in (0, 1, 3, 5, 8, 14):
        for how in range(6):
            yield bytes([answer, how, 0, 5, 0x69, 0x82])
    yield b""


def _session_files() -> Seeds:
    for index, fid in enumerate(sessions.CHANGED):
        yield card_image().files[fid] + bytes([index])


def _chip() -> Seeds:
    select = CommandApdu(0x00, 0xA4, 0x04, 0x0C, EMRTD_AID)
    read = CommandApdu(0x00, 0xB0, 0x9C, 0x00, le=256)
    pace = CommandApdu(0x00, 0x22, 0xC1, 0xA4, bytes.fromhex("800A04007F00070202040202830102"))
    nonce = CommandApdu(0x10, 0x86, 0x00, 0x00, b"\x7c\x00", 256)
    challenge = CommandApdu(0x00, 0x84, 0x00, 0x00, le=8)
    external = CommandApdu(0x00, 0x82, 0x00, 0x00, bytes(40), 40)
    for commands in ((read,), (pace, nonce), (select, challenge, external), (select, read)):
        yield b"\x0f" + pack(command.encode() for command in commands)


def _chip_in_session() -> Seeds:
    read = CommandApdu(0x00, 0xB0, 0x81, 0x00, le=20)
    by_fid = CommandApdu(0x00, 0xA4, 0x02, 0x0C, b"\x01\x0d")
    chip_authentication = CommandApdu(0x00, 0x22, 0x41, 0xA4, bytes.fromhex("800A04007F00070202030202"))
    agree = CommandApdu(0x00, 0x86, 0x00, 0x00, tlv.encode(0x7C, tlv.encode(0x80, b"\x04" + bytes(64))), 256)
    internal = CommandApdu(0x00, 0x88, 0x00, 0x00, bytes(8), 256)
    for commands in ((read, by_fid, read), (chip_authentication, agree), (internal,), (read,)):
        yield b"\x0f" + pack(command.encode() for command in commands)


SEEDS: dict[str, Callable[[], Seeds]] = {
    "tlv": _tlv,
    "command_apdu": _command_apdu,
    "reader_features": lambda: [bytes.fromhex("12044233001F0A0400000100"), bytes.fromhex("0A02FF07")],
    "read_profiles": _read_profiles,
    "mrz": lambda: [*_mrz(), *_typed_mrz()],
    "qr": _qr,
    "scan": _scans,
    "scanner_stream": _scanner_stream,
    "dg1": lambda: [_file(EF.DG1), _sample("bsi2008/Datagroup1.bin"), *_hex_strings("61")],
    "dg2": _dg2,
    "security_infos": lambda: [FALLBACK, *_dg14()],
    "certificate": _certificates,
    "crl": _crls,
    "master_list": _master_lists,
    "issuer": _issuers,
    "trust_store": _trust_stores,
    "card_security": _card_security,
    "dg13": lambda: [_file(EF.DG13), *_hex_strings("6D")],
    "ber": _ber,
    "sod": lambda: [*_sod(), tlv.encode(0x77, _streamed(tlv.decode(_file(EF.SOD)).value))],
    "card_image": _card_image,
    "emulation_command": _emulation_command,
    "citizen_profile": _citizen_profile,
    "details": _details,
    "dg15": lambda: [tlv.encode(0x6F, spki) for spki in _public_keys()],
    "signature": _signature,
    "message_recovery": _message_recovery,
    "active_authentication": _active_authentication,
    "chip_authentication": _chip_authentication,
    "secure_messaging": _secure_messaging,
    "bac": _bac,
    "pace": _pace,
    "file_reader": _file_reader,
    "link": _link,
    "session_bac": _disturbances,
    "session_pace": _disturbances,
    "session_files": _session_files,
    "diagnosis": _session_files,
    "chip": _chip,
    "chip_in_session": _chip_in_session,
}

if __name__ == "__main__":
    main()
