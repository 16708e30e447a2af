"""Every way into a chip with every proof that it is no copy, through the real pcscd: what the emulated chip is told to
be is what the reader has to find out by itself.

One client process reads all of the cards: the client library remembers the service's socket as long as its process
lives. The card changes between two readings without being taken off, which pcscd cannot notice, so none of its polls
has to be waited for.
"""

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from PIL import Image

from cccd_reader.emulation import CardImage, EmulatedCard, Quirks
from cccd_reader.emulation.pcscd import IsolatedPcscd
from cccd_reader.emulation.vpcd import VirtualSlot

pytestmark = pytest.mark.pcscd

ROOT = Path(__file__).parents[2]
SUITES = ("aes128", "aes192", "aes256", "3des")
EXTENDED = 4096

READER = """
import json, sys
from cccd_reader import Access, CardError, KeyRing, MrzKey, PcscSource, Present, keyring_from_number, read_card
source = PcscSource()
while not isinstance(source.wait_change(30.0), Present):
    pass
print("ready", flush=True)
for line in sys.stdin:
    order = json.loads(line)
    ring = keyring_from_number(order["number"]) if order["mrz"] is None else KeyRing(None, (MrzKey(*order["mrz"]),))
    connection = source.connect()
    try:
        found = read_card(
            connection, ring, access=Access(order["access"]), largest_read=order["largest"], both_proofs=True
        )
    except CardError as error:
        answer = {"error": str(error)}
    else:
        answer = {
            "access": found.access,
            "transport": found.transport,
            "files": {name: file.size for name, file in found.files.items()},
            "verdicts": {verdict.check: [verdict.state, verdict.reason] for verdict in found.verdicts},
            "name": found.citizen.full_name,
        }
    finally:
        connection.close()
    print(json.dumps(answer), flush=True)
source.close()
"""


class Turntable:
    """A card that is another one after the next power-up."""

    def __init__(self, card: EmulatedCard) -> None:
        self.card = card
        self.total_apdus = 0

    def reset(self) -> None:
        self.card.reset()

    def process(self, apdu: bytes) -> bytes:
        return self.card.process(apdu)


class Desk:
    """A reader on a pcscd of its own, and the client that reads what lies there."""

    def __init__(self, service: IsolatedPcscd, first: CardImage) -> None:
        self.turntable = Turntable(EmulatedCard(first))
        self._slot = VirtualSlot("127.0.0.1", service.port)
        self._slot.place(self.turntable)  # type: ignore[arg-type]
        self._client = subprocess.Popen(
            [sys.executable, "-c", READER],
            cwd=ROOT,
            env={**os.environ, **service.env},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
        assert self._line() == "ready"

    def read(
        self, image: CardImage, *, access: str, mrz: bool = False, extended: bool = True, quirks: Quirks | None = None
    ) -> dict[str, Any]:
        self.turntable.card = EmulatedCard(image, quirks=quirks or Quirks(extended_length=extended))
        key = image.mrz_key
        order = {
            "number": image.number,
            "mrz": [key.document_number, key.birth, key.expiry] if mrz else None,
            "access": access,
            "largest": EXTENDED if extended else None,
        }
        assert self._client.stdin is not None
        self._client.stdin.write(json.dumps(order) + "\n")
        self._client.stdin.flush()
        return json.loads(self._line())

    def close(self) -> None:
        self._client.kill()
        self._client.communicate()
        self._slot.pull()

    def _line(self) -> str:
        assert self._client.stdout is not None
        return self._client.stdout.readline().strip()


@pytest.fixture(scope="module")
def small_photo() -> bytes:
    """Few commands for each of some two hundred readings; its content does not matter."""
    buffer = io.BytesIO()
    Image.new("L", (30, 40), 128).save(buffer, "JPEG")
    return buffer.getvalue()


@pytest.fixture(scope="module")
def desk(make_card: Callable[..., CardImage], small_photo: bytes) -> Iterator[Desk]:
    with IsolatedPcscd() as service:
        desk = Desk(service, make_card(photo_bytes=small_photo))
        yield desk
        desk.close()


class Way(NamedTuple):
    """A way into the chip: PACE of this name with this password, or BAC where there is none."""

    pace: str | None
    mrz: bool
    suite: str

    def __str__(self) -> str:
        return f"{self.pace or 'bac'}-{'mrz' if self.mrz else 'can'}-{self.suite}"


PROOFS: dict[str, tuple[bool, str | None]] = {
    "ca": (True, None),
    "aa-rsa": (False, "rsa-2048-sha256"),
    "aa-ec": (False, "ec-brainpoolP256r1-sha256"),
    "none": (False, None),
}
"""Whether there is a key of chip authentication, and the one of active authentication."""

WAYS = [
    Way(f"ecdh-{mapping}-{suite}", mrz, suite)
    for mapping, mrz, suite in product(("gm", "im", "cam"), (False, True), SUITES)
    # 9303-11, 4.4.1: chip authentication mapping is defined with AES alone
    if (mapping, suite) != ("cam", "3des")
]
WAYS += [Way(None, True, suite) for suite in SUITES]  # BAC's own suite is 3DES; chip authentication has each of them


@pytest.mark.parametrize("extended", [False, True], ids=["short", "extended"])
@pytest.mark.parametrize("proof", PROOFS)
@pytest.mark.parametrize("way", WAYS, ids=str)
def test_every_way_in_with_every_proof(
    desk: Desk, make_card: Callable[..., CardImage], small_photo: bytes, way: Way, proof: str, extended: bool
) -> None:
    with_ca, aa = PROOFS[proof]
    image = make_card(pace=way.pace or (), ca=f"ecdh-{way.suite}" if with_ca else (), aa=aa, photo_bytes=small_photo)
    found = desk.read(image, access="pace" if way.pace else "bac", mrz=way.mrz, extended=extended)
    assert "error" not in found, found
    assert (found["access"], found["transport"]) == ("pace" if way.pace else "bac", "pcsc")
    assert found["files"]["DG2"] == len(image.files[0x0102])
    states = {check: state for check, (state, _) in found["verdicts"].items()}
    assert (states["dg_hashes"], states["sod_signature"]) == ("successful", "successful")
    assert states["cross_check"] == "successful"
    mapped = way.pace is not None and "cam" in way.pace
    assert states["chip_authentication"] == ("successful" if with_ca or mapped else "not_supported"), found["verdicts"]
    assert states["active_authentication"] == ("successful" if aa else "not_supported"), found["verdicts"]


@pytest.mark.parametrize("extended", [False, True], ids=["short", "extended"])
@pytest.mark.parametrize("ca", [f"dh-{suite}" for suite in SUITES])
@pytest.mark.parametrize("mapping", ["gm", "im"])
def test_keys_modulo_a_prime(
    desk: Desk, make_card: Callable[..., CardImage], small_photo: bytes, mapping: str, ca: str, extended: bool
) -> None:
    # Steps of PACE with a key of 2048 bits need extended length: the chaining bit belongs to the protocol already.
    group = 2 if extended else 0
    suite = ca.removeprefix("dh-")
    image = make_card(pace=f"dh-{mapping}-{suite}:{group}", ca=f"{ca}:{group}", aa=None, photo_bytes=small_photo)
    found = desk.read(image, access="pace", extended=extended)
    assert "error" not in found, found
    assert found["verdicts"]["chip_authentication"][0] == "successful", found["verdicts"]


@pytest.mark.parametrize("parameter_id", [*range(8, 19), 0, 1, 2])
def test_every_standardized_group(
    desk: Desk, make_card: Callable[..., CardImage], small_photo: bytes, parameter_id: int
) -> None:
    agreement = "dh" if parameter_id <= 2 else "ecdh"
    image = make_card(
        pace=f"{agreement}-gm-aes128:{parameter_id}",
        ca=f"{agreement}-aes128:{parameter_id}",
        aa=None,
        photo_bytes=small_photo,
    )
    found = desk.read(image, access="pace")
    assert "error" not in found, found
    assert found["verdicts"]["chip_authentication"][0] == "successful", found["verdicts"]


def test_a_chip_of_short_commands_whose_keys_are_too_long_is_opened_by_basic_access_control(
    desk: Desk, make_card: Callable[..., CardImage], small_photo: bytes
) -> None:
    image = make_card(pace="dh-gm-aes128:2", ca="dh-aes128:2", aa=None, photo_bytes=small_photo)
    found = desk.read(image, access="auto", mrz=True, extended=False)
    assert "error" not in found, found
    assert found["access"] == "bac"
    # Chip authentication's own long key goes in a chain of short commands.
    assert found["verdicts"]["chip_authentication"][0] == "successful", found["verdicts"]
