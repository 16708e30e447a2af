"""The contract of `PaymentProvider` and of its notices: the same stories for every provider, at the simulated bank.

What a provider cannot do is said in its `Bench`, once, with the reason: nothing is skipped.
"""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.model import PaymentIntent, PaymentNotice, PaymentRequest, PaymentState, QrKind
from his_adapter.payment import (
    MoMoProvider,
    PayOsProvider,
    ProviderName,
    SePayAuth,
    SePayProvider,
    VnPayProvider,
    new_order_code,
    purpose_for,
)
from his_adapter.payment.judgement import judge
from his_adapter.payment.vietqr import Method, parse
from his_adapter.payment.webhook import (
    Acknowledgement,
    MoMoNotices,
    NoticeVerifier,
    Outcome,
    PayOsNotices,
    Refusal,
    RefusalCode,
    SePayNotices,
    VnPayNotices,
    receive,
)
from his_adapter.ports import PaymentProvider
from his_adapter.simulation import Fault, OutsideWorld, System
from his_adapter.simulation.commands import Provider
from hub.gateway.kiosks import Kiosks
from tests.his_adapter.stores import MemoryInbox
from tests.hub.payments.money_hub import Clock, MoneyHub

SHORT_S = 0.5
SUCCESS, FAILURE = b'{"success":true}', b'{"success":false}'


@dataclass(frozen=True, slots=True)
class Raw:
    """A notice as it came over the wire."""

    headers: Mapping[str, str]
    query: str
    body: bytes


class Receiver:
    """The hospital's side: a real server that reads notices through `receive`."""

    def __init__(self) -> None:
        receiver = self
        self.verifier: NoticeVerifier | None = None
        self.inbox = MemoryInbox()
        self.raw: list[Raw] = []
        self.answers: list[Acknowledgement] = []

        class Handler(BaseHTTPRequestHandler):
            def _answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or "0"))
                raw = Raw(dict(self.headers.items()), urlsplit(self.path).query, body)
                assert receiver.verifier is not None
                answer = receive(receiver.verifier, raw.headers, raw.query, body, datetime.now(UTC), receiver.inbox)
                receiver.raw.append(raw)
                receiver.answers.append(answer)
                self.send_response(answer.status)
                if answer.body:
                    self.send_header("Content-Type", answer.content_type)
                if answer.status != 204:
                    self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

            do_GET = do_POST = _answer

            def log_message(self, format: str, *args: object) -> None:
                """Tests are quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/payment"

    def forget(self) -> None:
        """As new, at its old address."""
        self.inbox, self.raw, self.answers = MemoryInbox(), [], []

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


Maker = Callable[..., PaymentProvider]


@dataclass
class Bench:
    """One provider on its bench."""

    name: str
    world: OutsideWorld
    receiver: Receiver
    verifier: NoticeVerifier
    make: Maker  # make(timeout_s=..., stranger=...) with wrong keys for a stranger
    answers: Mapping[Outcome, tuple[int, bytes]]
    refused: tuple[int, bytes]
    remembers_orders: bool = True  # False: the provider learns of an order when it is paid, so our ledger keeps codes
    sees_all_transfers: bool = True  # False: a query answers with one transaction; notices show the second
    answers_are_signed: bool = True  # False: TLS alone proves an answer
    window_s: float | None = None  # how old a notice may be, where its format carries a time
    ends_orders: bool = False  # True: the provider's own clock ends an order
    clock: Clock = field(default_factory=Clock)
    made: list[PaymentProvider] = field(default_factory=list)

    def adapter(self, **how: object) -> PaymentProvider:
        self.made.append(self.make(clock=self.clock, **how))
        return self.made[-1]

    def pay(
        self, intent: PaymentIntent, amount: int | None = None, times: int = 1, at: datetime | None = None
    ) -> tuple[int, ...]:
        return self.world.pay_qr(intent.qr_text, amount, times, at=at)

    def let_expire(self, intent: PaymentIntent) -> None:
        if self.ends_orders:
            self.world.expire(intent.order_code)
        self.clock.ahead = intent.expires_at - datetime.now(UTC) + timedelta(seconds=1)


def _vnpay_answer(code: str, message: str) -> tuple[int, bytes]:
    return 200, json.dumps({"RspCode": code, "Message": message}).encode()


def _same(status: int, body: bytes, failure: tuple[int, bytes]) -> dict[Outcome, tuple[int, bytes]]:
    return {outcome: failure if outcome is Outcome.NOT_STORED else (status, body) for outcome in Outcome}


def _payos(world: OutsideWorld, receiver: Receiver) -> Bench:
    world.webhook(receiver.url, Provider.PAYOS)

    def make(clock: Clock, timeout_s: float = 8.0, stranger: bool = False) -> PaymentProvider:
        account = world.payment_settings(timeout_s)
        return PayOsProvider(replace(account, api_key=SecretStr("wrong")) if stranger else account)

    return Bench(
        "payos",
        world,
        receiver,
        PayOsNotices(world.payment_settings().checksum_key),
        make,
        _same(200, SUCCESS, (503, FAILURE)),
        (401, FAILURE),
        ends_orders=True,
    )


def _sepay(world: OutsideWorld, receiver: Receiver, auth: SePayAuth) -> Bench:
    world.webhook(receiver.url, Provider.SEPAY)

    def make(clock: Clock, timeout_s: float = 8.0, stranger: bool = False) -> PaymentProvider:
        account = world.sepay_settings(timeout_s, auth)
        return SePayProvider(replace(account, api_token=SecretStr("wrong")) if stranger else account, clock=clock)

    account = world.sepay_settings(webhook_auth=auth)
    return Bench(
        f"sepay-{auth}",
        world,
        receiver,
        SePayNotices(account),
        make,
        _same(200, SUCCESS, (503, FAILURE)),
        (401, FAILURE),
        remembers_orders=False,
        answers_are_signed=False,
        window_s=account.webhook_window_s if auth is SePayAuth.HMAC else None,
    )


def _vnpay(world: OutsideWorld, receiver: Receiver) -> Bench:
    world.webhook(receiver.url, Provider.VNPAY)

    def make(clock: Clock, timeout_s: float = 8.0, stranger: bool = False) -> PaymentProvider:
        account = world.vnpay_settings(timeout_s)
        return VnPayProvider(replace(account, hash_secret=SecretStr("wrong")) if stranger else account, clock=clock)

    answers = {
        Outcome.ACCEPTED: _vnpay_answer("00", "Confirm Success"),
        Outcome.NOTHING: _vnpay_answer("00", "Confirm Success"),
        Outcome.UNKNOWN_ORDER: _vnpay_answer("01", "Order not found"),
        Outcome.REPEATED: _vnpay_answer("02", "Order already confirmed"),
        Outcome.WRONG_AMOUNT: _vnpay_answer("04", "Invalid amount"),
        Outcome.NOT_STORED: _vnpay_answer("99", "Unknown error"),
    }
    return Bench(
        "vnpay",
        world,
        receiver,
        VnPayNotices(world.vnpay_settings()),
        make,
        answers,
        _vnpay_answer("97", "Invalid signature"),
        remembers_orders=False,
        sees_all_transfers=False,
    )


def _momo(world: OutsideWorld, receiver: Receiver) -> Bench:
    def make(clock: Clock, timeout_s: float = 8.0, stranger: bool = False) -> PaymentProvider:
        account = world.momo_settings(receiver.url, timeout_s)
        return MoMoProvider(replace(account, secret_key=SecretStr("wrong")) if stranger else account, clock=clock)

    return Bench(
        "momo",
        world,
        receiver,
        MoMoNotices(world.momo_settings(receiver.url)),
        make,
        _same(204, b"", (503, b"")),
        (400, b""),
        sees_all_transfers=False,
        answers_are_signed=False,
    )


class Hubs:
    """One hub for each provider, for all the stories: its orders are kept apart by their codes."""

    def __init__(self, folder: Path, world: OutsideWorld, receiver: Receiver) -> None:
        self._folder = folder
        self._world = world
        self._receiver = receiver
        self._running: dict[ProviderName, tuple[MoneyHub, str]] = {}

    def at(self, provider: ProviderName) -> tuple[MoneyHub, str]:
        """The hub that asks this provider, and its kiosk's key."""
        if provider not in self._running:
            path = self._folder / f"{provider}.db"
            hub = MoneyHub(path, self._world, provider, Clock(), momo_address=self._receiver.url)
            hub.start(watching=False)
            self._running[provider] = hub, Kiosks(hub.own).add("k1")
        return self._running[provider]

    def close(self) -> None:
        for hub, _ in self._running.values():
            hub.close()


def through_hub(bench: Bench, hub: MoneyHub, key: str) -> Bench:
    """The same provider, asked by kiosks through a real hub. It must not matter to a kiosk which way it asks.

    Notices go to the receiver here and not to the hub, so that money is found by asking; tests/hub/payments tells the
    stories where the hub hears of it first.
    """
    hub.clock.ahead = timedelta()
    bench.clock = hub.clock
    bench.remembers_orders = True  # whatever the provider does, the hub's orders are on disk

    def make(clock: Clock, timeout_s: float = 8.0, stranger: bool = False) -> PaymentProvider:
        return hub.kiosk("k1", "x" * 43 if stranger else key, timeout_s)

    bench.make = make
    return bench


BENCHES: dict[str, Callable[[OutsideWorld, Receiver], Bench]] = {
    "payos": _payos,
    "sepay-hmac": lambda world, receiver: _sepay(world, receiver, SePayAuth.HMAC),
    "sepay-key": lambda world, receiver: _sepay(world, receiver, SePayAuth.API_KEY),
    "vnpay": _vnpay,
    "momo": _momo,
}
THROUGH_HUB = {"hub-payos": "payos", "hub-sepay": "sepay-hmac", "hub-vnpay": "vnpay", "hub-momo": "momo"}


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    yield server
    server.close()


@pytest.fixture(scope="module")
def hubs(processes: OutsideWorld, receiver: Receiver, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hubs]:
    made = Hubs(tmp_path_factory.mktemp("hubs"), processes, receiver)
    yield made
    made.close()


@pytest.fixture(params=sorted([*BENCHES, *THROUGH_HUB]))
def bench(request: pytest.FixtureRequest, world: OutsideWorld, receiver: Receiver, hubs: Hubs) -> Iterator[Bench]:
    receiver.forget()
    name: str = request.param
    made = BENCHES[THROUGH_HUB.get(name, name)](world, receiver)
    receiver.verifier = made.verifier
    if name in THROUGH_HUB:
        made = through_hub(made, *hubs.at(ProviderName(name.removeprefix("hub-"))))
    yield made
    for adapter in made.made:
        adapter.close()
    for provider in (Provider.PAYOS, Provider.SEPAY, Provider.VNPAY):
        world.webhook(None, provider)
    world.hold_notices(False)


@pytest.fixture
def provider(bench: Bench) -> PaymentProvider:
    return bench.adapter()


@pytest.fixture
def intent(bench: Bench, provider: PaymentProvider, bill: PaymentRequest) -> PaymentIntent:
    """An order of ours: written down before anybody can pay it."""
    made = provider.create(bill)
    bench.receiver.inbox.expect(made)
    return made


def another(bill: PaymentRequest) -> PaymentRequest:
    order = new_order_code()
    return replace(bill, order_code=order, purpose=purpose_for(order))


# asking for money


def test_the_code_asks_for_the_bill(provider: PaymentProvider, bill: PaymentRequest, intent: PaymentIntent) -> None:
    asked = (intent.order_code, intent.amount_dong, intent.purpose, intent.expires_at)
    assert asked == (bill.order_code, bill.amount_dong, bill.purpose, bill.expires_at)
    if intent.qr_kind is QrKind.VIETQR:
        qr = parse(intent.qr_text)
        assert (qr.amount_dong, qr.method) == (bill.amount_dong, Method.DYNAMIC)
        assert bill.purpose in qr.purpose
    else:
        assert urlsplit(intent.qr_text).scheme in {"http", "https", "momo"}
    assert provider.status(intent).state is PaymentState.WAITING


def test_the_same_request_again_is_the_same_intent(
    provider: PaymentProvider, bill: PaymentRequest, intent: PaymentIntent
) -> None:
    assert provider.create(bill) == intent


def test_an_order_code_stands_for_one_bill(
    provider: PaymentProvider, bill: PaymentRequest, intent: PaymentIntent
) -> None:
    with pytest.raises(OutsideFault) as caught:
        provider.create(replace(bill, amount_dong=bill.amount_dong + 1))
    assert caught.value.code is OutsideFaultCode.CONFLICT
    assert provider.status(intent).state is PaymentState.WAITING


def test_a_restarted_kiosk_makes_no_second_order(bench: Bench, bill: PaymentRequest, intent: PaymentIntent) -> None:
    restarted = bench.adapter()
    try:
        assert restarted.create(bill) == intent
    except OutsideFault as fault:
        assert fault.code is OutsideFaultCode.CONFLICT  # noqa: PT017  (the same intent and a refusal are both right)
    if bench.remembers_orders:
        with pytest.raises(OutsideFault) as caught:
            bench.adapter().create(replace(bill, amount_dong=bill.amount_dong + 1))
        assert caught.value.code is OutsideFaultCode.CONFLICT


def test_an_order_made_again_from_its_record_can_be_asked_about(bench: Bench, intent: PaymentIntent) -> None:
    bench.pay(intent)
    recorded = replace(intent, intent_id="", qr_text="")
    assert bench.adapter().status(recorded).state is PaymentState.PAID


# what arrives


def test_the_exact_amount_once_is_paid(bench: Bench, provider: PaymentProvider, intent: PaymentIntent) -> None:
    bench.pay(intent)
    status = provider.status(intent)
    assert (status.state, status.amount_received) == (PaymentState.PAID, intent.amount_dong)
    assert status.provider_txn_id
    assert provider.status(intent) == status


@pytest.mark.parametrize(("more", "state"), [(-1, PaymentState.UNDERPAID), (1, PaymentState.OVERPAID)])
def test_a_wrong_amount_is_never_paid(
    bench: Bench, provider: PaymentProvider, intent: PaymentIntent, more: int, state: PaymentState
) -> None:
    bench.pay(intent, intent.amount_dong + more)
    status = provider.status(intent)
    assert (status.state, status.amount_received) == (state, intent.amount_dong + more)
    answer = bench.receiver.answers[0]
    assert (answer.status, answer.body) == bench.answers[Outcome.WRONG_AMOUNT]


def test_paid_twice_is_for_the_cashier(bench: Bench, provider: PaymentProvider, intent: PaymentIntent) -> None:
    bench.pay(intent, times=2)
    polled = provider.status(intent)
    assert polled.state is (PaymentState.DUPLICATE if bench.sees_all_transfers else PaymentState.PAID)
    # a gateway's query answers with one transaction; only its notices show the second
    told = {one.provider_txn_id: one for one in bench.receiver.inbox.transfers(intent.order_code)}
    status = judge(intent, tuple(told.values()))
    assert (status.state, status.amount_received) == (PaymentState.DUPLICATE, 2 * intent.amount_dong)
    assert len({transfer.provider_txn_id for transfer in status.transfers}) == 2


def test_money_that_never_comes(bench: Bench, provider: PaymentProvider, intent: PaymentIntent) -> None:
    bench.let_expire(intent)
    assert provider.status(intent).state is PaymentState.EXPIRED


def test_money_that_comes_late_is_for_the_cashier(
    bench: Bench, provider: PaymentProvider, intent: PaymentIntent
) -> None:
    bench.pay(intent, at=intent.expires_at + timedelta(seconds=2))
    status = provider.status(intent)
    assert (status.state, status.amount_received) == (PaymentState.LATE, intent.amount_dong)


def test_cancelled_and_then_paid_is_for_the_cashier(
    bench: Bench, provider: PaymentProvider, intent: PaymentIntent
) -> None:
    assert provider.cancel(intent).state is PaymentState.CANCELLED
    assert provider.cancel(intent).state is PaymentState.CANCELLED
    assert provider.status(intent).state is PaymentState.CANCELLED
    bench.pay(intent)
    assert provider.status(intent).state is PaymentState.LATE


def test_money_can_be_faster_than_the_cancellation(
    bench: Bench, provider: PaymentProvider, intent: PaymentIntent
) -> None:
    bench.pay(intent)
    assert provider.cancel(intent).state is PaymentState.PAID
    assert provider.status(intent).state is PaymentState.PAID


def test_money_finds_its_own_bill(
    bench: Bench, provider: PaymentProvider, bill: PaymentRequest, intent: PaymentIntent
) -> None:
    other = provider.create(another(bill))
    bench.pay(other)
    assert provider.status(other).state is PaymentState.PAID
    assert provider.status(intent).state is PaymentState.WAITING


# being told


def test_a_notice_tells_of_the_transfer_that_is_polled(
    bench: Bench, provider: PaymentProvider, intent: PaymentIntent
) -> None:
    bench.pay(intent)
    assert bench.receiver.inbox.transfers(intent.order_code) == provider.status(intent).transfers
    answer = bench.receiver.answers[0]
    assert (answer.status, answer.body) == bench.answers[Outcome.ACCEPTED]


def test_a_notice_told_again_counts_once(bench: Bench, provider: PaymentProvider, intent: PaymentIntent) -> None:
    bench.world.hold_notices(True)
    bench.pay(intent)
    bench.world.deliver(copies=3)
    assert bench.receiver.inbox.transfers(intent.order_code) == provider.status(intent).transfers
    told = [(answer.status, answer.body) for answer in bench.receiver.answers]
    assert told == [bench.answers[Outcome.ACCEPTED]] + [bench.answers[Outcome.REPEATED]] * 2


def test_notices_in_another_order_find_their_bills(
    bench: Bench, provider: PaymentProvider, bill: PaymentRequest, intent: PaymentIntent
) -> None:
    other = provider.create(another(bill))
    bench.receiver.inbox.expect(other)
    bench.world.hold_notices(True)
    bench.pay(intent)
    bench.pay(other)
    bench.world.deliver(backwards=True)
    inbox = bench.receiver.inbox
    assert [len(inbox.transfers(one.order_code)) for one in (intent, other)] == [1, 1]
    first = bench.verifier.verify(*parts(bench.receiver.raw[0]), datetime.now(UTC))
    assert isinstance(first, PaymentNotice)
    assert first.order_code == other.order_code


def test_a_notice_with_a_wrong_signature_is_refused(bench: Bench, intent: PaymentIntent) -> None:
    bench.world.fault(System.BANK, Fault.BAD_SIGNATURE)
    bench.pay(intent)
    answer = bench.receiver.answers[0]
    assert (answer.status, answer.body) == bench.refused
    assert bench.receiver.inbox.transfers(intent.order_code) == ()
    verdict = bench.verifier.verify(*parts(bench.receiver.raw[0]), datetime.now(UTC))
    assert isinstance(verdict, Refusal)
    assert verdict.code is RefusalCode.SIGNATURE


def test_a_changed_amount_is_refused(bench: Bench, intent: PaymentIntent) -> None:
    bench.pay(intent)
    raw = bench.receiver.raw[0]
    more = replace(raw, query=raw.query.replace("5060000", "5060100"), body=raw.body.replace(b"50600", b"50601"))
    assert more != raw
    verdict = bench.verifier.verify(*parts(more), datetime.now(UTC))
    if bench.name == "sepay-api_key":  # a key proves the sender and nothing of the content: that is why HMAC is default
        assert isinstance(verdict, PaymentNotice)
    else:
        assert verdict == Refusal(RefusalCode.SIGNATURE, verdict.detail if isinstance(verdict, Refusal) else "")


def test_an_old_notice_is_refused_where_it_carries_its_time(bench: Bench, intent: PaymentIntent) -> None:
    bench.pay(intent)
    raw = bench.receiver.raw[0]
    window = timedelta(seconds=bench.window_s or 0)
    for moment in (
        datetime.now(UTC) + window + timedelta(seconds=5),
        datetime.now(UTC) - window - timedelta(seconds=5),
    ):
        verdict = bench.verifier.verify(*parts(raw), moment)
        if bench.window_s is None:
            assert isinstance(verdict, PaymentNotice)
        else:
            assert verdict == Refusal(RefusalCode.STALE)


def test_money_for_an_order_nobody_knows_is_kept_for_a_person(
    bench: Bench, provider: PaymentProvider, bill: PaymentRequest
) -> None:
    stranger = provider.create(another(bill))
    bench.pay(stranger)
    answer = bench.receiver.answers[0]
    assert (answer.status, answer.body) == bench.answers[Outcome.UNKNOWN_ORDER]
    assert len(bench.receiver.inbox.transfers(stranger.order_code)) == 1


def test_every_outcome_has_the_providers_own_answer(bench: Bench) -> None:
    for outcome in Outcome:
        answer = bench.verifier.acknowledge(outcome)
        assert (answer.status, answer.body) == bench.answers[outcome]
    refused = bench.verifier.acknowledge(Refusal(RefusalCode.SIGNATURE))
    assert (refused.status, refused.body) == bench.refused
    malformed = bench.verifier.acknowledge(Refusal(RefusalCode.MALFORMED))
    good = {bench.answers[outcome] for outcome in Outcome if outcome is not Outcome.NOT_STORED}
    assert (malformed.status, malformed.body) not in good


HEADERS = st.dictionaries(
    st.sampled_from(["Authorization", "X-SePay-Signature", "X-SePay-Timestamp", "x"]), st.text(max_size=80)
)


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(HEADERS, st.text(max_size=200), st.binary(max_size=200))
def test_anything_at_all_is_refused(bench: Bench, headers: dict[str, str], query: str, body: bytes) -> None:
    assert isinstance(bench.verifier.verify(headers, query, body, datetime.now(UTC)), Refusal)


@pytest.mark.parametrize(
    "body", [b"[" * 60_000, b" " * 70_000, b'{"a":"\\ud800"}', b'{"data":{"a":"\\ud800"}}', b"null"]
)
def test_what_breaks_parsers_is_refused(bench: Bench, body: bytes) -> None:
    query = "&".join(f"vnp_{n}=%ED%A0%80" for n in range(100))
    assert isinstance(bench.verifier.verify({}, query, body, datetime.now(UTC)), Refusal)


# when it fails


def test_health_proves_the_keys(bench: Bench, provider: PaymentProvider) -> None:
    assert provider.health().well
    assert bench.adapter(stranger=True).health().fault is OutsideFaultCode.AUTH


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault.DOWN, OutsideFaultCode.UNREACHABLE),
        (Fault.HTTP_500, OutsideFaultCode.SERVER_ERROR),
        (Fault.UNAUTHORIZED, OutsideFaultCode.AUTH),
        (Fault.BAD_ANSWER, OutsideFaultCode.BAD_ANSWER),
    ],
)
def test_a_failing_provider_is_a_fault_and_no_payment(
    bench: Bench, provider: PaymentProvider, intent: PaymentIntent, fault: Fault, code: OutsideFaultCode
) -> None:
    bench.pay(intent)
    bench.world.fault(System.BANK, fault)
    for ask in (provider.status, provider.cancel):
        with pytest.raises(OutsideFault) as caught:
            ask(intent)
        assert caught.value.code is code
    assert provider.health().fault is code
    bench.world.fault(System.BANK, Fault.NONE)
    assert provider.status(intent).state is PaymentState.PAID


def test_a_silent_provider_is_waited_for_so_long(bench: Bench, intent: PaymentIntent) -> None:
    impatient = bench.adapter(timeout_s=SHORT_S)
    bench.world.fault(System.BANK, Fault.SLOW)
    with pytest.raises(OutsideFault) as caught:
        impatient.status(intent)
    assert caught.value.code is OutsideFaultCode.TIMEOUT


def test_an_answer_with_a_wrong_signature_is_not_believed(
    bench: Bench, provider: PaymentProvider, intent: PaymentIntent
) -> None:
    bench.pay(intent)
    bench.world.fault(System.BANK, Fault.BAD_SIGNATURE)
    if not bench.answers_are_signed:
        assert provider.status(intent).state is PaymentState.PAID
        return
    with pytest.raises(OutsideFault) as caught:
        provider.status(intent)
    assert caught.value.code is OutsideFaultCode.AUTH


def test_faults_and_reprs_show_no_secret(bench: Bench, provider: PaymentProvider, intent: PaymentIntent) -> None:
    bench.world.fault(System.BANK, Fault.BAD_ANSWER)
    with pytest.raises(OutsideFault) as caught:
        provider.status(intent)
    shown = f"{caught.value} {caught.value!r} {provider!r} {bench.verifier!r}"
    assert "simulated-" not in shown
    assert "?" not in str(caught.value)


def parts(raw: Raw) -> tuple[Mapping[str, str], str, bytes]:
    return raw.headers, raw.query, raw.body
