"""The contract of `InsurancePortal`: the same stories for every adapter, at the simulated portal.

An adapter's test file has a subclass whose `bench` fixture makes the adapter:

    class TestBhytPortal(PortalContract):
        @pytest.fixture
        def bench(self, world): ...
"""

import hashlib
import logging
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Protocol

import httpx
import pytest

from his_adapter.faults import OutsideFaultCode
from his_adapter.model import BirthDate, CopaymentAnswer, CoverageAction, CoverageOutcome, InsuranceQuery
from his_adapter.ports import InsurancePortal
from his_adapter.simulation import Fault, OutsideWorld, System, accounts

SHORT_S = 1.0  # a time limit for answers that never come; long enough for the question to arrive

VALID = InsuranceQuery("001190990101", "NGUYỄN THỊ HỢP LỆ", BirthDate(1990, 2, 3))
SELF_REFERRED = InsuranceQuery("001150990102", "TRẦN VĂN TRÁI TUYẾN", BirthDate(1950, 1, 1))
EXPIRED = InsuranceQuery("001190990103", "LÊ THỊ HẾT HẠN", BirthDate(1990, 3, 4))
RENEWED = InsuranceQuery("001200990104", "PHẠM VĂN THẺ MỚI", BirthDate(2000, 4, 5))
TWO_CARDS = InsuranceQuery("001200990105", "VŨ THỊ HAI THẺ", BirthDate(2000, 5, 6))
NEXT_YEAR = InsuranceQuery("001200990106", "ĐỖ VĂN SANG NĂM", BirthDate(2000, 6, 7))
CONTRADICTORY = InsuranceQuery("001190990107", "HOÀNG THỊ MÂU THUẪN", BirthDate(1990, 7, 8))
PAID_MUCH = InsuranceQuery("001160990108", "LÝ THỊ ĐÓNG ĐỦ", BirthDate(1960, 8, 9))
PAID_LITTLE = InsuranceQuery("001160990109", "NGÔ VĂN ĐÓNG ÍT", BirthDate(1960, 9, 10))
PAID_LAST_YEAR = InsuranceQuery("001160990110", "BÙI THỊ NĂM NGOÁI", BirthDate(1960, 10, 11))
STRANGER = InsuranceQuery("001190990999", "KHÔNG CÓ THẺ", BirthDate(1990))


class MakePortal(Protocol):
    """Builds the adapter with the limits of its way to the portal: one answer's time, keeping, pause after refusals."""

    def __call__(self, *, timeout_s: float = 8.0, cache_s: float = 0.0, rest_s: float = 0.0) -> InsurancePortal: ...


@dataclass
class PortalBench:
    """One adapter on its bench. The facility is 01999, ranked specialised, formerly a province hospital."""

    world: OutsideWorld
    make: MakePortal
    made: list[InsurancePortal] = field(default_factory=list)

    def adapter(self, *, timeout_s: float = 8.0, cache_s: float = 0.0, rest_s: float = 0.0) -> InsurancePortal:
        self.made.append(self.make(timeout_s=timeout_s, cache_s=cache_s, rest_s=rest_s))
        return self.made[-1]

    def asked(self) -> dict[str, int]:
        """How often the portal itself was asked: sign_ins, checks, copayments."""
        url = f"{self.world.urls[System.PORTAL]}/simulation/counts"
        counts: dict[str, int] = httpx.get(url, trust_env=False).json()
        return counts

    def asked_since(self, before: dict[str, int]) -> dict[str, int]:
        return {what: count - before[what] for what, count in self.asked().items() if count != before[what]}

    def close(self) -> None:
        while self.made:
            self.made.pop().close()


class PortalContract(ABC):
    """The stories."""

    @pytest.fixture
    @abstractmethod
    def bench(self, world: OutsideWorld) -> PortalBench:
        """The adapter under test."""

    @pytest.fixture
    def portal(self, bench: PortalBench) -> Iterator[InsurancePortal]:
        yield bench.adapter()
        bench.close()

    # what a card is worth

    def test_a_valid_card_registered_here(self, portal: InsurancePortal) -> None:
        answer = portal.check(VALID)
        assert (answer.outcome, answer.action, answer.code) == (CoverageOutcome.VALID, CoverageAction.GO_ON, "000")
        assert answer.coverage is not None
        assert answer.coverage.card_number == "DN4010000000101"
        assert answer.coverage.holder_name == "NGUYỄN THỊ HỢP LỆ"
        assert answer.coverage.covers(answer.asked_at.date())
        assert answer.coverage.area == "K1"
        assert answer.coverage.five_year_date is not None
        assert answer.entitlement is not None
        assert (answer.entitlement.object_code, answer.entitlement.payable_percent) == ("1.1", Decimal(80))
        assert answer.fault is None

    def test_a_card_registered_elsewhere_pays_half_of_its_level(self, portal: InsurancePortal) -> None:
        answer = portal.check(SELF_REFERRED)
        assert answer.coverage is not None
        assert answer.coverage.valid_to is None
        assert answer.entitlement is not None
        assert answer.entitlement.object_code == "1.18"
        assert answer.entitlement.payable_percent == Decimal("47.5")

    @pytest.mark.parametrize("number", ["DN4010000000101", "0000000101", "DN4 01 0000 0001 01"])
    def test_the_card_number_and_the_insurance_number_find_it_too(self, portal: InsurancePortal, number: str) -> None:
        assert portal.check(InsuranceQuery(number, VALID.full_name, VALID.birth_date)).outcome is CoverageOutcome.VALID

    @pytest.mark.parametrize("birth", [BirthDate(1990), BirthDate(1990, 2)])
    def test_a_birth_date_may_be_a_year_or_a_month(self, portal: InsurancePortal, birth: BirthDate) -> None:
        assert portal.check(InsuranceQuery(VALID.number, VALID.full_name, birth)).outcome is CoverageOutcome.VALID

    def test_010_expired(self, portal: InsurancePortal) -> None:
        answer = portal.check(EXPIRED)
        assert (answer.outcome, answer.action, answer.code) == (CoverageOutcome.EXPIRED, CoverageAction.SELF_PAY, "010")
        assert answer.entitlement is not None
        assert (answer.entitlement.object_code, answer.entitlement.payable_percent) == ("9", Decimal(0))

    def test_050_no_card(self, portal: InsurancePortal) -> None:
        answer = portal.check(STRANGER)
        assert (answer.outcome, answer.action) == (CoverageOutcome.NOT_FOUND, CoverageAction.SELF_PAY)
        assert answer.coverage is None

    @pytest.mark.parametrize(
        ("name", "year", "code"),
        [("LÊ VĂN KHÁC", 1990, "060"), ("NGÔ THỊ HOA LAN", 1990, "061"), ("NGUYỄN THỊ HỢP LỆ", 1991, "070")],
    )
    def test_060_061_070_other_person(self, portal: InsurancePortal, name: str, year: int, code: str) -> None:
        answer = portal.check(InsuranceQuery(VALID.number, name, BirthDate(year, 2, 3)))
        assert (answer.code, answer.outcome, answer.action) == (code, CoverageOutcome.MISMATCH, CoverageAction.COUNTER)
        assert answer.entitlement is None

    def test_003_the_new_card_is_asked_for(self, bench: PortalBench, portal: InsurancePortal) -> None:
        before = bench.asked()
        answer = portal.check(RENEWED)
        assert (answer.outcome, answer.code) == (CoverageOutcome.VALID_NEW_CARD, "000")
        assert answer.coverage is not None
        assert answer.coverage.card_number == "DN4010000000114"
        assert answer.entitlement is not None
        assert answer.entitlement.object_code == "1.1"  # the old card was registered elsewhere
        assert bench.asked_since(before)["checks"] == 2

    def test_004_the_new_card_counts_when_it_has_begun(self, portal: InsurancePortal) -> None:
        answer = portal.check(TWO_CARDS)
        assert answer.outcome is CoverageOutcome.VALID_NEW_CARD
        assert answer.coverage is not None
        assert answer.coverage.card_number == "DN4010000000115"
        assert answer.coverage.registered_facility_code == "01999"

    def test_004_the_old_card_counts_until_then(self, portal: InsurancePortal) -> None:
        answer = portal.check(NEXT_YEAR)
        assert answer.outcome is CoverageOutcome.VALID
        assert answer.coverage is not None
        assert answer.coverage.card_number == "SV4010000000106"

    def test_a_correct_card_whose_dates_are_over_is_for_the_counter(self, portal: InsurancePortal) -> None:
        answer = portal.check(CONTRADICTORY)
        assert (answer.outcome, answer.action) == (CoverageOutcome.MISMATCH, CoverageAction.COUNTER)
        assert (answer.code, answer.entry) == ("000", "contradiction")

    @pytest.mark.parametrize(
        ("code", "outcome", "action", "fault"),
        [
            ("001", CoverageOutcome.SPECIAL, CoverageAction.COUNTER, None),
            ("054", CoverageOutcome.FACILITY_ERROR, CoverageAction.GO_ON_UNVERIFIED, OutsideFaultCode.REJECTED),
            ("110", CoverageOutcome.WITHDRAWN, CoverageAction.COUNTER, None),
            ("124", CoverageOutcome.REDUCED, CoverageAction.SELF_PAY, None),
            ("205", CoverageOutcome.FACILITY_ERROR, CoverageAction.GO_ON_UNVERIFIED, OutsideFaultCode.REJECTED),
            ("500", CoverageOutcome.UNVERIFIED, CoverageAction.GO_ON_UNVERIFIED, OutsideFaultCode.SERVER_ERROR),
            ("777", CoverageOutcome.UNVERIFIED, CoverageAction.GO_ON_UNVERIFIED, OutsideFaultCode.BAD_ANSWER),
        ],
    )
    def test_other_codes(
        self,
        bench: PortalBench,
        portal: InsurancePortal,
        code: str,
        outcome: CoverageOutcome,
        action: CoverageAction,
        fault: OutsideFaultCode | None,
    ) -> None:
        bench.world.force_portal_code(code)
        answer = portal.check(VALID)
        assert (answer.code, answer.outcome, answer.action, answer.fault) == (code, outcome, action, fault)

    # this year's co-payments

    def test_co_payments_beyond_the_limit_free_the_patient(self, portal: InsurancePortal) -> None:
        answer = portal.check(PAID_MUCH)
        assert answer.copayment is not None
        assert answer.copayment.accumulated_dong == 90_000_000  # the greatest, not 130,000,000
        assert answer.copayment.as_of.startswith("Dữ liệu tính đến")
        assert answer.entitlement is not None
        assert answer.entitlement.payable_percent == Decimal(100)

    def test_few_co_payments_change_nothing(self, portal: InsurancePortal) -> None:
        answer = portal.check(PAID_LITTLE)
        assert answer.copayment is not None
        assert answer.copayment.accumulated_dong == 1_000_000  # those of last year are over
        assert answer.entitlement is not None
        assert answer.entitlement.payable_percent == Decimal(80)

    @pytest.mark.parametrize("query", [PAID_LAST_YEAR, VALID])
    def test_unknown_is_not_nothing(self, portal: InsurancePortal, query: InsuranceQuery) -> None:
        figure = portal.copayment(query)
        assert (figure.accumulated_dong, figure.fault) == (None, None)
        answer = portal.check(query)
        assert answer.copayment is not None
        assert answer.entitlement is not None
        assert answer.entitlement.payable_percent == Decimal(80)

    @pytest.mark.parametrize("query", [SELF_REFERRED, TWO_CARDS, EXPIRED, STRANGER])
    def test_they_are_asked_for_only_where_they_can_matter(
        self, bench: PortalBench, portal: InsurancePortal, query: InsuranceQuery
    ) -> None:
        before = bench.asked()
        assert portal.check(query).copayment is None
        assert "copayments" not in bench.asked_since(before)

    def test_a_restricted_account_rests(self, bench: PortalBench) -> None:
        portal = bench.adapter(rest_s=600)
        bench.world.restrict_portal_account(True)
        before = bench.asked()
        answer = portal.check(PAID_MUCH)
        assert answer.outcome is CoverageOutcome.VALID  # the card check is not touched by it
        assert answer.copayment is not None
        assert (answer.copayment.code, answer.copayment.fault) == ("500", OutsideFaultCode.RESTRICTED)
        assert answer.entitlement is not None
        assert answer.entitlement.payable_percent == Decimal(80)
        bench.world.restrict_portal_account(False)
        again = portal.copayment(PAID_LITTLE)
        assert (again.code, again.fault, again.raw) == ("", OutsideFaultCode.RESTRICTED, b"")
        assert bench.asked_since(before)["copayments"] == 1
        bench.close()

    def test_co_payments_that_fail_are_an_answer(self, bench: PortalBench, portal: InsurancePortal) -> None:
        bench.world.fault(System.PORTAL, Fault.DOWN)
        figure = portal.copayment(PAID_MUCH)
        assert (figure.accumulated_dong, figure.fault) == (None, OutsideFaultCode.UNREACHABLE)
        assert (figure.raw, figure.evidence_sha256) == (b"", hashlib.sha256(b"").hexdigest())
        assert figure.asked_at.utcoffset() == timedelta(hours=7)
        bench.world.fault(System.PORTAL, Fault.NONE)
        figure = portal.copayment(PAID_MUCH)
        assert figure.accumulated_dong == 90_000_000
        assert figure.evidence_sha256 == hashlib.sha256(figure.raw).hexdigest()

    # evidence, with or without an answer

    def test_the_raw_reply_is_evidence(self, portal: InsurancePortal) -> None:
        answer = portal.check(VALID)
        assert b'"maKetQua":"000"' in answer.raw
        assert answer.evidence_sha256 == hashlib.sha256(answer.raw).hexdigest()

    def test_a_portal_that_is_down_is_an_answer_with_evidence(
        self, bench: PortalBench, portal: InsurancePortal
    ) -> None:
        bench.world.fault(System.PORTAL, Fault.DOWN)
        answer = portal.check(VALID)
        assert (answer.outcome, answer.action) == (CoverageOutcome.UNVERIFIED, CoverageAction.GO_ON_UNVERIFIED)
        assert answer.fault is OutsideFaultCode.UNREACHABLE
        assert (answer.code, answer.entry, answer.entitlement) == ("", "no_answer", None)
        assert answer.message  # what happened, for staff
        assert (answer.raw, answer.evidence_sha256) == (b"", hashlib.sha256(b"").hexdigest())
        assert answer.asked_at.utcoffset() == timedelta(hours=7)
        bench.world.fault(System.PORTAL, Fault.NONE)
        assert portal.check(VALID).outcome is CoverageOutcome.VALID

    def test_the_reply_of_a_failing_portal_is_evidence(self, bench: PortalBench, portal: InsurancePortal) -> None:
        portal.check(STRANGER)  # signed in while all is well
        bench.world.fault(System.PORTAL, Fault.BAD_ANSWER)
        answer = portal.check(VALID)
        assert (answer.outcome, answer.fault) == (CoverageOutcome.UNVERIFIED, OutsideFaultCode.BAD_ANSWER)
        assert "bảo trì" in answer.raw.decode()

    @pytest.mark.parametrize(
        ("fault", "code"),
        [
            (Fault.HTTP_500, OutsideFaultCode.SERVER_ERROR),
            (Fault.BAD_ANSWER, OutsideFaultCode.BAD_ANSWER),
            (Fault.UNAUTHORIZED, OutsideFaultCode.AUTH),
        ],
    )
    def test_a_failing_portal_is_an_answer(
        self, bench: PortalBench, portal: InsurancePortal, fault: Fault, code: OutsideFaultCode
    ) -> None:
        portal.check(STRANGER)
        bench.world.fault(System.PORTAL, fault)
        answer = portal.check(VALID)
        assert (answer.outcome, answer.fault) == (CoverageOutcome.UNVERIFIED, code)
        assert portal.health().fault is code
        bench.world.fault(System.PORTAL, Fault.NONE)
        assert portal.health().well
        assert portal.check(VALID).outcome is CoverageOutcome.VALID

    # asking no more than needed

    def test_after_silence_nothing_is_asked_again(self, bench: PortalBench) -> None:
        portal = bench.adapter(timeout_s=SHORT_S)
        portal.check(STRANGER)
        before = bench.asked()
        bench.world.fault(System.PORTAL, Fault.SLOW)
        answer = portal.check(VALID)
        assert (answer.outcome, answer.fault) == (CoverageOutcome.UNVERIFIED, OutsideFaultCode.TIMEOUT)
        assert bench.asked_since(before) == {"checks": 1}
        bench.close()

    def test_an_ended_session_is_renewed_once(self, bench: PortalBench, portal: InsurancePortal) -> None:
        portal.check(STRANGER)
        before = bench.asked()
        bench.world.fault(System.PORTAL, Fault.UNAUTHORIZED_ONCE)
        assert portal.check(STRANGER).outcome is CoverageOutcome.NOT_FOUND
        assert bench.asked_since(before) == {"sign_ins": 1, "checks": 2}

    def test_a_session_is_used_again(self, bench: PortalBench, portal: InsurancePortal) -> None:
        portal.check(STRANGER)
        before = bench.asked()
        portal.check(STRANGER)
        assert bench.asked_since(before) == {"checks": 1}

    def test_many_askers_share_one_sign_in(self, bench: PortalBench, portal: InsurancePortal) -> None:
        before = bench.asked()
        people = [InsuranceQuery(f"00119099100{digit}", "KHÔNG CÓ THẺ", BirthDate(1990)) for digit in range(6)]
        with ThreadPoolExecutor(6) as kiosk:
            answers = list(kiosk.map(portal.check, people))
        assert {answer.code for answer in answers} == {"050"}
        assert bench.asked_since(before) == {"sign_ins": 1, "checks": 6}

    def test_askers_of_one_card_share_one_question(self, bench: PortalBench) -> None:
        portal = bench.adapter(cache_s=300)
        portal.check(STRANGER)
        before = bench.asked()
        together = threading.Barrier(4)

        def ask(_: int) -> str:
            together.wait()
            return portal.check(PAID_LITTLE).code

        with ThreadPoolExecutor(4) as kiosk:
            assert list(kiosk.map(ask, range(4))) == ["000"] * 4
        assert bench.asked_since(before) == {"checks": 1, "copayments": 1}
        bench.close()

    def test_the_same_card_is_not_asked_twice_within_minutes(self, bench: PortalBench) -> None:
        portal = bench.adapter(cache_s=300)
        first, figure = portal.check(PAID_MUCH), portal.copayment(PAID_MUCH)
        before = bench.asked()
        bench.world.fault(System.PORTAL, Fault.DOWN)
        assert portal.check(PAID_MUCH) == first
        assert portal.copayment(PAID_MUCH) == figure
        bench.world.fault(System.PORTAL, Fault.NONE)
        assert bench.asked_since(before) == {}
        bench.close()

    def test_another_name_on_the_same_card_is_another_question(self, bench: PortalBench) -> None:
        portal = bench.adapter(cache_s=300)
        portal.check(VALID)
        other = portal.check(InsuranceQuery(VALID.number, "LÊ VĂN KHÁC", VALID.birth_date))
        assert other.outcome is CoverageOutcome.MISMATCH
        bench.close()

    def test_an_outage_is_not_kept(self, bench: PortalBench) -> None:
        portal = bench.adapter(cache_s=300)
        bench.world.fault(System.PORTAL, Fault.DOWN)
        assert portal.check(VALID).outcome is CoverageOutcome.UNVERIFIED
        bench.world.fault(System.PORTAL, Fault.NONE)
        assert portal.check(VALID).outcome is CoverageOutcome.VALID
        bench.close()

    # what must not be seen

    def test_no_secret_and_no_person_in_logs_and_reprs(
        self, bench: PortalBench, portal: InsurancePortal, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        shown = [portal.check(PAID_MUCH), portal.copayment(PAID_MUCH), portal.health(), portal, PAID_MUCH]
        bench.world.fault(System.PORTAL, Fault.BAD_ANSWER)
        shown += [portal.check(PAID_MUCH), portal.copayment(PAID_MUCH)]
        assert isinstance(shown[1], CopaymentAnswer)
        assert "httpcore" in caplog.text  # it does log, so the silence below means something
        secrets = [
            "token=",
            "id-",  # how the simulated id_token begins
            "password=",
            accounts.PORTAL_PASSWORD_MD5.upper(),
            accounts.OFFICER_NUMBER,
            PAID_MUCH.number,
            "GD4010000000108",
            "ĐÓNG ĐỦ",
            "90000000",
        ]
        for secret in secrets:
            assert secret not in caplog.text
            assert secret not in repr(shown)
