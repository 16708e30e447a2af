"""What each provider's own format demands: texts that are signed, fields that decide, answers that make no sense."""

import hashlib
import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from his_adapter.clock import ZONE
from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.http import Http, Reply
from his_adapter.model import PaymentIntent, PaymentNotice, PaymentRequest, PaymentState, QrKind
from his_adapter.payment import (
    MoMoProvider,
    MoMoSettings,
    PayOsProvider,
    SePayAuth,
    SePayProvider,
    SePaySettings,
    VnPayProvider,
    VnPaySettings,
    purpose_for,
)
from his_adapter.payment import momo_signature as momo
from his_adapter.payment import vnpay_signature as vnpay
from his_adapter.payment.foreign import local_time, order_number, unix_time_ms, whole_dong
from his_adapter.payment.payos_signature import sign as payos_sign
from his_adapter.payment.sepay_signature import signature
from his_adapter.payment.settings import PayOsSettings
from his_adapter.payment.vietqr import VietQr, encode
from his_adapter.payment.webhook import (
    MoMoNotices,
    NothingArrived,
    Refusal,
    RefusalCode,
    SePayNotices,
    StrayTransfer,
    Verdict,
    VnPayNotices,
)

KEY = SecretStr("khoá bí mật")
NOW = datetime(2026, 11, 27, 10, 0, tzinfo=ZONE)
MOMO = MoMoSettings("", "PARTNER", SecretStr("ACCESS"), KEY, "https://merchant.invalid/ipn")
VNPAY = VnPaySettings("https://pay.invalid", "", "TERMINAL", KEY)
SEPAY = SePaySettings("", "970418", "96247SIMULATED", SecretStr("t"), KEY, webhook_auth=SePayAuth.API_KEY)


def mac(text: str, algorithm: str) -> str:
    return hmac.new(KEY.get_secret_value().encode(), text.encode(), algorithm).hexdigest()


def at(provider: Any, script: Any) -> Any:
    return replace(provider, base_url=script.url, **({"query_url": script.url} if provider is VNPAY else {}))


# VNPAY

IPN = {
    "vnp_Amount": "5060000",
    "vnp_BankCode": "NCB",
    "vnp_OrderInfo": "XP kham benh (1) ~ 50%",
    "vnp_PayDate": "20261127095959",
    "vnp_ResponseCode": "00",
    "vnp_TmnCode": "TERMINAL",
    "vnp_TransactionNo": "14226112",
    "vnp_TransactionStatus": "00",
    "vnp_TxnRef": "123",
}
IPN_TEXT = (
    "vnp_Amount=5060000&vnp_BankCode=NCB&vnp_OrderInfo=XP+kham+benh+%281%29+%7E+50%25&vnp_PayDate=20261127095959"
    "&vnp_ResponseCode=00&vnp_TmnCode=TERMINAL&vnp_TransactionNo=14226112&vnp_TransactionStatus=00&vnp_TxnRef=123"
)


def vnpay_ipn(query: str) -> Verdict:
    return VnPayNotices(VNPAY).verify({}, query, b"", NOW)


def vnpay_signed(**changed: str) -> str:
    fields = IPN | changed
    return f"{vnpay.encoded(fields.items())}&vnp_SecureHash={vnpay.sign(fields, KEY)}"


def test_vnpay_signs_sorted_encoded_fields_with_sha512() -> None:
    assert vnpay.encoded(IPN.items()) == IPN_TEXT
    assert vnpay.sign(IPN | {"vnp_SecureHashType": "SHA512", "other": "1"}, KEY) == mac(IPN_TEXT, "sha512")


def test_vnpay_fields_may_come_in_any_order_and_the_hash_in_capitals() -> None:
    backwards = "&".join(reversed(IPN_TEXT.split("&")))
    verdict = vnpay_ipn(f"vnp_SecureHash={mac(IPN_TEXT, 'sha512').upper()}&{backwards}&vnp_SecureHashType=HmacSHA512")
    assert isinstance(verdict, PaymentNotice)
    assert (verdict.order_code, verdict.transfer.amount_dong) == (123, 50_600)
    assert verdict.transfer.received_at == datetime(2026, 11, 27, 9, 59, 59, tzinfo=ZONE)


def test_vnpay_senders_that_encode_less_are_understood() -> None:
    javascript = IPN_TEXT.replace("%28", "(").replace("%29", ")").replace("%7E", "~")
    assert isinstance(vnpay_ipn(f"{javascript}&vnp_SecureHash={mac(javascript, 'sha512')}"), PaymentNotice)


@pytest.mark.parametrize(
    "changed",
    [{"vnp_ResponseCode": "24"}, {"vnp_TransactionStatus": "02"}, {"vnp_TransactionStatus": ""}],
)
def test_vnpay_money_needs_both_words(changed: dict[str, str]) -> None:
    assert isinstance(vnpay_ipn(vnpay_signed(**changed)), NothingArrived)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"vnp_TmnCode": "OTHER"}, RefusalCode.FOREIGN),
        ({"vnp_Amount": "5060050"}, RefusalCode.MALFORMED),
        ({"vnp_Amount": "-100"}, RefusalCode.MALFORMED),
        ({"vnp_PayDate": "20261327095959"}, RefusalCode.MALFORMED),
        ({"vnp_TxnRef": "0123"}, RefusalCode.MALFORMED),
        ({"vnp_TxnRef": str(2**53)}, RefusalCode.MALFORMED),
        ({"vnp_TransactionNo": ""}, RefusalCode.MALFORMED),
    ],
)
def test_vnpay_notices_without_sense(changed: dict[str, str], code: RefusalCode) -> None:
    verdict = vnpay_ipn(vnpay_signed(**changed))
    assert isinstance(verdict, Refusal)
    assert verdict.code is code


def test_vnpay_a_field_named_twice_is_refused() -> None:
    assert vnpay_ipn(vnpay_signed() + "&vnp_Amount=1") == Refusal(RefusalCode.MALFORMED, "query")


def test_vnpay_the_address_carries_what_the_documentation_lists(bill: PaymentRequest) -> None:
    provider = VnPayProvider(VNPAY)
    intent = provider.create(bill)
    parts = urlsplit(intent.qr_text)
    fields = dict(parse_qsl(parts.query, strict_parsing=True))
    assert (parts.netloc, parts.path, intent.qr_kind) == ("pay.invalid", "/paymentv2/vpcpay.html", QrKind.PAGE)
    assert fields.pop("vnp_SecureHash") == vnpay.sign(fields, KEY)
    assert (fields["vnp_Amount"], fields["vnp_TxnRef"]) == (str(bill.amount_dong * 100), str(bill.order_code))
    assert fields["vnp_ExpireDate"] == bill.expires_at.astimezone(ZONE).strftime("%Y%m%d%H%M%S")
    assert "vnp_SecureHashType" not in fields  # version 2.1.0 does not send it
    provider.close()


@pytest.mark.parametrize("changed", [{"amount_dong": 10**10}, {"expires_at": datetime.now(UTC) + timedelta(hours=1)}])
def test_vnpay_what_it_does_not_take_is_not_asked(bill: PaymentRequest, changed: dict[str, Any]) -> None:
    provider = VnPayProvider(VNPAY)
    with pytest.raises(OutsideFault) as caught:
        provider.create(replace(bill, **changed))
    assert caught.value.code is OutsideFaultCode.REJECTED
    provider.close()


def vnpay_says(script: Any, intent: PaymentIntent, **changed: object) -> None:
    answer: dict[str, object] = {
        "vnp_ResponseId": "1",
        "vnp_Command": "querydr",
        "vnp_ResponseCode": "00",
        "vnp_Message": "QueryDR Success",
        "vnp_TmnCode": "TERMINAL",
        "vnp_TxnRef": str(intent.order_code),
        "vnp_Amount": str(intent.amount_dong * 100),
        "vnp_PayDate": "20261127095959",
        "vnp_TransactionNo": "14226112",
        "vnp_TransactionStatus": "00",
    } | changed
    values = [answer.get(name, "") for name in vnpay.ANSWER_FIELDS]
    script.say(answer | {"vnp_SecureHash": mac("|".join(map(str, values)), "sha512")})


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"vnp_TransactionStatus": "04"}, OutsideFaultCode.REJECTED),
        ({"vnp_TransactionStatus": "07"}, OutsideFaultCode.REJECTED),
        ({"vnp_ResponseCode": "99"}, OutsideFaultCode.REJECTED),
        ({"vnp_TxnRef": "1"}, OutsideFaultCode.BAD_ANSWER),
        ({"vnp_PayDate": ""}, OutsideFaultCode.BAD_ANSWER),
        ({"vnp_TransactionNo": ""}, OutsideFaultCode.BAD_ANSWER),
    ],
)
def test_vnpay_answers_that_a_person_must_see(
    script: Any, bill: PaymentRequest, changed: dict[str, object], code: OutsideFaultCode
) -> None:
    provider = VnPayProvider(at(VNPAY, script))
    intent = provider.create(bill)
    vnpay_says(script, intent, **changed)
    with pytest.raises(OutsideFault) as caught:
        provider.status(intent)
    assert caught.value.code is code
    provider.close()


def test_vnpay_a_failed_payment_ends_the_order(script: Any, bill: PaymentRequest) -> None:
    provider = VnPayProvider(at(VNPAY, script))
    intent = provider.create(bill)
    vnpay_says(script, intent, vnp_TransactionStatus="02")
    assert provider.status(intent).state is PaymentState.CANCELLED
    asked = json.loads(script.asked[0][1])
    text = "|".join(
        asked[f"vnp_{name}"]
        for name in [
            "RequestId",
            "Version",
            "Command",
            "TmnCode",
            "TxnRef",
            "TransactionDate",
            "CreateDate",
            "IpAddr",
            "OrderInfo",
        ]
    )
    assert asked["vnp_SecureHash"] == mac(text, "sha512")
    provider.close()


# MoMo

MOMO_IPN: dict[str, object] = {
    "partnerCode": "PARTNER",
    "orderId": "123",
    "requestId": "create-123",
    "amount": 50_600,
    "orderInfo": "XP00000000123",
    "orderType": "momo_wallet",
    "transId": 4_088_878_653,
    "resultCode": 0,
    "message": "Thành công.",
    "payType": "qr",
    "responseTime": 1_795_748_399_000,
    "extraData": "",
}
MOMO_TEXT = (
    "accessKey=ACCESS&amount=50600&extraData=&message=Thành công.&orderId=123&orderInfo=XP00000000123"
    "&orderType=momo_wallet&partnerCode=PARTNER&payType=qr&requestId=create-123&responseTime=1795748399000"
    "&resultCode=0&transId=4088878653"
)


def momo_ipn(**changed: object) -> Verdict:
    message = MOMO_IPN | changed
    message["signature"] = momo.sign(message, momo.IPN_FIELDS, MOMO)
    return MoMoNotices(MOMO).verify({}, "", json.dumps(message).encode(), NOW)


def test_momo_signs_in_its_own_order() -> None:
    assert momo.sign(MOMO_IPN, momo.IPN_FIELDS, MOMO) == mac(MOMO_TEXT, "sha256")
    verdict = momo_ipn()
    assert isinstance(verdict, PaymentNotice)
    assert (verdict.order_code, verdict.transfer.provider_txn_id) == (123, "4088878653")
    assert verdict.transfer.received_at == datetime.fromtimestamp(1_795_748_399, UTC)


@pytest.mark.parametrize("code", [9000, 1000, 1006, 7000, -1])
def test_momo_only_zero_is_money(code: int) -> None:
    assert isinstance(momo_ipn(resultCode=code), NothingArrived)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"partnerCode": "OTHER"}, RefusalCode.FOREIGN),
        ({"resultCode": "0"}, RefusalCode.MALFORMED),
        ({"resultCode": False}, RefusalCode.MALFORMED),
        ({"orderId": "x"}, RefusalCode.MALFORMED),
        ({"amount": 0.5}, RefusalCode.MALFORMED),
        ({"transId": True}, RefusalCode.MALFORMED),
        ({"responseTime": 10**20}, RefusalCode.MALFORMED),
    ],
)
def test_momo_notices_without_sense(changed: dict[str, object], code: RefusalCode) -> None:
    verdict = momo_ipn(**changed)
    assert isinstance(verdict, Refusal)
    assert verdict.code is code


def momo_says(script: Any, bill: PaymentRequest, **changed: object) -> None:
    script.say(
        {
            "partnerCode": "PARTNER",
            "orderId": str(bill.order_code),
            "amount": bill.amount_dong,
            "resultCode": 0,
            "responseTime": 1_795_748_399_000,
            "payUrl": "https://pay.invalid/t",
        }
        | changed
    )


@pytest.fixture
def momo_provider(script: Any) -> Any:
    provider = MoMoProvider(at(MOMO, script))
    yield provider
    provider.close()


def test_momo_the_request_is_signed_in_its_own_order(
    script: Any, momo_provider: MoMoProvider, bill: PaymentRequest
) -> None:
    momo_says(script, bill)
    intent = momo_provider.create(bill)
    assert (intent.qr_text, intent.qr_kind) == ("https://pay.invalid/t", QrKind.PAGE)
    asked = json.loads(script.asked[0][1])
    text = (
        f"accessKey=ACCESS&amount={bill.amount_dong}&extraData=&ipnUrl=https://merchant.invalid/ipn"
        f"&orderId={bill.order_code}&orderInfo={bill.purpose}&partnerCode=PARTNER"
        f"&redirectUrl=https://kiosk.invalid/return&requestId=create-{bill.order_code}&requestType=captureWallet"
    )
    assert asked["signature"] == mac(text, "sha256")
    assert "accessKey" not in asked


def test_momo_its_own_codes_are_scanned_with_its_own_application(
    script: Any, momo_provider: MoMoProvider, bill: PaymentRequest
) -> None:
    code = "momo://app?action=payWithApp&isScanQR=true&sid=x"
    momo_says(script, bill, qrCodeUrl=code)
    intent = momo_provider.create(bill)
    assert (intent.qr_text, intent.qr_kind) == (code, QrKind.MOMO)


def test_sepay_notices_without_a_secret_are_nobodys(script: Any) -> None:
    with pytest.raises(ValueError, match="secret"):
        SePayNotices(replace(SEPAY, webhook_secret=SecretStr("")))


def test_momo_a_vietqr_must_ask_for_the_bill(script: Any, momo_provider: MoMoProvider, bill: PaymentRequest) -> None:
    momo_says(script, bill, qrCodeUrl=encode(VietQr("971025", "1", amount_dong=bill.amount_dong + 1)))
    with pytest.raises(OutsideFault) as caught:
        momo_provider.create(bill)
    assert caught.value.code is OutsideFaultCode.BAD_ANSWER
    right = encode(VietQr("971025", "1", amount_dong=bill.amount_dong))
    momo_says(script, bill, qrCodeUrl=right)
    intent = momo_provider.create(bill)
    assert (intent.qr_text, intent.qr_kind) == (right, QrKind.VIETQR)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"resultCode": 41}, OutsideFaultCode.CONFLICT),
        ({"resultCode": 13}, OutsideFaultCode.AUTH),
        ({"resultCode": 99}, OutsideFaultCode.REJECTED),
        ({"resultCode": None}, OutsideFaultCode.BAD_ANSWER),
        ({"amount": 1}, OutsideFaultCode.BAD_ANSWER),
        ({"orderId": "1"}, OutsideFaultCode.BAD_ANSWER),
        ({"partnerCode": "OTHER"}, OutsideFaultCode.BAD_ANSWER),
        ({"payUrl": "a\nb"}, OutsideFaultCode.BAD_ANSWER),
    ],
)
def test_momo_refusals(
    script: Any, momo_provider: MoMoProvider, bill: PaymentRequest, changed: dict[str, object], code: OutsideFaultCode
) -> None:
    momo_says(script, bill, **changed)
    with pytest.raises(OutsideFault) as caught:
        momo_provider.create(bill)
    assert caught.value.code is code


@pytest.mark.parametrize("amount", [999, 50_000_001])
def test_momo_amounts_outside_its_limits_are_not_asked(
    script: Any, momo_provider: MoMoProvider, bill: PaymentRequest, amount: int
) -> None:
    with pytest.raises(OutsideFault) as caught:
        momo_provider.create(replace(bill, amount_dong=amount))
    assert (caught.value.code, script.asked) == (OutsideFaultCode.REJECTED, [])


@pytest.mark.parametrize(
    ("result", "state"),
    [
        (1000, PaymentState.WAITING),
        (7002, PaymentState.WAITING),
        (1001, PaymentState.WAITING),  # too little money in the wallet: the payer may try again
        (1006, PaymentState.CANCELLED),
        (1005, PaymentState.CANCELLED),
    ],
)
def test_momo_states(
    script: Any, momo_provider: MoMoProvider, bill: PaymentRequest, result: int, state: PaymentState
) -> None:
    momo_says(script, bill)
    intent = momo_provider.create(bill)
    momo_says(script, bill, resultCode=result)
    assert momo_provider.status(intent).state is state


# SePay


def sepay_webhook(settings: SePaySettings = SEPAY, **changed: object) -> Verdict:
    message: dict[str, object] = {
        "id": 92704,
        "gateway": "BankMoPhong",
        "transactionDate": "2026-11-27 09:59:59",
        "accountNumber": SEPAY.account,
        "subAccount": None,
        "code": None,
        "content": "khong co ma",
        "transferType": "in",
        "transferAmount": 50_600,
        "referenceCode": "FT1",
    } | changed
    key = f"Apikey {KEY.get_secret_value()}"
    return SePayNotices(settings).verify({"AUTHORIZATION": key}, "", json.dumps(message).encode(), NOW)


def test_sepay_signs_time_and_raw_body() -> None:
    body = '{"content": "khám"}'
    assert signature("1795748399", body.encode(), KEY) == "sha256=" + mac(f"1795748399.{body}", "sha256")


def test_sepay_money_without_a_code_is_a_stray(bill: PaymentRequest) -> None:
    assert isinstance(sepay_webhook(), StrayTransfer)
    mistyped = bill.purpose[:-1] + ("0" if bill.purpose[-1] != "0" else "1")
    assert isinstance(sepay_webhook(content=mistyped), StrayTransfer)
    found = sepay_webhook(content=f"ct den:1 {bill.purpose.lower()}-270126 GD 1")
    assert isinstance(found, PaymentNotice)
    assert found.order_code == bill.order_code


@pytest.mark.parametrize("changed", [{"transferType": "out"}, {"accountNumber": "1"}])
def test_sepay_what_is_not_for_us(changed: dict[str, object]) -> None:
    assert isinstance(sepay_webhook(**changed), NothingArrived)


def test_sepay_a_virtual_account_is_ours_too() -> None:
    assert isinstance(sepay_webhook(accountNumber="0011", subAccount=SEPAY.account), StrayTransfer)


@pytest.mark.parametrize(
    "changed",
    [
        {"transferType": "both"},
        {"id": "92 704"},
        {"id": True},
        {"id": 0},
        {"content": None},
        {"transferAmount": -1},
        {"transferAmount": 1e400},
        {"transactionDate": "27/11/2026"},
    ],
)
def test_sepay_webhooks_without_sense(changed: dict[str, object]) -> None:
    verdict = sepay_webhook(**changed)
    assert isinstance(verdict, Refusal)
    assert verdict.code is RefusalCode.MALFORMED


def sepay_rows(bill: PaymentRequest, count: int = 1, **changed: object) -> dict[str, object]:
    row = {
        "id": "7",
        "transaction_date": "2026-11-27 09:59:59",
        "amount_in": f"{bill.amount_dong}.00",
        "amount_out": "0.00",
        "transaction_content": bill.purpose,
    } | changed
    return {"status": 200, "transactions": [{**row, "id": str(number)} for number in range(1, count + 1)]}


@pytest.fixture
def on_time(bill: PaymentRequest) -> PaymentRequest:
    return replace(bill, expires_at=NOW)


def test_sepay_both_published_spellings_of_a_row_are_read(script: Any, on_time: PaymentRequest) -> None:
    other = {
        "id": 7,
        "transaction_date": "2026-11-27 09:59:59",
        "transfer_type": "in",
        "transfer_amount": on_time.amount_dong,
        "content": on_time.purpose,
    }
    for answer in (sepay_rows(on_time), {"transactions": [other]}):
        provider = SePayProvider(at(SEPAY, script))
        script.say(answer)
        assert provider.status(provider.create(on_time)).state is PaymentState.PAID
        provider.close()


def test_sepay_one_answer_serves_every_order_for_a_while(script: Any, on_time: PaymentRequest) -> None:
    moment = 100.0
    provider = SePayProvider(at(SEPAY, script), clock=lambda: NOW, monotonic=lambda: moment)
    intent = provider.create(on_time)
    script.say({"transactions": []})
    script.say(sepay_rows(on_time))
    assert [provider.status(intent).state for _ in range(3)] == [PaymentState.WAITING] * 3
    moment += SEPAY.poll_interval_s
    assert provider.status(intent).state is PaymentState.PAID
    assert len(script.asked) == 2
    provider.close()


def test_sepay_a_list_that_may_be_cut_proves_nothing(script: Any, on_time: PaymentRequest) -> None:
    provider = SePayProvider(replace(at(SEPAY, script), page=3, poll_interval_s=0.0), clock=lambda: NOW)
    intent = provider.create(on_time)
    script.say(sepay_rows(on_time, 3, transaction_content="other"))
    with pytest.raises(OutsideFault) as caught:
        provider.status(intent)
    assert caught.value.code is OutsideFaultCode.BAD_ANSWER
    script.say(sepay_rows(on_time, 2, transaction_content="other"))
    assert provider.status(intent).state is PaymentState.WAITING
    provider.close()


@pytest.mark.parametrize(
    ("answer", "status", "code"),
    [
        ({"transactions": None}, 200, OutsideFaultCode.BAD_ANSWER),
        ({"transactions": [1]}, 200, OutsideFaultCode.BAD_ANSWER),
        ({"transactions": [{"amount_in": "5.00"}]}, 200, OutsideFaultCode.BAD_ANSWER),
        ({"error": "too many"}, 429, OutsideFaultCode.REJECTED),
    ],
)
def test_sepay_answers_that_make_no_sense(
    script: Any, on_time: PaymentRequest, answer: object, status: int, code: OutsideFaultCode
) -> None:
    provider = SePayProvider(at(SEPAY, script))
    script.say(answer, status)
    with pytest.raises(OutsideFault) as caught:
        provider.status(provider.create(on_time))
    assert caught.value.code is code
    provider.close()


def test_sepay_a_purpose_that_could_not_be_found_again_is_not_asked(bill: PaymentRequest) -> None:
    provider = SePayProvider(SEPAY)
    with pytest.raises(OutsideFault) as caught:
        provider.create(replace(bill, purpose="KHAM BENH"))
    assert caught.value.code is OutsideFaultCode.REJECTED
    provider.close()


# all


@pytest.mark.parametrize(
    ("value", "amount"),
    [
        (5, 5),
        (5.0, 5),
        ("5", 5),
        ("5.00", 5),
        ("5.50", None),
        (5.5, None),
        (float("nan"), None),
        (float("inf"), None),
        (True, None),
        (0, None),
        (-5, None),
        (10**13, None),
        ("٥", None),
        ("1" * 16, None),
        (None, None),
        ([], None),
    ],
)
def test_amounts_are_whole_and_positive(value: object, amount: int | None) -> None:
    assert whole_dong(value) == amount


def test_foreign_values_that_are_none() -> None:
    assert [order_number(text) for text in ("1", "01", "-1", "", "٣", 1, str(2**53))] == [1] + [None] * 6
    assert [unix_time_ms(value) for value in (True, -1, 10**14, "1", 1.0)] == [None] * 5
    assert local_time("2026-11-27 10:00:00", "%Y-%m-%d %H:%M:%S") == NOW
    assert local_time("2026-11-27 10:00:00 ", "%Y-%m-%d %H:%M:%S") is None


def test_settings_show_no_secret() -> None:
    shown = repr(MOMO) + repr(VNPAY) + repr(SEPAY)
    assert KEY.get_secret_value() not in shown
    assert "ACCESS" not in shown
    assert hashlib.sha256(KEY.get_secret_value().encode()).hexdigest() not in shown


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(["00", "91", "in"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)
ANSWERS: dict[str, dict[str, object]] = {
    "vnpay": {"vnp_ResponseCode": "00", "vnp_TxnRef": "7", "vnp_TransactionStatus": "00"}
    | {"vnp_Amount": "5060000", "vnp_PayDate": "20261127095959", "vnp_TransactionNo": "1"},
    "momo": {"partnerCode": "PARTNER", "orderId": "7", "resultCode": 0}
    | {"amount": 50_600, "transId": 1, "responseTime": 1_795_748_399_000},
    "sepay": {"id": "1", "amount_in": "50600.00", "transaction_date": "2026-11-27 09:59:59"}
    | {"transaction_content": purpose_for(7)},
    "payos": {"orderCode": 7, "amount": 50_600, "status": "PAID"}
    | {"reference": "FT1", "transactionDateTime": "2026-11-27 09:59:59"},
}
PAYOS = PayOsSettings("", "client", SecretStr("key"), KEY)


def answer_of(name: str, fields: dict[str, object]) -> object:
    """What a provider sends, proven as it proves it, so that the fields themselves are read."""
    if name == "sepay":
        return {"transactions": [fields]}
    if name == "vnpay":
        return fields | {"vnp_SecureHash": vnpay.sign_bar(fields, vnpay.ANSWER_FIELDS, KEY)}
    if name == "payos":
        row = {key: fields.get(key) for key in ("reference", "amount", "transactionDateTime")}
        data = fields | {"transactions": [row]}
        return {"code": "00", "data": data, "signature": payos_sign(data, KEY)}
    return fields


def provider_of(name: str) -> Any:
    makers: dict[str, Any] = {
        "vnpay": lambda: VnPayProvider(VNPAY),
        "momo": lambda: MoMoProvider(MOMO),
        "sepay": lambda: SePayProvider(replace(SEPAY, poll_interval_s=0.0)),
        "payos": lambda: PayOsProvider(PAYOS),
    }
    return makers[name]()


INTENT = PaymentIntent("", 7, 50_600, purpose_for(7), "", NOW)


@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_any_answer_is_a_status_or_a_fault(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every field in turn becomes anything at all, or is not there."""
    said: list[object] = []
    monkeypatch.setattr(Http, "call", lambda *_, **__: Reply(200, json.dumps(said[-1]).encode()))
    provider = provider_of(name)
    said.append(answer_of(name, ANSWERS[name]))
    assert provider.status(INTENT).state is PaymentState.PAID

    @settings(deadline=None, max_examples=80)
    @given(st.sampled_from(sorted(ANSWERS[name])), JSON, st.booleans())
    def anything(field: str, value: object, present: bool) -> None:
        fields = {key: other for key, other in ANSWERS[name].items() if key != field}
        said.append(answer_of(name, fields | ({field: value} if present else {})))
        try:
            status = provider.status(INTENT)
        except OutsideFault:
            return
        assert status.amount_received == sum(transfer.amount_dong for transfer in status.transfers)

    anything()
    provider.close()
