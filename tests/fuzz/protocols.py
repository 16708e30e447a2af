"""The targets that are a step of a protocol: the fuzz bytes are what the card answers."""

from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from cccd_reader import crypto
from cccd_reader import tlv as ber
from cccd_reader.agreement import Group
from cccd_reader.apdu import CommandApdu, ResponseApdu
from cccd_reader.bac import access_keys, run_bac
from cccd_reader.cam_verdict import mapping_verdict
from cccd_reader.crypto import CipherSuite
from cccd_reader.emulation import TestSigner
from cccd_reader.emulation.variants import PaceVariant
from cccd_reader.errors import CardError, CardErrorCode
from cccd_reader.file_reader import MAX_FILE_BYTES, FileReader
from cccd_reader.keys import Can, MrzKey
from cccd_reader.lds.files import EF
from cccd_reader.lds.security_infos import Mapping, PaceInfo, parse_security_infos
from cccd_reader.pace import PACE_VERSION, run_pace
from cccd_reader.pace_cam import CamEvidence, verify_cam
from cccd_reader.read_profile import ReadProfile
from cccd_reader.read_tactics import ReadTactics
from cccd_reader.secure_messaging import SecureChannel, session_keys
from cccd_reader.transport.link import MAX_FOLLOW_UPS, Link
from cccd_reader.verdict import CheckState
from tests.fuzz.registry import target
from tests.fuzz.script import Determined, ScriptedCard, unpack

SUITES = tuple(CipherSuite)
CAN = Can("012345")
KEY = MrzKey("199012345", "990115", "390115")
_COMMAND = CommandApdu(0x00, 0xB0, 0x00, 0x00, le=0xDF)


def channel_keys(suite: CipherSuite) -> tuple[bytes, bytes]:
    return session_keys(suite, b"fuzz")


def open_channel(suite: CipherSuite) -> SecureChannel:
    """A session in which one command was sent already."""
    channel = SecureChannel(suite, *channel_keys(suite))
    channel.protect(_COMMAND)
    return channel


def answer_counter(suite: CipherSuite) -> bytes:
    """The counter of that command's answer."""
    return (2).to_bytes(suite.block_bytes, "big")


def seal(suite: CipherSuite, objects: bytes) -> bytes:
    """The data field of an answer: any data objects, with the right MAC behind them."""
    message = crypto.pad(answer_counter(suite) + objects, suite.block_bytes)
    ks_mac = channel_keys(suite)[1]
    code = crypto.retail_mac(ks_mac, message) if suite is CipherSuite.DES3 else crypto.aes_cmac(ks_mac, message)
    return objects + ber.encode(0x8E, code)


@target(max_len=1024, tlv=True)
def secure_messaging(data: bytes) -> None:
    """An answer; the objects of one that has a right MAC; or the plain blocks of one that is authentic. The last byte
    chooses that, and the suite."""
    choice, body = (data[-1], data[:-1]) if data else (0, b"")
    suite = SUITES[choice % 4]
    channel = open_channel(suite)
    if choice // 4 % 3 == 0:
        assert _unprotect(channel, body) is None, "an answer with a guessed MAC was accepted"
    elif choice // 4 % 3 == 1:
        answer = _unprotect(channel, seal(suite, body))
        assert answer is None or (answer.ok and len(answer.data) < max(1, len(body)))
    else:
        _check_padding(suite, channel, body[: len(body) - len(body) % suite.block_bytes])


def _check_padding(suite: CipherSuite, channel: SecureChannel, plain: bytes) -> None:
    ks_enc = channel_keys(suite)[0]
    iv = None if suite is CipherSuite.DES3 else crypto.encrypt_block(suite, ks_enc, answer_counter(suite))
    objects = ber.encode(0x87, b"\x01" + crypto.encrypt_cbc(suite, ks_enc, plain, iv)) + bytes.fromhex("99029000")
    answer = _unprotect(channel, seal(suite, objects))
    if answer is not None:
        assert plain.startswith(answer.data + b"\x80")
        assert not any(plain[len(answer.data) + 1 :])


def _unprotect(channel: SecureChannel, data: bytes) -> ResponseApdu | None:
    """The answer, or None: a session in which one was refused is over."""
    try:
        answer = channel.unprotect(ResponseApdu(data, 0x9000))
    except CardError as error:
        refusal = error.code
    else:
        assert channel.alive
        return answer
    assert refusal is CardErrorCode.SECURE_MESSAGING
    assert not channel.alive
    return None


@target(max_len=256)
def bac(data: bytes) -> None:
    """Both answers as they come over the air; or, after a first byte of FF, what is inside an authentic cryptogram."""
    inside = data[1:].ljust(16, b"\x00") if data[:1] == b"\xff" else None
    answers = unpack(data) if inside is None else bac_answers(inside)
    channel = run_bac(ScriptedCard(answers).send, KEY, random=Determined())
    assert channel.alive
    if inside is not None:
        assert inside[:16] == BAC_CHALLENGE + Determined()(8)
        assert channel.ssc == inside[4:8] + inside[12:16]


BAC_CHALLENGE = b"RND.IC.."


def bac_answers(proof: bytes) -> tuple[bytes, bytes]:
    k_enc, k_mac = access_keys(KEY)
    sealed = crypto.encrypt_cbc(CipherSuite.DES3, k_enc, proof[:32].ljust(32, b"\x00"))
    return BAC_CHALLENGE + b"\x90\x00", sealed + crypto.mac(CipherSuite.DES3, k_mac, sealed) + b"\x90\x00"


PACE = tuple(
    PaceVariant.parse(text)
    for text in (
        "ecdh-gm-aes128:13",
        "ecdh-im-aes256:12",
        "ecdh-cam-aes192:10",
        "dh-gm-3des:0",
        "dh-im-aes128:0",
        "ecdh-gm-3des:18",
        "ecdh-im-aes192:15",
        "dh-gm-aes256:2",
    )
)
"""Every mapping in both kinds of group, with all suites. The larger groups need extended length."""


def pace_info(variant: PaceVariant) -> PaceInfo:
    return PaceInfo(variant.oid, variant.agreement, variant.mapping, variant.suite, PACE_VERSION, variant.parameter_id)


class ScalarSource:
    """Private keys that are the same in each execution."""

    def __init__(self, seed: int = 7) -> None:
        self._random = Determined(seed)

    def __call__(self, group: Group[Any]) -> int:
        return 1 + int.from_bytes(self._random(group.field_bytes), "big") % (group.order - 1)


@target(max_len=1536, slow=True)
def pace(data: bytes) -> None:
    """All the answers of PACE. The first byte chooses mapping, group and cipher, the password, and whether the group's
    id is named."""
    choice = data[0] if data else 0
    info = pace_info(PACE[choice % len(PACE)])
    session = run_pace(
        ScriptedCard(unpack(data[1:])).send,
        info,
        CAN if choice & 0x40 else KEY,
        name_parameters=bool(choice & 0x80),
        random_scalar=ScalarSource(),
        random=Determined(),
    )
    assert session.channel.alive
    assert (session.cam is not None) == (info.mapping is Mapping.CHIP_AUTHENTICATION)
    if session.cam is not None:
        check_cam(session.cam)


def check_cam(evidence: CamEvidence) -> None:
    """The chip of the seeds proves this key; no other answer does, but those that do the same."""
    spki = STATIC_KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    key = ber.encode(0x30, ber.encode(0x06, bytes.fromhex("04007F000702020102")) + spki)
    proved = verify_cam(evidence, parse_security_infos(ber.encode(0x31, key), "CardSecurity"))
    assert proved <= (evidence.ca_ic is not None)
    verdict = mapping_verdict(evidence, CARD_SECURITY)
    assert verdict.state in (CheckState.FAILED, CheckState.UNDETERMINED)


CARD_SECURITY = TestSigner.create().sign_card_security(ber.encode(0x31, b""))
STATIC_KEY = ec.derive_private_key(0x1234567890ABCDEF, ec.SECP256R1())


_FILES = tuple(EF)
_THREE = (None, True, False)
_SETTINGS = 5


@target(max_len=4096)
def file_reader(data: bytes) -> None:
    """READ BINARY without protection. The first bytes choose the file, the reader, what is known of both, and what is
    already there of the file."""
    (index, reader, sizes, known, there), answers = data[:_SETTINGS].ljust(_SETTINGS, b"\x00"), data[_SETTINGS:]
    ef = _FILES[index % len(_FILES)]
    most = (None, 256, 512, 65536)[reader % 4]
    proven, largest = sizes % 16 * 40, sizes // 16 * 100 or None
    profile = ReadProfile(proven, largest, _THREE[known % 3], _THREE[known // 3 % 3], _THREE[known // 9 % 3])
    tactics = ReadTactics(SUITES[reader // 4 % 4], profile, max_data_bytes=most, largest_read=reader // 16 * 20 or None)
    start = ber.encode(ef.tag, bytes(200))[:there]
    found = _read_file(FileReader(Link(ScriptedCard(unpack(answers), most)), tactics, _silent), tactics, ef, start)
    if found is not None:
        assert len(found) <= min(MAX_FILE_BYTES, len(start) + len(answers))
        header = ber.read_header(found)
        assert (header.tag, header.total) == (ef.tag, len(found))


def _read_file(reader: FileReader, tactics: ReadTactics, ef: EF, start: bytes) -> bytes | None:
    """As `reader.py` does: after an error the tactics say whether another way may help."""
    for _ in range(MAX_SESSIONS):
        try:
            return reader.read(ef, start)
        except CardError as error:
            if reader.unfinished is not None:
                start = reader.unfinished[1]
                assert reader.unfinished[0] is ef
                assert 0 < len(start) <= MAX_FILE_BYTES
            if not tactics.adapt(error):
                raise
    raise AssertionError("a session is opened again and again")


MAX_SESSIONS = 32


def _silent(ef: EF, done: int, total: int) -> None:
    pass


@target(max_len=4096)
def link(data: bytes) -> None:
    """One command and its follow-ups, 61xx and 6Cxx. The first byte chooses Le, and how much data goes out."""
    choice = data[0] if data else 0
    card = ScriptedCard(unpack(data[1:]), 256 if choice & 0x40 else None)
    body = bytes(600) if choice & 0x80 else b""
    answer = Link(card).send_plain(CommandApdu(0x00, 0xB0, 0x00, 0x00, body, le=choice & 0x3F or None))
    assert len(card.sent) <= MAX_FOLLOW_UPS + 2 + len(body) // 200
    assert len(answer.data) <= len(data)
