"""The diagnosis of a card with any content: no section of the report is a bug, and none tells about the holder."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime

from cccd_reader.diagnosis import BUG, CODE, OPTIONAL_PROBES, as_text, diagnose
from cccd_reader.emulation import EmulatedCard
from cccd_reader.transport.local import LocalConnection
from tests.fuzz.cards import card_image
from tests.fuzz.registry import target
from tests.fuzz.script import Determined
from tests.fuzz.sessions import CHANGED, changed_image, keys
from tests.people import BICH

_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_ABOUT_THE_HOLDER = (
    *(BICH.number, BICH.number[3:], BICH.full_name, BICH.full_name.upper(), "012345678", "15/01/1999", "990115"),
    *(BICH.residence, BICH.place_of_origin, "DANG", "BICH"),
)


@target(max_len=2048, tlv=True, slow=True)
def diagnosis(data: bytes) -> None:
    """The last byte chooses the file that is any other one."""
    image = changed_image(data)
    card = EmulatedCard(image, random=Determined())
    sections = diagnose(
        LocalConnection(card),
        keys(),
        leave_out=OPTIONAL_PROBES,
        clock=lambda: 0.0,
        now=lambda: _NOW,
        random=Determined(),
    )
    text = json.dumps(sections, ensure_ascii=False) + as_text(sections)
    if all(image.files[fid] == card_image().files[fid] for fid in CHANGED if fid in (0x0101, 0x010D)):
        assert not any(known in text for known in _ABOUT_THE_HOLDER)
    bugs = [failure for failure in _mappings(sections) if failure.get(CODE) == BUG]
    assert not bugs, bugs


def _mappings(value: object) -> Iterator[dict[str, object]]:
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from _mappings(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from _mappings(inner)
