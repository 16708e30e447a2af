"""The one sentence about a card: never more than the checks prove."""

import itertools

import pytest

from cccd_reader.cli.conclusion import conclusion
from cccd_reader.verdict import Check, CheckState, Verdict

S, F, U, N, A = (
    CheckState.SUCCESSFUL,
    CheckState.FAILED,
    CheckState.UNDETERMINED,
    CheckState.NOT_SUPPORTED,
    CheckState.ABORTED,
)
CHECKS = (Check.DG_HASHES, Check.SOD_SIGNATURE, Check.ISSUER, Check.CHIP_AUTHENTICATION, Check.ACTIVE_AUTHENTICATION)


def of(*states: CheckState) -> str:
    return conclusion([Verdict(check, state, "") for check, state in zip(CHECKS, states, strict=True)])


@pytest.mark.parametrize(
    ("states", "sentence"),
    [
        ((S, S, S, S, U), "signed by an authority of your trust store, unchanged since, and no copy"),
        (
            (S, S, S, N, N),
            "signed by an authority of your trust store, unchanged since, and perhaps a copy of another card",
        ),
        ((S, S, U, N, S), "unchanged since it was signed, and no copy; not known who signed it"),
        ((S, S, U, A, U), "unchanged since it was signed, and perhaps a copy of another card; not known who signed it"),
        ((S, U, S, S, S), "not known whether the data are those that were signed"),
        ((F, S, F, S, S), "do not trust this card: failed dg_hashes, issuer"),
    ],
)
def test_what_is_said(states: tuple[CheckState, ...], sentence: str) -> None:
    assert of(*states) == sentence


def test_nothing_but_success_is_taken_for_proof() -> None:
    for states in itertools.product(CheckState, repeat=len(CHECKS)):
        said = of(*states)
        hashes, signature, issuer, chip, active = states
        assert said.startswith("do not trust") == (F in states)
        if "your trust store" in said:
            assert hashes == signature == issuer == S
        if "no copy" in said:
            assert S in (chip, active)


def test_checks_that_were_not_made_prove_nothing() -> None:
    assert conclusion([]) == "not known whether the data are those that were signed"
