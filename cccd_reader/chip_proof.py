"""The two proofs that a chip is no copy, over all sessions of one reading: when they are made, and what a session that
breaks over one of them means.

Where PACE ran with chip authentication mapping, its evidence is judged as soon as EF.SOD and DG14 are there, and if it
holds nothing more is asked. Otherwise chip authentication comes then, and what follows is read under its keys. Active
authentication costs DG15, a command and the chip's signature besides, and proves the same: it is made, and DG15 read,
when chip authentication did not succeed, or when the caller wants both.

A session that breaks in a proof is opened again and the proof made once more: a disturbance does not repeat, a chip
that cannot go on does. The second end counts, and the files are read on without the proof, so that a copied card is
read to its end and reported. A chip that breaks off its proof twice has failed it: otherwise every copy would. Only
where a key or signature is longer than a short APDU, and the reader may be what breaks, it is no more than aborted.
"""

import contextlib
from collections.abc import Callable

from cccd_reader.access import Opened
from cccd_reader.active_authentication import ActiveEvidence, authenticate_actively
from cccd_reader.cam_verdict import mapping_verdict
from cccd_reader.chip_authentication import ChipAuthentication, authenticate_chip, begin
from cccd_reader.errors import ChipDataError
from cccd_reader.lds.dg14 import parse_dg14
from cccd_reader.lds.security_infos import SecurityInfos
from cccd_reader.lds.signed_data import SignedData, signer_certificate
from cccd_reader.lds.sod import Sod, compare_hashes, parse_sod
from cccd_reader.pace_cam import CamEvidence
from cccd_reader.transport.link import Link
from cccd_reader.verdict import Check, CheckState, Verdict

NOT_NEEDED = Verdict(
    Check.ACTIVE_AUTHENTICATION, CheckState.UNDETERMINED, "not made: chip authentication has proven the chip"
)


class ChipProof:
    """`chip` and `active` are None as long as the check has not ended. `both`: see the module. `trusted` tells whether
    the caller's trust store vouches for who signed a file."""

    def __init__(self, *, both: bool, trusted: Callable[[SignedData], bool]) -> None:
        self.chip: Verdict | None = None
        self._active: Verdict | None = None
        self.evidence: ActiveEvidence | None = None
        """Of the last active authentication that the chip answered."""
        self.both = both
        self._trusted = trusted
        self._infos: SecurityInfos | None = None
        self._begun: ChipAuthentication | None = None
        self._broke_before: set[Check] = set()
        self._mapping: tuple[CamEvidence, bytes | None] | None = None
        self._mapped: Verdict | None = None

    def opened(self, opened: Opened) -> None:
        """How a session was opened. Evidence of the mapping is about the chip of this session and no other."""
        self._mapping = None if opened.cam is None else (opened.cam, opened.card_security)

    @property
    def wants_sod_of_session(self) -> bool:
        """Whether evidence of the mapping is to be judged, and EF.SOD has to come from the same session for it."""
        return self.chip is None and self._mapping is not None and self._mapped is None

    @property
    def wants_active(self) -> bool:
        """Whether active authentication is to be made, as far as it is known by now."""
        proven = self.chip is not None and self.chip.state is CheckState.SUCCESSFUL
        return self.both or not (proven or self._begun is not None)

    @property
    def active(self) -> Verdict | None:
        return self._active or (None if self.wants_active else NOT_NEEDED)

    def prove_chip(
        self, link: Link, dg14: bytes, sod: bytes, *, sod_of_session: bool, extended: bool | None, more_to_read: bool
    ) -> bool:
        """Chip authentication, unless it has ended already. False when it broke the session.

        `dg14` and `sod` are the whole files; the latter binds the mapping's key to the document. `sod_of_session`: the
        chip gave `sod` in this session, so that it is of the chip that the mapping is about. With `more_to_read` the
        next command is a READ BINARY whose answer surely gets through, and that is the proof: `settle` takes it.
        Without, a command is spent on it. Failures of the link are raised.
        """
        if self.chip is not None:
            return True
        try:
            self._infos = parse_dg14(dg14)
        except ChipDataError as error:
            self.chip = Verdict(Check.CHIP_AUTHENTICATION, CheckState.FAILED, f"DG14: {error.detail}")
            return True
        parsed = _parsed(sod)
        if parsed is not None and compare_hashes(parsed, {14: dg14}).state is CheckState.FAILED:
            # Whoever copies a card can put a key of his own there: that he has it proves nothing.
            self.chip = Verdict(Check.CHIP_AUTHENTICATION, CheckState.FAILED, "DG14 is not the one that EF.SOD lists")
            return True
        if self._mapping_proves(parsed, self._infos, sod_of_session=sod_of_session):
            self.chip = self._mapped
            return True
        again = Check.CHIP_AUTHENTICATION in self._broke_before
        if not more_to_read:
            verdict = authenticate_chip(link, self._infos, extended=extended, broke_before=again)
            return self._end(verdict, broken=_is_over(link))
        begun = begin(link, self._infos, extended=extended, broke_before=again)
        if isinstance(begun, Verdict):
            return self._end(begun, broken=_is_over(link))
        self._begun = begun
        return True

    def _mapping_proves(self, sod: Sod | None, infos: SecurityInfos, *, sod_of_session: bool) -> bool:
        """Judged once. What does not hold is kept for a chip that has no other way to prove itself.

        A signer signs for many cards: that he signed both files binds them only if one chip gave them, under the keys
        of one session. Else a genuine card could prove itself first, and the copy of another one be read after it.
        """
        if self._mapping is None or self._mapped is not None:
            return False
        signer = None
        if sod is not None and sod_of_session:
            # What is malformed binds nothing; that it is malformed, others report.
            with contextlib.suppress(ChipDataError):
                signer = signer_certificate(sod.signed_data).raw
        evidence, card_security = self._mapping
        self._mapped = mapping_verdict(
            evidence,
            card_security,
            dg14=None if sod is None else infos,
            document_signer=signer,
            trusted=self._trusted if sod_of_session else None,
        )
        return self._mapped.state is CheckState.SUCCESSFUL

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
        if self._active is not None or not self.wants_active:
            return True
        again = Check.ACTIVE_AUTHENTICATION in self._broke_before
        if again:
            extended = False  # a long answer may have broken it; what can be fetched in pieces is
        verdict = authenticate_actively(
            link, dg15, self._infos, extended=extended, broke_before=again, witness=self._keep
        )
        return self._end(verdict, broken=_is_over(link))

    def _keep(self, evidence: ActiveEvidence) -> None:
        self.evidence = evidence

    def _end(self, verdict: Verdict, *, broken: bool) -> bool:
        """Keeps the verdict, or has the proof made once more."""
        if broken and verdict.check not in self._broke_before:
            self._broke_before.add(verdict.check)
            return False
        if verdict.check is Check.CHIP_AUTHENTICATION:
            unable = verdict.state is CheckState.NOT_SUPPORTED and self._mapped is not None
            self.chip = self._mapped if unable else verdict
        else:
            self._active = verdict
        return not broken


def _is_over(link: Link) -> bool:
    return link.channel is None or not link.channel.alive


def _parsed(sod: bytes) -> Sod | None:
    with contextlib.suppress(ChipDataError):
        return parse_sod(sod)
    return None
