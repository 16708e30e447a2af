"""All verdicts about one reading."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime

from cccd_reader.active_authentication import ActiveEvidence
from cccd_reader.citizen import Citizen
from cccd_reader.cross_check import cross_check
from cccd_reader.keys import KeyRing
from cccd_reader.lds.files import EF
from cccd_reader.lds.sod import Sod, compare_hashes, parse_sod
from cccd_reader.lds.sod_signature import verify_signature
from cccd_reader.mrz import Mrz
from cccd_reader.pki.chain import issuer_verdict
from cccd_reader.pki.online import OnlineRequest, OnlineVerifier
from cccd_reader.pki.trust_store import TrustStore
from cccd_reader.verdict import Check, CheckState, Verdict


def check_reading(
    files: Mapping[EF, bytes],
    mrz: Mrz,
    dg13_citizen: Citizen | None,
    keys: KeyRing,
    *,
    chip: Verdict | None,
    active: Verdict | None,
    trust: TrustStore | None,
    at: datetime,
) -> tuple[Verdict, ...]:
    """One verdict per `Check` but `ONLINE`, in its order. `keys` opened the chip; `chip` and `active` are the proofs'
    own verdicts, None where none was made; `trust` and `at` are for the issuer. Raises `ChipDataError` when EF.SOD
    cannot be parsed."""
    sod = parse_sod(files[EF.SOD])
    chip = judge_proof(Check.CHIP_AUTHENTICATION, EF.DG14, chip, sod, files)
    active = judge_proof(Check.ACTIVE_AUTHENTICATION, EF.DG15, active, sod, files)
    return (
        compare_hashes(sod, _groups(files)),
        verify_signature(sod, () if trust is None else (item.certificate for item in trust.signers)),
        issuer_verdict(sod, trust, at, document_code=mrz.document_code, issuing_state=mrz.issuing_state),
        excuse(chip, EF.DG14, files, active),
        excuse(active, EF.DG15, files, chip),
        cross_check(dg13_citizen, mrz, keys.number, keys.qr),
    )


def check_online(
    files: Mapping[EF, bytes],
    verdicts: Sequence[Verdict],
    verifier: OnlineVerifier | None,
    evidence: ActiveEvidence | None = None,
) -> Verdict:
    """What the service says, given the other verdicts and the chip's own signature, where it was asked for one."""
    if verifier is None:
        return Verdict(Check.ONLINE, CheckState.UNDETERMINED, "no online verifier")
    algorithm = parse_sod(files[EF.SOD]).hash_algorithm
    states = {verdict.check: verdict.state for verdict in verdicts}
    request = OnlineRequest(
        sod=files[EF.SOD],
        hash_algorithm=algorithm,
        dg_hashes={
            group: hashlib.new(algorithm, data, usedforsecurity=False).digest()
            for group, data in _groups(files).items()
        },
        chip_authentication=states.pop(Check.CHIP_AUTHENTICATION),
        active_authentication=states.pop(Check.ACTIVE_AUTHENTICATION),
        active_evidence=evidence,
        others=states,
    )
    return verifier.verify(request)


def _groups(files: Mapping[EF, bytes]) -> dict[int, bytes]:
    return {ef.data_group: data for ef, data in files.items() if ef.data_group is not None}


def judge_proof(check: Check, ef: EF, made: Verdict | None, sod: Sod, files: Mapping[EF, bytes]) -> Verdict:
    """What a proof by the key in `ef` is worth, given the signed list.

    A key that is not in the list proves nothing: whoever copies a card can put a key of his own there. A chip that
    does not give a file which the list has is what a copy does that dodges the check, since it can neither sign with
    the real key nor show another: that is a failure, and no missing feature. (A card may protect DG13 or a fingerprint
    by other access rules; DG14 and DG15 are there for every terminal that opened the chip, 9303-10, 3.5.)
    """
    group = ef.data_group
    assert group is not None
    if ef not in files:
        if group not in sod.hashes:
            return Verdict(check, CheckState.NOT_SUPPORTED, f"EF.SOD lists no {ef.label}")
        return made or Verdict(check, CheckState.FAILED, f"EF.SOD lists {ef.label}, but the card does not give it")
    if compare_hashes(sod, {group: files[ef]}).state is not CheckState.SUCCESSFUL:
        return Verdict(check, CheckState.FAILED, f"the key of {ef.label} is not the one that EF.SOD lists")
    return made or Verdict(check, CheckState.ABORTED, "the reading ended before the check")


def excuse(verdict: Verdict, ef: EF, files: Mapping[EF, bytes], other: Verdict) -> Verdict:
    """A file that is listed and hidden is no sign of a copy when the chip made the `other` proof."""
    if verdict.state is CheckState.FAILED and ef not in files and other.state is CheckState.SUCCESSFUL:
        return Verdict(verdict.check, CheckState.UNDETERMINED, f"{verdict.reason}; {other.check} was successful")
    return verdict
