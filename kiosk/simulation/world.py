"""A hospital's reception without a hospital: cards, reader, camera, printer, HIS, portal and bank, each a real process.

The kiosk is told their addresses in its settings and cannot tell them from the real ones. The methods are the hands of
a patient, and the misfortunes of a network.
"""

import contextlib
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Literal, Protocol, Self, TypeVar

import httpx

from cccd_reader.emulation.tabletop import CardTabletop
from cccd_reader.emulation.vpcd import SlotState
from face.simulation.stage import CameraStage
from his_adapter.simulation import Fault, OutsideWorld, System, accounts
from kiosk.flow.values import FaceMove, ScreenLight
from kiosk.printing.simulated import SimulatedPrinter
from kiosk.simulation.people import Person, make_cards
from kiosk.simulation.reader_twin import ReaderTwin, Transport
from kiosk.simulation.twins import Twin, command
from kiosk.workers.reader import ReaderConfig

CARD_RATE_KBIT = 424
"""What readers and chips of today agree on; the cards answer as slowly as over the air."""
PULLED_AFTER_BYTES = 6000
"""Into a file: far enough that a photo is clearly on its way, and far from its end."""
ORDERS_LIMIT_S = 5.0

LinkName = Literal["portal", "his", "bank", "all"]
LINKS = {"portal": System.PORTAL, "his": System.HIS, "bank": System.BANK}
Value = str | int | float | bool


class Attack(StrEnum):
    """Ways to pass for the person of the card before a camera."""

    PRINT = "print"
    REPLAY = "replay"
    SWAPPED = "swapped"  # the person of the card is compared, and somebody else goes on


class _Closable(Protocol):
    def close(self) -> None: ...


T = TypeVar("T", bound=_Closable)


class UnknownPersonError(LookupError):
    """Nobody of that id lives in this world."""


class SimulatedWorld:
    """Started when made; `close` ends every process, and so does the end of this one, however it comes.

    `out_dir` takes the cards' images and the printed tickets; `people_dir` is the folder of demonstration people.
    `transport` "auto" takes a pcscd of its own where one can run, else a socket; `fallback_reason` then says why.
    """

    def __init__(self, out_dir: Path, people_dir: Path, *, transport: Transport = "auto") -> None:
        out_dir.mkdir(parents=True, exist_ok=True)
        self._people = {person.id: person for person in make_cards(people_dir, out_dir / "cards")}
        self._lying: dict[int, str] = {}
        self._closing = contextlib.ExitStack()
        try:
            # Each twin takes a second to import its libraries: side by side, the world takes as long as the slowest.
            with ThreadPoolExecutor(4, "twin") as pool:
                outside = pool.submit(self._open, OutsideWorld(people_dir, command=command(Twin.OUTSIDE)).start)
                camera = pool.submit(self._open, lambda: CameraStage(people_dir, command=command(Twin.CAMERA)))
                printer = pool.submit(
                    self._open, lambda: SimulatedPrinter(_empty(out_dir / "tickets"), command=command(Twin.PRINTER))
                )
                reader = pool.submit(self._open, lambda: ReaderTwin(transport))
                table = pool.submit(self._open, lambda: _tabletop(reader.result().port))
            self._outside, self._camera, self._printer = outside.result(), camera.result(), printer.result()
            self._reader, self._table = reader.result(), table.result()
        except BaseException:
            self.close()
            raise

    def _open(self, make: Callable[[], T]) -> T:
        """Whatever was made is closed, also when another twin fails at the same time."""
        made = make()
        self._closing.callback(made.close)
        return made

    # --- what the kiosk is told

    @property
    def transport(self) -> Literal["pcsc", "socket"]:
        """How the cards reach the reader's worker."""
        return self._reader.config.source

    @property
    def fallback_reason(self) -> str | None:
        """Why "auto" found no pcscd; None when it did."""
        return self._reader.reason

    @property
    def reader_config(self) -> ReaderConfig:
        """For the reader's worker."""
        return self._reader.config

    def settings_overrides(self) -> Mapping[str, Mapping[str, Value]]:
        """Values for the kiosk's settings, by table and key: addresses, and the simulators' credentials."""
        portal, his = self._outside.portal_settings(), self._outside.his_settings()
        bank = self._outside.payment_settings()
        return {
            "kiosk": {"facility_code": accounts.OWN_FACILITY},
            "reader": {"source": self.transport},
            "camera": {"source": self._camera.url},
            "printer": {"host": self._printer.host, "port": self._printer.port},
            "portal": {
                "base_url": portal.base_url,
                "username": portal.username,
                "password_md5": portal.password_md5.get_secret_value(),
                "officer_name": portal.officer_name,
                "officer_number": portal.officer_number.get_secret_value(),
                "cache_s": portal.cache_s,
            },
            "his": {"base_url": his.base_url, "api_key": his.api_key.get_secret_value()},
            "payment.payos": {
                "base_url": bank.base_url,
                "client_id": bank.client_id,
                "api_key": bank.api_key.get_secret_value(),
                "checksum_key": bank.checksum_key.get_secret_value(),
            },
        }

    def people(self) -> tuple[Person, ...]:
        """Everybody who has a card here, by id."""
        return tuple(self._people.values())

    def number_of(self, person: str) -> str:
        """The twelve digits on somebody's card. Raises UnknownPersonError."""
        return self._person(person).number

    def tickets(self) -> list[Path]:
        """What was printed and cut so far, oldest first, as PNG."""
        return self._printer.tickets()

    # --- a patient's hands

    def place_card(self, person: str) -> None:
        """Lay somebody's card on the reader; another one that lies there is taken away first."""
        self._place(person, 0)

    def place_second_card(self, person: str) -> None:
        """A second card in the reader's field."""
        self._place(person, 1)

    def pull_card(self) -> None:
        """Take every card away."""
        for slot in (0, 1):
            self._table.pull(slot)
        self._lying.clear()

    def pull_card_during(self, file: str) -> None:
        """The card that lies there, or the next one, leaves in the middle of this file ("DG2")."""
        self._table.pull_when(file, PULLED_AFTER_BYTES)

    def show_person(self, person: str) -> None:
        """Somebody stands before the camera."""
        self._camera.show_person(self._person(person).id)

    def show_nobody(self) -> None:
        self._camera.show_nobody()

    def show_two(self) -> None:
        """Two people stand before the camera."""
        left, right, *_ = self._people
        self._camera.show_two(left, right)

    def show_attack(self, attack: Attack, person: str) -> None:
        """Somebody tries to pass for `person`, whose card it is. Who takes their place is the next one by id."""
        shown = self._person(person).id
        match attack:
            case Attack.PRINT:
                self._camera.show_print(shown)
            case Attack.REPLAY:
                self._camera.show_replay(shown)
            case Attack.SWAPPED:
                ids = list(self._people)
                self._camera.swap_person(shown, ids[(ids.index(shown) + 1) % len(ids)], after_moves=1)

    def prompt(self, move: FaceMove | None, light: ScreenLight | None) -> None:
        """Whoever stands there sees this on the kiosk's screen, and follows it as people do. Waits for nothing."""
        self._camera.prompt(move, light)

    def show_card_qr(self, person: str) -> None:
        """Somebody holds their card's QR code before the camera."""
        holder = self._person(person)
        self._camera.show_qr(holder.qr_text, holder.id)

    def pay(self, order_code: int | None = None, amount: int | None = None, times: int = 1) -> bool:
        """Somebody pays an order: without `order_code` the newest open one, without `amount` what it asks for.

        False when there is no such order.
        """
        order = order_code if order_code is not None else self._newest_order()
        if order is None:
            return False
        self._outside.pay(order, amount, times)
        return True

    # --- misfortunes

    def cut(self, link: LinkName) -> None:
        """Cut the line to an outside system: nobody answers there any more."""
        self._fault(link, Fault.DOWN)

    def restore(self, link: LinkName) -> None:
        """The line is back."""
        self._fault(link, Fault.NONE)

    def paper(self, state: Literal["ok", "low", "out"]) -> None:
        """The printer's roll."""
        self._printer.set_paper(state)

    def unplug_camera(self) -> None:
        self._camera.gone()

    def plug_camera_in(self) -> None:
        self._camera.back()

    def kill_pcscd(self) -> None:
        """The smart card service crashes. Raises EmulationError where there is none."""
        self._reader.kill()

    def start_pcscd(self) -> None:
        """The smart card service is started again."""
        self._reader.start()

    # ---

    def close(self) -> None:
        """End every process; twice does no harm."""
        self._closing.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def _person(self, person: str) -> Person:
        if person not in self._people:
            raise UnknownPersonError(person)
        return self._people[person]

    def _place(self, person: str, slot: int) -> None:
        image = self._person(person).card
        if self._table.status()[slot].state is not SlotState.EMPTY:
            if self._lying.get(slot) == person:
                return
            self._table.pull(slot)
        self._table.place(image, slot)
        self._lying[slot] = person

    def _fault(self, link: LinkName, fault: Fault) -> None:
        for system in System if link == "all" else (LINKS[link],):
            self._outside.fault(system, fault)

    def _newest_order(self) -> int | None:
        address = f"{self._outside.urls[System.BANK]}/simulation/orders"
        answer = httpx.get(address, timeout=ORDERS_LIMIT_S, trust_env=False).raise_for_status().json()
        open_orders = [int(order["orderCode"]) for order in answer["orders"] if order["status"] == "PENDING"]
        return open_orders[-1] if open_orders else None


def _empty(tickets: Path) -> Path:
    """The folder without the tickets of an earlier world."""
    for ticket in tickets.glob("ticket-*.png"):
        ticket.unlink()
    return tickets


def _tabletop(port: int) -> CardTabletop:
    program = (*command(Twin.CARD), "emulate", "--rate", str(CARD_RATE_KBIT))
    return CardTabletop(port, command=program)
