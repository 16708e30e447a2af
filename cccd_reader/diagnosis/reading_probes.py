"""What takes whole sessions: a reading as applications make it, other ways into the chip, the largest pieces."""

from collections.abc import Callable

from cccd_reader import tlv
from cccd_reader.access import Access, Opened
from cccd_reader.apdu import CommandApdu
from cccd_reader.diagnosis.classes import milliseconds
from cccd_reader.diagnosis.recorder import RecordedConnection
from cccd_reader.diagnosis.report import attempt
from cccd_reader.diagnosis.session import INS_READ_BINARY, Session, status_text
from cccd_reader.errors import CardError
from cccd_reader.keys import Can, KeyRing, MrzKey
from cccd_reader.lds.dg1 import parse_dg1
from cccd_reader.public_keys import EcPublicKey, parse_public_key
from cccd_reader.reader import read_card
from cccd_reader.readout import Progress

Clock = Callable[[], float]

PIECES = (112, 160, 192, 223, 224, 231, 256, 479, 1024, 1500, 4096)
"""Bytes of one READ BINARY to try: below 256 what short APDUs carry under AES (223) and 3DES (231), and what readers
with small frames do; above it extended length, at the limits of APDU buffers of 512, 1024 and 4096 bytes."""

_SFI_DG2 = 0x02
_SHORT_IDENTIFIER = 0x80
_SHORT_MAX = 256
_CHALLENGE_BYTES = 8


def probe_access(session: Session, keys: KeyRing, clock: Clock) -> dict[str, object]:
    """Opens the chip, and tells by what."""
    started = clock()
    opened = session.open()
    assert session.link.channel is not None
    return {
        "protocol": str(opened.pace or opened.access),
        "key": _key_text(opened, keys),
        "cipher": session.link.channel.suite.label,
        "ms": milliseconds(clock() - started),
    }


def _key_text(opened: Opened, keys: KeyRing) -> str:
    if isinstance(opened.key, Can):
        return "CAN"
    return f"MRZ, candidate {keys.mrz.index(opened.key) + 1} of {len(keys.mrz)}"


def probe_other_ways(connection: RecordedConnection, dg1: bytes, clock: Clock) -> dict[str, object]:
    """Whether the chip opens with the CAN, and with the key of its own MRZ by PACE and by BAC. No guesses: each of the
    keys is the card's."""
    mrz = parse_dg1(dg1)
    key = MrzKey(mrz.document_number, mrz.birth, mrz.expiry)
    ways = {
        "PACE with the MRZ": (Access.PACE, KeyRing(can=None, mrz=(key,))),
        "BAC": (Access.BAC, KeyRing(can=None, mrz=(key,))),
    }
    if mrz.personal_number is not None:
        ways["PACE with the CAN"] = (Access.PACE, KeyRing(can=Can(mrz.personal_number[-6:])))
    return {name: attempt(_try_way, connection, *way, clock) for name, way in ways.items()}


def _try_way(connection: RecordedConnection, access: Access, keys: KeyRing, clock: Clock) -> dict[str, object]:
    session = Session(connection, keys)
    started = clock()
    session.open(access)
    answer = session.read_by_short_identifier(0x1E)
    return {"opens": True, "READ EF.COM": status_text(answer.sw), "ms": milliseconds(clock() - started)}


def probe_reading(connection: RecordedConnection, keys: KeyRing, clock: Clock) -> dict[str, object]:
    """A reading as an application makes it: how long until what, and how each check ends."""
    started, before = clock(), len(connection.exchanges)
    moments: dict[str, float] = {}

    def on_progress(progress: Progress) -> None:
        moments.setdefault(f"{progress.stage} {progress.file or ''}".strip(), milliseconds(clock() - started))

    connection.reset()
    readout = read_card(connection, keys, both_proofs=True, on_progress=on_progress)
    return {
        "access": readout.access.value,
        "ms": milliseconds(clock() - started),
        "apdus": len(connection.exchanges) - before,
        "reached after ms": moments,
        "fields": readout.citizen.fields_present(),
        "checks": {verdict.check.value: f"{verdict.state} ({verdict.reason})" for verdict in readout.verdicts},
    }


def probe_active_authentication(session: Session, dg15: bytes, random: Callable[[int], bytes]) -> dict[str, object]:
    """The form of the answer to INTERNAL AUTHENTICATE: its length, and for an EC key whether r‖s or DER."""
    found: dict[str, object] = {}
    for name, expected in (("short", _SHORT_MAX), ("extended", 1024)):
        command = CommandApdu(0x00, 0x88, 0, 0, random(_CHALLENGE_BYTES), le=expected, extended=expected > _SHORT_MAX)
        found[name] = attempt(_internal_authenticate, session, command, dg15)
        if isinstance(found[name], dict) and "bytes" in found[name]:  # type: ignore[operator]
            break
    return found


def _internal_authenticate(session: Session, command: CommandApdu, dg15: bytes) -> dict[str, object]:
    answer = session.send(command)
    found: dict[str, object] = {"status": status_text(answer.sw)}
    if answer.data:
        found["bytes"] = len(answer.data)
        found["form"] = _signature_form(answer.data, dg15)
    return found


def _signature_form(signature: bytes, dg15: bytes) -> str:
    key = parse_public_key(tlv.decode_first(dg15, "DG15")[0].value, "DG15")
    if isinstance(key, EcPublicKey):
        if len(signature) == 2 * ((key.curve.n.bit_length() + 7) // 8):
            return "plain r and s"
        try:
            parts = list(tlv.iterate(tlv.decode(signature, "signature", 0x30).value, "signature"))
        except CardError:
            return "neither plain nor DER"
        return "DER" if [part.tag for part in parts] == [0x02, 0x02] else "neither plain nor DER"
    return "as long as the modulus" if len(signature) * 8 == getattr(key, "key_size", 0) else "another length"


def probe_pieces(session: Session, clock: Clock) -> dict[str, object]:
    """The first bytes of DG2 in pieces of growing size: how many come back, with which status, in what time. Stops at
    the second failure of extended length: a reader that has none fails at all of them."""
    session.open()
    found: dict[str, object] = {}
    failures = 0
    for size in PIECES:
        value = attempt(_read_piece, session, size, clock)
        found[f"{size} bytes"] = value
        if size > _SHORT_MAX and (not isinstance(value, dict) or value.get("received") != "all"):
            failures += 1
            if failures == 2:
                break
    return found


def _read_piece(session: Session, size: int, clock: Clock) -> dict[str, object]:
    session.ensure_open()
    started = clock()
    answer = session.link.send(
        CommandApdu(0x00, INS_READ_BINARY, _SHORT_IDENTIFIER | _SFI_DG2, 0, le=size, extended=size > _SHORT_MAX)
    )
    received = len(answer.data)
    return {
        "status": status_text(answer.sw),
        "received": "all" if received == size else received,
        "ms": milliseconds(clock() - started),
    }
