"""The two proofs that a chip is no copy, over all sessions of one reading: when they are made, and what a session that
breaks over one of them means.

Chip authentication comes as soon as DG14 is there, and what follows is read under its keys. Active authentication
costs a command and the chip's signature besides, and proves the same: it is made when chip authentication did not
succeed, or when the caller wants both.

A session that breaks in a proof is opened again and the proof made once more: a disturbance does not repeat, a chip
that cannot go on does. The second end counts, and the files are read on without the proof, so that a copied card is
read to its end and reported.
"""

from cccd_reader.active_authentication import authenticate_actively
from cccd_reader.chip_authentication import ChipAuthentication, authenticate_chip, begin
from cccd_reader.errors import ChipDataError
from cccd_reader.lds.dg14 import parse_dg14
from cccd_reader.lds.security_infos import SecurityInfos
from cccd_reader.transport.link import Link
from cccd_reader.verdict import Check, CheckState, Verdict

NOT_NEEDED = Verdict(
    Check.ACTIVE_AUTHENTICATION, CheckState.UNDETERMINED, "not made: chip authentication has proven the chip"
)


class ChipProof:
    """`chip` and `active` are None as long as the check has not ended. `both`: see the module."""

    def __init__(self, *, both: bool) -> None:
        self.chip: Verdict | None = None
        self.active: Verdict | None = None
        self._both = both
        self._infos: SecurityInfos | None = None
        self._begun: ChipAuthentication | None = None
        self._broke_before: set[Check] = set()

    def prove_chip(self, link: Link, dg14: bytes, *, extended: bool | None, more_to_read: bool) -> bool:
        """Chip authentication, unless it has ended already. False when it broke the session.

        With `more_to_read` the next command is a small READ BINARY, and its answer is the proof: `settle` takes it.
        Without, a command is spent on it. Failures of the link are raised.
        """
        if self.chip is not None:
            return True
        try:
            self._infos = parse_dg14(dg14)
        except ChipDataError as error:
            self.chip = Verdict(Check.CHIP_AUTHENTICATION, CheckState.FAILED, f"DG14: {error.detail}")
            return True
        if not more_to_read:
            return self._end(authenticate_chip(link, self._infos, extended=extended), broken=_is_over(link))
        begun = begin(link, self._infos, extended=extended)
        if isinstance(begun, Verdict):
            return self._end(begun, broken=_is_over(link))
        self._begun = begun
        return True

    def settle(self) -> bool:
        """After a command, or an error, that followed `prove_chip`. False when chip authentication explains the error:
        the chip did not go on under the new keys."""
        begun, self._begun = self._begun, None
        if begun is None:
            return True
        verdict = begun.verdict()
        if verdict.state is CheckState.ABORTED:
            # Nothing came back that could speak for the chip or against it.
            return True
        # After a success a session that broke later is another matter.
        return self._end(verdict, broken=verdict.state is CheckState.FAILED)

    def prove_actively(self, link: Link, dg15: bytes, *, extended: bool | None) -> bool:
        """Active authentication where it is wanted and has not ended already. False when it broke the session."""
        if self.active is not None:
            return True
        if not self._both and self.chip is not None and self.chip.state is CheckState.SUCCESSFUL:
            self.active = NOT_NEEDED
            return True
        if Check.ACTIVE_AUTHENTICATION in self._broke_before:
            extended = False  # a long answer may have broken it; what can be fetched in pieces is
        verdict = authenticate_actively(link, dg15, self._infos, extended=extended)
        return self._end(verdict, broken=_is_over(link))

    def _end(self, verdict: Verdict, *, broken: bool) -> bool:
        """Keeps the verdict, or has the proof made once more."""
        if broken and verdict.check not in self._broke_before:
            self._broke_before.add(verdict.check)
            return False
        if verdict.check is Check.CHIP_AUTHENTICATION:
            self.chip = verdict
        else:
            self.active = verdict
        return not broken


def _is_over(link: Link) -> bool:
    return link.channel is None or not link.channel.alive
