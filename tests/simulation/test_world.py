"""The simulated world: what the kiosk is told is true, the hands move things, and each misfortune is a real one."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from PIL import Image

from cccd_reader import Access, CardErrorCode, keyring_from_qr, parse_qr
from face.camera import Camera, Frame
from face.qr import read_codes
from his_adapter.model import PaymentRequest, PaymentState
from his_adapter.payment import new_order_code, purpose_for
from kiosk.app.adapters import build
from kiosk.printing.escpos import PrinterFault, print_bitmap, query
from kiosk.settings.build import payment_provider
from kiosk.settings.load import parse
from kiosk.settings.schema import Settings
from kiosk.simulation.world import SimulatedWorld, UnknownPersonError
from kiosk.workers.messages import CardRead, CardReadFailed, ReadCard, ReaderStatus
from kiosk.workers.reader import ReaderWorker

Until = Callable[[Callable[[], object]], None]


class Reader:
    """A reader's worker in a world, and what it says."""

    def __init__(self, world: SimulatedWorld, until: Until) -> None:
        self.said: list[object] = []
        self._until = until
        self.worker = ReaderWorker(world.reader_config, self.said.append)
        self.worker.start()

    def sees(self, state: str) -> None:
        """Wait until the reader's last state is this one."""
        self._until(lambda: [item.state for item in self.said if isinstance(item, ReaderStatus)][-1:] == [state])

    def read(self, world: SimulatedWorld, person: str) -> CardRead | CardReadFailed:
        [holder] = [item for item in world.people() if item.id == person]
        keyring = keyring_from_qr(parse_qr(holder.qr_text))
        before = len(self.said)
        self.worker.send(ReadCard(1, keyring, Access.AUTO, keyring.number))
        self._until(lambda: self._answers(before))
        return self._answers(before)[0]

    def _answers(self, after: int) -> list[CardRead | CardReadFailed]:
        return [item for item in self.said[after:] if isinstance(item, CardRead | CardReadFailed)]


@pytest.fixture
def reader(world: SimulatedWorld, until: Until) -> Iterator[Reader]:
    world.pull_card()
    made = Reader(world, until)
    made.sees("empty")
    yield made
    made.worker.stop()
    world.pull_card()


def test_everybody_has_a_card_whose_number_is_theirs(world: SimulatedWorld) -> None:
    people = world.people()
    assert [person.id for person in people] == ["duc", "hung", "lan", "minh"]
    for person in people:
        assert person.card.exists()
        qr = parse_qr(person.qr_text)
        assert qr.number == person.number == world.number_of(person.id)
        assert qr.full_name == person.name
    with pytest.raises(UnknownPersonError):
        world.number_of("nobody")


@pytest.mark.pcscd
@pytest.mark.parametrize("person", ["lan", "minh"])
def test_a_placed_card_is_read(world: SimulatedWorld, reader: Reader, person: str) -> None:
    """One with a JPEG photo, one with JPEG 2000."""
    world.place_card(person)
    reader.sees("present")
    done = reader.read(world, person)
    assert isinstance(done, CardRead)
    assert done.readout.citizen.number == world.number_of(person)
    assert done.readout.transport == world.transport == "pcsc"
    assert world.fallback_reason is None


@pytest.mark.pcscd
def test_cards_come_and_go_as_hands_move_them(world: SimulatedWorld, reader: Reader) -> None:
    world.place_card("lan")
    reader.sees("present")
    world.place_card("lan")  # it lies there already
    world.place_second_card("hung")
    reader.sees("several")
    world.pull_card()
    reader.sees("empty")
    world.place_card("duc")
    world.place_card("hung")  # instead of the other
    reader.sees("present")
    done = reader.read(world, "hung")
    assert isinstance(done, CardRead)
    assert done.readout.citizen.number == world.number_of("hung")


@pytest.mark.pcscd
def test_a_card_leaves_in_the_middle_of_its_photo(world: SimulatedWorld, reader: Reader) -> None:
    world.pull_card_during("DG2")
    world.place_card("lan")
    reader.sees("present")
    failed = reader.read(world, "lan")
    assert isinstance(failed, CardReadFailed)
    assert failed.code is CardErrorCode.CARD_REMOVED
    reader.sees("empty")
    world.place_card("lan")
    reader.sees("present")
    assert isinstance(reader.read(world, "lan"), CardRead)


@pytest.mark.pcscd
def test_the_smart_card_service_dies_and_comes_back(world: SimulatedWorld, reader: Reader) -> None:
    world.place_card("lan")
    reader.sees("present")
    world.kill_pcscd()
    reader.sees("service_down")
    world.start_pcscd()
    reader.sees("present")
    assert isinstance(reader.read(world, "lan"), CardRead)


def test_the_camera_sees_who_is_shown(world: SimulatedWorld, until: Until) -> None:
    source = world.settings_overrides()["camera"]["source"]
    assert isinstance(source, str)
    lan = next(person for person in world.people() if person.id == "lan")
    world.show_card_qr("lan")
    with Camera(source) as camera:
        until(lambda: isinstance(frame := camera.read(1.0), Frame) and read_codes(frame.image) == (lan.qr_text,))
        for show in (lambda: world.show_person("lan"), world.show_two, world.show_nobody):
            show()
            until(lambda: isinstance(frame := camera.read(1.0), Frame) and read_codes(frame.image) == ())
        world.unplug_camera()
        until(lambda: not isinstance(camera.read(1.0), Frame))
        world.plug_camera_in()
        until(lambda: isinstance(camera.read(1.0), Frame))


@pytest.mark.parametrize(("link", "table"), [("portal", "portal"), ("his", "his"), ("bank", "payment.payos")])
def test_a_link_is_cut_and_restored(world: SimulatedWorld, link: str, table: str) -> None:
    address = str(world.settings_overrides()[table]["base_url"])
    assert httpx.get(address, trust_env=False).status_code == 404
    for cut in (link, "all"):
        world.cut(cut)  # type: ignore[arg-type]
        with pytest.raises(httpx.ConnectError):
            httpx.get(address, trust_env=False)
        world.restore(cut)  # type: ignore[arg-type]
        assert httpx.get(address, trust_env=False).status_code == 404


@pytest.fixture
def settings(world: SimulatedWorld) -> Settings:
    """What the kiosk is told, as a settings file."""
    tables = {name: dict(values) for name, values in world.settings_overrides().items()}
    tables["kiosk"] |= {"id": "demo-1", "facility_name_vi": "Bệnh viện", "facility_name_en": "Hospital"}
    tables["devices"] = {"mode": "simulated"}
    text = "".join(
        f"[{name}]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items())
        for name, values in tables.items()
    )
    return parse(text, Path("kiosk.toml"))


def test_the_settings_open_every_door(settings: Settings) -> None:
    assert settings.unset() == ()
    adapters = build(settings)
    assert adapters.payment is not None
    try:
        for system in (adapters.hospital, adapters.portal, adapters.payment):
            assert system.health().well
    finally:
        adapters.close()


def test_the_newest_open_order_is_paid(world: SimulatedWorld, settings: Settings) -> None:
    bank = payment_provider(settings)
    assert bank is not None
    try:
        assert not world.pay(), "nobody asks for anything"
        first, second = new_order_code(), new_order_code()
        life = datetime.now(UTC) + timedelta(minutes=5)
        orders = [bank.create(PaymentRequest(code, 50_000, purpose_for(code), life)) for code in (first, second)]
        assert world.pay()
        assert [bank.status(order).state for order in orders] == [PaymentState.WAITING, PaymentState.PAID]
        assert world.pay(first, amount=1_000)
        assert bank.status(orders[0]).state is PaymentState.UNDERPAID
        assert not world.pay()
    finally:
        bank.close()


def test_tickets_are_printed_as_long_as_there_is_paper(world: SimulatedWorld, until: Until) -> None:
    printer = world.settings_overrides()["printer"]
    host, port = str(printer["host"]), int(printer["port"])
    world.paper("out")
    assert query(host, port).fault is PrinterFault.PAPER_OUT
    world.paper("ok")
    assert print_bitmap(Image.new("1", (576, 200), 0), host, port).ok
    until(world.tickets)
    [ticket] = world.tickets()
    with Image.open(ticket) as picture:
        assert picture.width == 576
