"""How much one READ BINARY asks for: the most that reader and chip carry, found by trying and remembered.

Reading past the end. The standard lets a command ask for more than a file has: the chip answers what there is, with
the warning 6282 (ISO/IEC 7816-4, 11.3.3 and table 6). That saves a command for every file that fits into one answer,
because its length need not be learned first: DG13, EF.SOD, DG14 and DG15 take one command each instead of two. Some
chips refuse it, and a few end the session over it. So it is tried once, at the first file and with a short command,
where a session costs least; a chip that does not take it is read carefully from then on: first the least that a file
of its kind has, which holds its length, then the rest and not a byte more.

Sizes. Where extended length is possible 4096, 1500 and 479 bytes, then what a short APDU holds under protection, then
160 and 112. A size that was answered once is proven: when it fails later that was a disturbance, and is tried again
once before a smaller one is. A size that was never answered is not tried again on this reader and kind of card.
"""

from dataclasses import dataclass, replace

from cccd_reader.apdu import EXTENDED_MAX_LE, SHORT_MAX_LE, StatusWord
from cccd_reader.crypto import CipherSuite
from cccd_reader.errors import CardError, CardErrorCode
from cccd_reader.lds.files import EF
from cccd_reader.read_profile import ReadProfile

EXTENDED_CHUNKS = (4096, 1500, 479)
"""The last is what an APDU buffer of 512 bytes holds; the first, a quarter of a photo, is where larger gains little."""

SHORT_CHUNKS = (160, 112)
"""Smaller pieces, for readers that cannot carry a full short APDU: the frames of PN532 devices, then half of it."""

_NOT_ABOUT_THE_END = (StatusWord.OK, StatusWord.SM_OBJECTS_MISSING, StatusWord.SM_OBJECTS_INCORRECT)
"""Ends of a session that reading past the end does not explain: an answer that was cut, or a counter out of step."""

_FORM_REFUSED = (0x67, 0x6D, 0x6E)
"""First bytes of the status words with which a chip refuses the long form: length, instruction or class unknown."""


def protected_length(suite: CipherSuite, plain_bytes: int) -> int:
    """The data bytes of the protected answer to so many plain ones: DO87 (tag, length, indicator, padded cryptogram),
    DO99 (4 bytes) and DO8E (10 bytes)."""
    block = suite.block_bytes
    body = (plain_bytes // block + 1) * block + 1
    length_bytes = 1 if body < 0x80 else 2 if body < 0x100 else 3 if body < 0x10000 else 4
    return 1 + length_bytes + body + 4 + 10


def short_chunk(suite: CipherSuite) -> int:
    """The most plain bytes whose protected answer fits 256: 223 for AES and 231 for 3DES."""
    room = SHORT_MAX_LE - 4 - 10 - 4
    return room - room % suite.block_bytes - 1


_FULL_SHORT_CHUNKS = frozenset(short_chunk(suite) for suite in CipherSuite)


@dataclass(frozen=True, slots=True)
class _Attempt:
    asked: int
    past_end: bool
    """Whether it may reach beyond the file's end."""


class ReadTactics:
    """What to ask for next, in one reading of one card. `profile` is what earlier readings learned; `max_data_bytes`
    is what the reader says of itself (None: nothing); `largest_read` bounds the size on the caller's wish."""

    def __init__(
        self,
        suite: CipherSuite,
        profile: ReadProfile | None = None,
        *,
        max_data_bytes: int | None = None,
        largest_read: int | None = None,
    ) -> None:
        self._learned = profile or ReadProfile()
        self._max_data_bytes = max_data_bytes
        self._wished = largest_read or max(EXTENDED_CHUNKS)
        self._attempt: _Attempt | None = None
        self._disturbed = False
        self._plan(suite, self._learned.largest)

    def under(self, suite: CipherSuite) -> None:
        """The session has another cipher now, and a short answer holds another number of bytes: after chip
        authentication, or in a new session."""
        if suite is not self._suite:
            self._plan(suite, None if self._steps == self._all_steps else self.size)

    def _plan(self, suite: CipherSuite, most: int | None) -> None:
        """The sizes to try, none above `most`."""
        self._suite = suite
        self.short = short_chunk(suite)
        if most in _FULL_SHORT_CHUNKS:
            most = self.short  # a full short answer is one, whatever the cipher was when it was found out
        wished = self.short if self._wished in _FULL_SHORT_CHUNKS else self._wished
        room = SHORT_MAX_LE if self._learned.extended is False else self._max_data_bytes or EXTENDED_MAX_LE
        self._all_steps = sorted(
            {
                step
                for step in (wished, *EXTENDED_CHUNKS, self.short, *SHORT_CHUNKS)
                if step <= wished and protected_length(suite, step) <= room
            },
            reverse=True,
        )
        self._steps = [step for step in self._all_steps if step <= (most or step)] or self._all_steps[-1:]

    @property
    def profile(self) -> ReadProfile:
        """What is known now, for the next reading."""
        return self._learned

    @property
    def extended(self) -> bool | None:
        """Whether commands of the long form pass; None when only trying tells."""
        if self._learned.extended is None and self._all_steps[0] <= self.short:
            return False
        return self._learned.extended

    @property
    def size(self) -> int:
        return self._steps[0]

    @property
    def uses_short_identifiers(self) -> bool:
        return self._learned.short_identifiers is not False

    def is_extended(self, asked: int) -> bool:
        return asked > self.short

    def first_read(self, ef: EF) -> int:
        """How much the first command asks of a file whose length is not known."""
        match self._learned.over_read:
            case True:
                return self.size
            case None:
                return min(self.size, self.short)
            case _:
                return self.careful_read(ef)

    def careful_read(self, ef: EF) -> int:
        return min(self.size, ef.least_bytes)

    def asking(self, asked: int, *, past_end: bool) -> None:
        """Before a command is sent."""
        self._attempt = _Attempt(asked, past_end)

    def answered(self, received: int) -> None:
        """The command brought so many plain bytes."""
        attempt, self._attempt = self._attempt, None
        assert attempt is not None
        if received < attempt.asked and attempt.past_end:
            self._learned = replace(self._learned, over_read=True)
        if received > self._learned.proven:
            self._learned = replace(self._learned, proven=received)
        if self.is_extended(attempt.asked):
            self._learned = replace(self._learned, extended=True)

    def not_asking(self) -> None:
        """Before a command that is no READ BINARY: nothing can be learned about reading from it."""
        self._attempt = None

    def read_carefully(self) -> None:
        """Reading past the end does not work here. Sizes that failed for it may be tried again."""
        self._learned = replace(self._learned, over_read=False, largest=None)
        self._steps = list(self._all_steps)

    def without_short_identifiers(self) -> None:
        self._learned = replace(self._learned, short_identifiers=False)

    def with_short_identifiers(self) -> None:
        self._learned = replace(self._learned, short_identifiers=True)

    def step_down(self, asked: int) -> bool:
        """After a command for `asked` bytes failed: take the next size below it. False when there is none."""
        smaller = [step for step in self._steps if step < asked]
        if not smaller:
            return False
        self._steps = smaller
        if asked > self._learned.proven:
            self._learned = replace(self._learned, largest=self.size)
        return True

    def adapt(self, error: CardError) -> bool:
        """After an error that ended the session: whether a new session and another way of reading may help."""
        attempt, self._attempt = self._attempt, None
        if attempt is None:
            return False
        unproven = self.is_extended(attempt.asked) and self._learned.extended is not True
        if error.code is CardErrorCode.TIMEOUT:
            if unproven:
                self._only_short()  # a reader that chokes on the long form must not do so at every reading
            return False
        if error.code not in (CardErrorCode.SECURE_MESSAGING, CardErrorCode.BAD_ANSWER):
            return False
        if attempt.asked <= self._learned.proven and not self._disturbed:
            self._disturbed = True
            return True
        session_ended = error.code is CardErrorCode.SECURE_MESSAGING
        untested = attempt.past_end and self._learned.over_read is None
        if session_ended and untested and error.sw not in _NOT_ABOUT_THE_END:
            self.read_carefully()
            return True
        refused_form = error.sw is not None and error.sw >> 8 in _FORM_REFUSED
        if unproven and (refused_form or self._max_data_bytes is None):
            self._only_short()
            return True
        return (session_ended or self.is_extended(attempt.asked)) and self.step_down(attempt.asked)

    def _only_short(self) -> None:
        self._learned = replace(self._learned, extended=False)
        self._steps = [step for step in self._steps if step <= self.short] or [self.short]
        self._all_steps = list(self._steps)
