"""The PC/SC monitor and connection over a fake service: every row of what the real one was seen to do when it fails."""

from collections.abc import Sequence

import pytest

from cccd_reader.errors import CardError, CardErrorCode
from cccd_reader.transport import pcsc, winscard
from cccd_reader.transport.base import Empty, NoReader, Present, ReaderState, ServiceDown, SeveralCards
from cccd_reader.transport.pcsc import PcscConnection, PcscSource
from cccd_reader.transport.winscard import PNP_NOTIFICATION, WinscardError

ATR = bytes.fromhex("3B80800101")
A, B = "Reader A 00 00", "Reader B 01 00"
NO_SERVICE, COMM_ERROR = 0x8010001D, 0x80100013
TLV_PROPERTIES = 0x42330012


class FakeService:
    """pcscd as the tests want it: `cards` are the readers and the ATR of the card on each, or None."""

    def __init__(self, cards: dict[str, bytes | None] | None = None) -> None:
        self.cards = dict(cards or {})
        self.fail: dict[str, int] = {}
        self.answers: list[bytes] = []
        self.now = 0.0
        self.waits: list[Sequence[tuple[str, int]]] = []
        self.on_wait: list[object] = []
        self.open_contexts = 0
        self.open_handles = 0
        self.open_transactions = 0
        self.driver_features: dict[int, int] = {}
        self.properties = b""
        self.plug_state = 0

    def clock(self) -> float:
        return self.now

    def pause(self, seconds: float) -> None:
        self.now += seconds
        self._happen()

    def _happen(self) -> None:
        if self.on_wait:
            event = self.on_wait.pop(0)
            assert callable(event)
            event()

    def _check(self, call: str) -> None:
        if call in self.fail:
            raise WinscardError(self.fail[call], call)

    def establish(self) -> int:
        self._check("establish")
        self.open_contexts += 1
        return 7

    def release(self, context: int) -> None:
        self.open_contexts -= 1
        self._check("release")

    def list_readers(self, context: int) -> list[str]:
        self._check("list_readers")
        if not self.cards:
            raise WinscardError(0x8010002E, "list_readers")
        return list(self.cards)

    def status_change(
        self, context: int, timeout_ms: int, known: Sequence[tuple[str, int]]
    ) -> list[tuple[str, int, bytes]]:
        self._check("status_change")
        if timeout_ms:
            self.waits.append(known)
            self.now += timeout_ms / 1000
            self._happen()
            self._check("wait")
        return [
            (name, self.plug_state, b"")
            if name == PNP_NOTIFICATION
            else (name, 0x20 if self.cards.get(name) else 0x10, self.cards.get(name) or b"")
            for name, _ in known
        ]

    def connect(self, context: int, reader: str) -> tuple[int, int]:
        self._check("connect")
        self.open_handles += 1
        return 9, 2

    def reconnect(self, handle: int) -> int:
        self._check("reconnect")
        return 2

    def atr(self, handle: int) -> bytes:
        self._check("atr")
        return ATR

    def transmit(self, handle: int, protocol: int, apdu: bytes) -> bytes:
        self._check("transmit")
        return self.answers.pop(0)

    def begin_transaction(self, handle: int) -> None:
        self._check("begin_transaction")
        self.open_transactions += 1

    def end_transaction(self, handle: int) -> None:
        self.open_transactions -= 1
        self._check("end_transaction")

    def features(self, handle: int) -> dict[int, int]:
        self._check("features")
        return self.driver_features

    def control(self, handle: int, code: int) -> bytes:
        self._check("control")
        assert code == TLV_PROPERTIES
        return self.properties

    def disconnect(self, handle: int) -> None:
        self.open_handles -= 1
        self._check("disconnect")


def source_over(service: FakeService, reader: str | None = None) -> PcscSource:
    return PcscSource(reader, api=service, clock=service.clock, pause=service.pause)


@pytest.mark.parametrize(
    ("cards", "state"),
    [
        ({}, NoReader()),
        ({A: None}, Empty((A,))),
        ({A: None, B: None}, Empty((A, B))),
        ({A: ATR, B: None}, Present(A, ATR)),
        ({A: ATR, B: ATR}, SeveralCards((A, B))),
    ],
)
def test_the_states(cards: dict[str, bytes | None], state: ReaderState) -> None:
    assert source_over(FakeService(cards)).wait_change(0) == state


def test_only_the_configured_reader_counts() -> None:
    service = FakeService({A: ATR, B: ATR})
    assert source_over(service, "Reader B").wait_change(0) == Present(B, ATR)
    assert source_over(service, "Reader C").wait_change(0) == NoReader()


def test_a_card_that_comes_is_seen_at_once() -> None:
    service = FakeService({A: None})
    source = source_over(service)
    assert source.wait_change(10) == Empty((A,))
    service.on_wait = [lambda: service.cards.update({A: ATR})]
    assert source.wait_change(10) == Present(A, ATR)
    # The wait names the reader with its last state, and asks to hear about new readers too.
    assert service.waits == [[(A, 0x10), (PNP_NOTIFICATION, 0)]]


def test_nothing_changes_until_the_time_is_over() -> None:
    service = FakeService({A: None})
    source = source_over(service)
    source.wait_change(0)
    service.fail["wait"] = pcsc.TIMEOUT
    assert source.wait_change(3.0) == Empty((A,))
    assert service.now == 3.0
    assert service.open_contexts == 1


def test_the_service_dies_and_comes_back() -> None:
    service = FakeService({A: ATR})
    source = source_over(service)
    assert source.wait_change(10) == Present(A, ATR)

    def die() -> None:
        service.fail = {"wait": COMM_ERROR, "establish": NO_SERVICE, "release": NO_SERVICE}

    service.on_wait = [die]
    down = source.wait_change(10)
    assert isinstance(down, ServiceDown)
    assert "8010001D" in down.reason

    service.on_wait = [lambda: None, service.fail.clear]
    assert source.wait_change(10) == Present(A, ATR)
    assert service.open_contexts == 1


def test_a_service_that_is_down_is_looked_for_until_the_time_is_over() -> None:
    service = FakeService()
    service.fail["establish"] = NO_SERVICE
    source = source_over(service)
    assert isinstance(source.wait_change(0), ServiceDown)
    assert isinstance(source.wait_change(2.0), ServiceDown)
    assert service.now == 2.0


@pytest.mark.parametrize("code", [0x80100009, 0x80100017])
def test_a_reader_unplugged_between_two_calls(code: int) -> None:
    service = FakeService({A: None})
    service.fail["status_change"] = code
    assert source_over(service).wait_change(0) == NoReader()
    assert service.open_contexts == 0


def test_listing_readers_fails_for_another_reason() -> None:
    service = FakeService({A: None})
    service.fail["list_readers"] = NO_SERVICE
    assert isinstance(source_over(service).wait_change(0), ServiceDown)


def test_a_card_is_connected_and_let_go() -> None:
    service = FakeService({A: ATR})
    service.answers = [b"\x01\x02\x90\x00"]
    source = source_over(service)
    connection = source.connect()
    assert (connection.name, connection.kind, connection.atr) == (A, "pcsc", ATR)
    assert connection.transmit(b"\x00\xb0\x00\x00\x02") == (b"\x01\x02", 0x9000)
    assert service.open_transactions == 1
    connection.reset()
    connection.close()
    connection.close()
    assert service.open_transactions == 0
    source.close()
    source.close()
    assert (service.open_contexts, service.open_handles) == (0, 0)
    with pytest.raises(CardError, match="closed"):
        connection.transmit(b"")


@pytest.mark.parametrize(
    ("cards", "code"),
    [
        ({}, CardErrorCode.READER_GONE),
        ({A: None}, CardErrorCode.NO_CARD),
        ({A: ATR, B: ATR}, CardErrorCode.SEVERAL_CARDS),
    ],
)
def test_connecting_says_what_is_missing(cards: dict[str, bytes | None], code: CardErrorCode) -> None:
    with pytest.raises(CardError) as caught:
        source_over(FakeService(cards)).connect()
    assert caught.value.code is code


def test_connecting_without_a_service() -> None:
    service = FakeService()
    service.fail["establish"] = NO_SERVICE
    with pytest.raises(CardError) as caught:
        source_over(service).connect()
    assert caught.value.code is CardErrorCode.SERVICE_DOWN


CODES = [
    (0x80100016, CardErrorCode.CARD_REMOVED),
    (0x80100069, CardErrorCode.CARD_REMOVED),
    (0x80100068, CardErrorCode.CARD_RESET),
    (0x80100067, CardErrorCode.CARD_RESET),
    (0x80100066, CardErrorCode.BAD_ANSWER),
    (0x8010000B, CardErrorCode.READER_BUSY),
    (0x8010000C, CardErrorCode.NO_CARD),
    (0x8010000F, CardErrorCode.UNSUPPORTED),
    (0x80100013, CardErrorCode.SERVICE_DOWN),
    (0x8010001D, CardErrorCode.SERVICE_DOWN),
    (0x8010001E, CardErrorCode.SERVICE_DOWN),
    (0x80100003, CardErrorCode.SERVICE_DOWN),
    (0x80100009, CardErrorCode.READER_GONE),
    (0x80100017, CardErrorCode.READER_GONE),
    (0x80100FFF, CardErrorCode.BAD_ANSWER),
]


@pytest.mark.parametrize(("result", "code"), CODES)
@pytest.mark.parametrize("call", ["transmit", "reconnect"])
def test_result_codes_of_an_open_card(result: int, code: CardErrorCode, call: str) -> None:
    service = FakeService({A: ATR})
    connection = PcscConnection(service, A)
    service.fail[call] = result
    with pytest.raises(CardError) as caught:
        connection.transmit(b"\x00") if call == "transmit" else connection.reset()
    assert caught.value.code is code
    service.fail["disconnect"] = result
    connection.close()
    assert service.open_contexts == 0


@pytest.mark.parametrize("call", ["establish", "connect", "atr", "begin_transaction"])
def test_a_connection_that_fails_leaves_nothing_open(call: str) -> None:
    service = FakeService({A: ATR})
    service.fail[call] = 0x8010000B
    with pytest.raises(CardError) as caught:
        PcscConnection(service, A)
    assert caught.value.code is CardErrorCode.READER_BUSY
    assert (service.open_contexts, service.open_handles) == (0, 0)


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ("0A0400000100", 65536),
        ("0A0400000000", 256),
        ("0A0400010000", 256),
        ("0A040A020000", 522),
        ("0A04FFFFFFFF", 65536),
        ("0B0200000A0400020000", 512),
        ("0B020000", None),
        ("0A04000100", None),
        ("0A", None),
        ("0A00", None),
        ("", None),
    ],
)
def test_what_the_reader_says_about_its_longest_apdu(properties: str, expected: int | None) -> None:
    service = FakeService({A: ATR})
    service.driver_features = {0x06: 1, 0x12: TLV_PROPERTIES}
    service.properties = bytes.fromhex(properties)
    assert PcscConnection(service, A).max_data_bytes == expected


@pytest.mark.parametrize("call", ["features", "control"])
def test_a_driver_that_does_not_know_the_question(call: str) -> None:
    service = FakeService({A: ATR})
    service.driver_features = {0x12: TLV_PROPERTIES}
    service.fail[call] = 0x80100016
    assert PcscConnection(service, A).max_data_bytes is None


def test_an_extended_apdu_that_is_not_transacted_is_no_removed_card() -> None:
    """So answers a reader that cannot carry it; once one has passed, it is the sign of a card that left."""
    service = FakeService({A: ATR})
    extended, short = bytes.fromhex("00B00000000200"), bytes.fromhex("00B0000010")
    connection = PcscConnection(service, A)
    service.fail["transmit"] = pcsc.NOT_TRANSACTED
    for apdu, code in ((extended, CardErrorCode.BAD_ANSWER), (short, CardErrorCode.CARD_REMOVED)):
        with pytest.raises(CardError) as caught:
            connection.transmit(apdu)
        assert caught.value.code is code
    service.fail.clear()
    service.answers = [b"\x01\x90\x00"]
    connection.transmit(extended)
    service.fail["transmit"] = pcsc.NOT_TRANSACTED
    with pytest.raises(CardError) as caught:
        connection.transmit(extended)
    assert caught.value.code is CardErrorCode.CARD_REMOVED


def test_a_platform_that_counts_readers_is_told_what_was_counted() -> None:
    """Windows answers at once when the count that it is told is not the one it has."""
    service = FakeService({A: None})
    service.plug_state = 0x0001_0002
    source = source_over(service)
    source.wait_change(0)
    source.wait_change(2.0)
    service.waits.clear()
    service.on_wait = [lambda: None, lambda: service.cards.update({A: ATR})]
    source.wait_change(2.0)
    assert [watched[-1] for watched in service.waits] == [(PNP_NOTIFICATION, 0x0001_0000)]


@pytest.mark.parametrize(("raw", "code"), [(b"", CardErrorCode.CARD_REMOVED), (b"\x90", CardErrorCode.BAD_ANSWER)])
def test_success_without_an_answer(raw: bytes, code: CardErrorCode) -> None:
    """pcscd reports success when a card is pulled while it answers."""
    service = FakeService({A: ATR})
    service.answers = [raw]
    with pytest.raises(CardError) as caught:
        PcscConnection(service, A).transmit(b"\x00")
    assert caught.value.code is code


class FakeBinding:
    """pyscard's module: results first, signed codes, lists of numbers."""

    SCARD_SCOPE_USER, SCARD_SHARE_EXCLUSIVE, SCARD_RESET_CARD, SCARD_LEAVE_CARD = 0, 1, 1, 0
    SCARD_PROTOCOL_T0, SCARD_PROTOCOL_T1 = 1, 2
    SCARD_PCI_T0, SCARD_PCI_T1 = "T=0", "T=1"

    def __init__(self) -> None:
        self.result = 0
        self.calls: list[tuple[object, ...]] = []

    @staticmethod
    def SCARD_CTL_CODE(code: int) -> int:
        return 0x42000000 + code

    def __getattr__(self, name: str) -> object:
        answers: dict[str, tuple[object, ...] | None] = {
            "SCardEstablishContext": (5,),
            "SCardReleaseContext": None,
            "SCardListReaders": ([A],),
            "SCardGetStatusChange": ([(A, 0x20, list(ATR))],),
            "SCardConnect": (6, 2),
            "SCardReconnect": (2,),
            "SCardStatus": (A, 0, 2, list(ATR)),
            "SCardTransmit": ([0x90, 0x00],),
            "SCardDisconnect": None,
            "SCardBeginTransaction": None,
            "SCardEndTransaction": None,
            "SCardControl": ([0x06, 4, 0x42, 0x33, 0, 6, 0x12, 4, 0x42, 0x33, 0, 0x12, 0x20, 1, 0, 0x21, 4],),
        }
        answer = answers[name]

        def call(*arguments: object) -> object:
            self.calls.append((name, *arguments))
            return self.result if answer is None else (self.result, *answer)

        return call


@pytest.fixture
def binding(monkeypatch: pytest.MonkeyPatch) -> FakeBinding:
    fake = FakeBinding()
    monkeypatch.setattr(winscard.importlib, "import_module", lambda name: fake)
    return fake


def test_the_typed_edge_over_the_binding(binding: FakeBinding) -> None:
    api = winscard.SystemWinscard()
    assert api.establish() == 5
    assert api.list_readers(5) == [A]
    assert api.status_change(5, 100, [(A, 0)]) == [(A, 0x20, ATR)]
    assert api.connect(5, A) == (6, 2)
    assert ("SCardConnect", 5, A, 1, 3) in binding.calls  # for our use alone
    assert api.atr(6) == ATR
    assert api.transmit(6, 2, b"\x00\xb0") == b"\x90\x00"
    assert api.transmit(6, 1, b"\x00\xb0") == b"\x90\x00"
    assert [call[2] for call in binding.calls if call[0] == "SCardTransmit"] == ["T=1", "T=0"]
    api.begin_transaction(6)
    assert api.features(6) == {0x06: 0x42330006, 0x12: TLV_PROPERTIES}  # an object that is cut off is none
    assert ("SCardControl", 6, 0x42000D48, []) in binding.calls
    api.end_transaction(6)
    assert ("SCardEndTransaction", 6, 0) in binding.calls  # the card stays as it is
    assert api.reconnect(6) == 2
    api.disconnect(6)
    api.release(5)


def test_signed_result_codes_are_errors_too(binding: FakeBinding) -> None:
    binding.result = 0x8010001D - (1 << 32)
    with pytest.raises(WinscardError) as caught:
        winscard.SystemWinscard().establish()
    assert caught.value.code == NO_SERVICE


def test_a_machine_without_the_library_has_no_service(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> object:
        raise ImportError(name)

    monkeypatch.setattr(winscard.importlib, "import_module", missing)
    state = PcscSource().wait_change(0)
    assert isinstance(state, ServiceDown)
    assert "library" in state.reason


def test_the_service_is_found_when_none_is_given(binding: FakeBinding) -> None:
    source = PcscSource()
    assert source.wait_change(0) == Present(A, ATR)
    source.close()
