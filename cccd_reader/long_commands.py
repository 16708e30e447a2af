"""Commands whose data or whose answer may not fit a short APDU: long keys going out, long signatures coming back.

ICAO 9303-10, 3.6.4 lets terminals use extended length for them. Not every reader carries it, and not every chip takes
it, so short APDUs stay the other way: command chaining for data (ISO/IEC 7816-4, 5.3.3), and 61xx with GET RESPONSE for
answers, which `Link` follows.
"""

from cccd_reader.apdu import EXTENDED_MAX_LE, SHORT_MAX_DATA, SHORT_MAX_LE, CommandApdu, ResponseApdu, StatusWord
from cccd_reader.secure_messaging import SecureChannel
from cccd_reader.transport.link import Link, protected_data_room

_LAST_OF_CHAIN_EXPECTED, _CHAINING_NOT_SUPPORTED = 0x6883, 0x6884
LENGTH_REFUSALS = frozenset(
    {StatusWord.WRONG_LENGTH, _LAST_OF_CHAIN_EXPECTED, _CHAINING_NOT_SUPPORTED, StatusWord.CLA_NOT_SUPPORTED}
)
"""How a chip refuses a command or an answer for its length or its chaining bit, and not for what it says."""


def short_room(channel: SecureChannel | None) -> int:
    """The most plain bytes that a short command or a short answer carries, under protection or without."""
    return SHORT_MAX_DATA if channel is None else protected_data_room(channel.suite)


def is_long(link: Link, data_bytes: int, answer_bytes: int) -> bool:
    """Whether a command with so many plain bytes, or its answer, does not fit a short APDU in the link's session."""
    return max(data_bytes, answer_bytes) > short_room(link.channel)


def send_long(link: Link, command: CommandApdu, answer_bytes: int, *, extended: bool | None = None) -> ResponseApdu:
    """The answer to `command`, which gives its data and no `le`; `answer_bytes` is how much is expected, 0 for none.

    What fits goes as one short APDU. Else `extended` is what is known of reader and chip: with True extended length
    comes first and short APDUs after it, with False only the latter. With None long data go extended first, since a
    chip need not know chains of these commands (9303-10, 3.6.5), and long answers are first asked for by a short APDU,
    since that costs no session where extended length is missing. The second way is taken when the chip refuses the
    length of the first and the session lives on. Raises what `Link.send` raises.
    """
    room = short_room(link.channel)
    long_data = len(command.data) > room
    if extended is False or not (long_data or answer_bytes > room):
        return _send_short(link, command, answer_bytes)
    first, second = _send_short, _send_extended
    if extended or long_data:
        first, second = second, first
    answer = first(link, command, answer_bytes)
    if answer.sw in LENGTH_REFUSALS:
        answer = second(link, command, answer_bytes)
    return answer


def _send_extended(link: Link, command: CommandApdu, answer_bytes: int) -> ResponseApdu:
    le = EXTENDED_MAX_LE if answer_bytes else None
    return link.send(CommandApdu(command.cla, command.ins, command.p1, command.p2, command.data, le, extended=True))


def _send_short(link: Link, command: CommandApdu, answer_bytes: int) -> ResponseApdu:
    """One command, or a chain of them."""
    le = SHORT_MAX_LE if answer_bytes else None
    return link.send_short(CommandApdu(command.cla, command.ins, command.p1, command.p2, command.data, le))
