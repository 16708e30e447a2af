"""What all checks of a reading say together, in one sentence that claims no more than they prove."""

from collections.abc import Sequence

from cccd_reader.verdict import Check, CheckState, Verdict

_PROOFS = (Check.CHIP_AUTHENTICATION, Check.ACTIVE_AUTHENTICATION)


def conclusion(verdicts: Sequence[Verdict]) -> str:
    """One sentence in English. Only a successful `issuer` makes it say by whom."""
    states = {verdict.check: verdict.state for verdict in verdicts}
    failed = [check.value for check, state in states.items() if state is CheckState.FAILED]
    if failed:
        return "do not trust this card: failed " + ", ".join(failed)
    successful = {check for check, state in states.items() if state is CheckState.SUCCESSFUL}
    if not {Check.DG_HASHES, Check.SOD_SIGNATURE} <= successful:
        return "not known whether the data are those that were signed"
    copy = "no copy" if successful.intersection(_PROOFS) else "perhaps a copy of another card"
    if Check.ISSUER not in successful:
        return f"unchanged since it was signed, and {copy}; not known who signed it"
    return f"signed by an authority of your trust store, unchanged since, and {copy}"
