"""What comes from where money comes from: QR codes, the providers' notices, and their answers."""

import contextlib
import json
from collections.abc import Callable, Mapping
from datetime import UTC

from pydantic import SecretStr

from his_adapter.faults import OutsideFault
from his_adapter.model import PaymentNotice, Transfer
from his_adapter.model.payment import MAX_AMOUNT_DONG, MAX_ORDER_CODE
from his_adapter.payment import MoMoProvider, PayOsProvider, SePayAuth, SePayProvider, VnPayProvider
from his_adapter.payment.crc import crc16
from his_adapter.payment.momo_signature import IPN_FIELDS
from his_adapter.payment.momo_signature import sign as sign_momo
from his_adapter.payment.payos_signature import sign as sign_payos
from his_adapter.payment.purpose import find_purpose
from his_adapter.payment.sepay_signature import AUTHORIZATION, SIGNATURE, TIMESTAMP, key_header, signature
from his_adapter.payment.settings import MoMoSettings, PayOsSettings, SePaySettings, VnPaySettings
from his_adapter.payment.tlv import VietQrError
from his_adapter.payment.vietqr import encode, parse, parse_bytes
from his_adapter.payment.vnpay_signature import ANSWER_FIELDS, HASH, read_query, sign, sign_bar
from his_adapter.payment.webhook import (
    MoMoNotices,
    NoticeVerifier,
    Outcome,
    PayOsNotices,
    Refusal,
    RefusalCode,
    SePayNotices,
    StrayTransfer,
    VnPayNotices,
    take,
)
from his_adapter.ports import PaymentProvider
from his_adapter.remote import wire
from tests.fuzz.outside import MOMENT, MONEY, RECORD, answering, check_told, check_value, unpack
from tests.fuzz.registry import target
from tests.his_adapter.stores import MemoryInbox

PAYOS = PayOsSettings("http://payos.invalid", "client", SecretStr("api-key"), SecretStr("checksum-key"))
SEPAY = SePaySettings("http://sepay.invalid", "970403", "0011012345678", SecretStr("token"), SecretStr("webhook"))
SEPAY_BY_KEY = SePaySettings(
    "http://sepay.invalid", "970403", "0011012345678", SecretStr("token"), SecretStr("key"), SePayAuth.API_KEY
)
VNPAY = VnPaySettings("http://vnpay.invalid", "http://vnpay.invalid", "TERMINAL", SecretStr("hash-secret"))
MOMO = MoMoSettings("http://momo.invalid", "PARTNER", SecretStr("access"), SecretStr("secret"))

NOTICES: tuple[NoticeVerifier, ...] = (
    PayOsNotices(PAYOS.checksum_key),
    SePayNotices(SEPAY),
    SePayNotices(SEPAY_BY_KEY),
    VnPayNotices(VNPAY),
    MoMoNotices(MOMO),
)
STAMP = str(int(MOMENT.timestamp()))
SIGNED = 8
"""Added to a choice: the input is signed as its sender would, so that what is behind the proof is reached."""

PROVIDERS: tuple[Callable[[], PaymentProvider], ...] = (
    lambda: PayOsProvider(PAYOS),
    lambda: SePayProvider(SEPAY, clock=lambda: MOMENT),
    lambda: VnPayProvider(VNPAY, clock=lambda: MOMENT),
    lambda: MoMoProvider(MOMO, clock=lambda: MOMENT),
)


@target(max_len=600, errors=(VietQrError,))
def vietqr(data: bytes) -> None:
    """A scanned code, and the same with a checksum that holds. Inside a longer text a purpose is found or not."""
    text = data.decode("latin-1")
    order = find_purpose(text)
    assert order is None or 0 < order <= MAX_ORDER_CODE
    if text.isascii():
        with contextlib.suppress(VietQrError):
            _check_code(f"{text[:-4]}{crc16(text[:-4].encode()):04X}")
    parse_bytes(data)
    _check_code(text)


def _check_code(text: str) -> None:
    """What was understood is written in one way, which reads the same."""
    read = parse(text)
    written = encode(read)
    assert parse(written) == read
    assert encode(parse(written)) == written
    assert read.amount_dong is None or 0 < read.amount_dong <= MAX_AMOUNT_DONG


@target(max_len=8192, json=True, errors=())
def payment_notice(data: bytes) -> None:
    """A webhook or IPN: the choice is the provider, then the body or query, then headers. Never an error at all."""
    choice, parts = unpack(data)
    verifier = NOTICES[choice % SIGNED % len(NOTICES)]
    signed = bool(choice & SIGNED)
    body, headers = parts[0] if parts else b"", _headers(parts[1:])
    query = body.decode("latin-1")
    if signed:
        body, query, headers = _signed(verifier, body, query, headers)
    outcome = take(verifier, headers, query, body, MOMENT, inbox := MemoryInbox())
    assert verifier.acknowledge(outcome).status in (200, 204, 400, 401)
    if not signed:
        # nobody guesses a signature; a code of the provider's own inputs may hold one, so a seed says that it is signed
        assert isinstance(outcome, Refusal)
        assert outcome.code in (RefusalCode.SIGNATURE, RefusalCode.MALFORMED)
        return
    assert not isinstance(outcome, Refusal) or len(outcome.detail) <= 100
    again = take(verifier, headers, query, body, MOMENT, inbox)
    if outcome is Outcome.UNKNOWN_ORDER:
        assert again is Outcome.REPEATED
        verdict = verifier.verify(headers, query, body, MOMENT)
        assert isinstance(verdict, PaymentNotice | StrayTransfer)
        _check_notice(verdict)
    else:
        assert again == outcome


def _check_notice(verdict: PaymentNotice | StrayTransfer) -> None:
    check_value(verdict)
    if isinstance(verdict, PaymentNotice):
        assert type(verdict.order_code) is int
        assert 0 < verdict.order_code <= MAX_ORDER_CODE
    _check_transfer(verdict.transfer)


def _check_transfer(transfer: Transfer) -> None:
    assert type(transfer.amount_dong) is int
    assert 0 < transfer.amount_dong <= MAX_AMOUNT_DONG
    assert 0 < len(transfer.provider_txn_id) <= 64
    assert transfer.provider_txn_id.isascii()
    assert transfer.received_at.astimezone(UTC).year >= 1969


def _headers(parts: list[bytes]) -> dict[str, str]:
    """As a server hands them over: Latin-1."""
    pairs = (part.decode("latin-1").partition(":") for part in parts)
    return {name: value for name, _, value in pairs}


def _signed(
    verifier: NoticeVerifier, body: bytes, query: str, headers: dict[str, str]
) -> tuple[bytes, str, dict[str, str]]:
    if isinstance(verifier, SePayNotices):
        own = {TIMESTAMP: STAMP, SIGNATURE: signature(STAMP, body, SEPAY.webhook_secret)}
        return body, query, headers | own | {AUTHORIZATION: key_header(SEPAY_BY_KEY.webhook_secret)}
    if isinstance(verifier, VnPayNotices):
        fields = read_query(query)
        query = query if fields is None else f"{query}&{HASH}={sign(fields, VNPAY.hash_secret)}"
        return body, query, headers
    return _proven(verifier.provider, body), query, headers


def _proven(provider: str, body: bytes) -> bytes:
    """The same JSON with its signature, where it can have one."""
    try:
        message = json.loads(body)
        if not isinstance(message, dict):
            return body
        data = message.get("data")
        if provider == "payos" and isinstance(data, dict):
            message["signature"] = sign_payos(data, PAYOS.checksum_key)
        elif provider == "momo":
            message["signature"] = sign_momo(message, IPN_FIELDS, MOMO)
        elif provider == "vnpay":
            message[HASH] = sign_bar(message, ANSWER_FIELDS, VNPAY.hash_secret)
        return json.dumps(message).encode()
    except (ValueError, RecursionError):
        return body


@target(max_len=8192, json=True, errors=(OutsideFault,))
def payment_answer(data: bytes) -> None:
    """A provider's answers to: ask for an amount, look how it stands, stop asking, is it there."""
    choice, replies = unpack(data)
    kind = choice % len(PROVIDERS)
    if choice & SIGNED and kind in (0, 2):
        replies = [one[:1] + _proven(("payos", "", "vnpay")[kind], one[1:]) for one in replies]
    with answering(replies):
        provider = PROVIDERS[kind]()
        intent = provider.create(MONEY)
        check_told(wire.MoneyAsked(intent=intent))
        assert (intent.order_code, intent.amount_dong) == (MONEY.order_code, MONEY.amount_dong)
        assert provider.create(MONEY) == intent
        for ask in (provider.status, provider.cancel):
            status = ask(intent)
            check_told(wire.IntentStanding(status=status))
            for transfer in status.transfers:
                _check_transfer(transfer)
        check_told(wire.HealthAnswer(health=provider.health()))


def notice_input(provider: int, body: bytes, headers: Mapping[str, str] | None = None, *, signed: bool = True) -> bytes:
    """A seed of `payment_notice`."""
    lines = [f"{name}:{value}".encode() for name, value in (headers or {}).items()]
    return RECORD.join([bytes([ord("0") + provider + (SIGNED if signed else 0)]), body, *lines])
