"""Who comes to which kiosk, for `bench.exactly_once`: everything follows from a visit's number and the seed.

Every person is invented, and comes once: two visits of one person are one too many, whatever keys they have.
"""

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from his_adapter.model import BirthDate, PatientIdentity, RegistrationRequest, Sex
from kiosk.app.delivery import registration_message
from records.evidence import Evidence
from records.values import CheckInRecord, PatientFields, PaymentIntent, ServiceChoice, TransferNotice, new_key

PAYS_EVERY = 3
"""A third of the patients pay at the kiosk."""
MOST = 1_000_000
SERVICES = ("KTM", "KMAT")

_SURNAMES = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Huỳnh", "Phan", "Vũ", "Võ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô")
_GIVEN = ("An", "Bình", "Chi", "Dũng", "Giang", "Hà", "Khánh", "Lan", "Minh", "Nga", "Oanh", "Phúc", "Quỳnh", "Sơn")
_BORN = date(1940, 1, 1)
_BIRTHDAYS = 25_000


@dataclass(frozen=True, slots=True)
class PlannedVisit:
    """The visit of one number, from 0."""

    number: int
    seed: int

    @property
    def session_id(self) -> str:
        """As the journal knows it."""
        return f"visit-{self.number}"

    @property
    def pays(self) -> bool:
        """Whether this patient pays at the kiosk."""
        return self.number % PAYS_EVERY == 0

    @property
    def citizen_number(self) -> str:
        """Twelve digits, different for every number. The serial 99xxxx is not in use for real people."""
        return f"{1 + self.number // 10_000:03d}19099{self.number % 10_000:04d}"

    @property
    def order_code(self) -> str:
        """What the bank sends back."""
        return str(10_000_000 + self.number)

    @property
    def transfer(self) -> str:
        """The bank's own number of the transfer."""
        return f"FT{self.number:010d}"

    @property
    def amount_dong(self) -> int:
        """What is paid."""
        return 30_000 + 100 * (self.number % 500)

    def check_in(self, kiosk_id: str) -> CheckInRecord:
        """As the kiosk records it, with a fresh key: a visit that was never recorded was never tried either."""
        draw = random.Random(f"{self.seed}-{self.number}")
        name = f"{draw.choice(_SURNAMES)} {draw.choice(('Văn', 'Thị', 'Minh'))} {draw.choice(_GIVEN)}".upper()
        birth = _BORN + timedelta(days=draw.randrange(_BIRTHDAYS))
        sex = draw.choice((Sex.FEMALE, Sex.MALE))
        service = draw.choice(SERVICES)
        request = RegistrationRequest(
            idempotency_key=new_key(),
            patient=PatientIdentity(self.citizen_number, name, BirthDate.of(birth), sex, "Số 1, Phố Hai, Phường Ba"),
            service_code=service,
            kiosk_id=kiosk_id,
            requested_at=datetime.now(UTC),
            self_pay=True,
        )
        return CheckInRecord(
            kiosk_id=kiosk_id,
            session_id=self.session_id,
            patient=PatientFields(name, self.citizen_number, birth.isoformat(), sex.value),
            service=ServiceChoice(service, service),
            number=f"K{self.number:05d}",
            fee_dong=self.amount_dong,
            message=registration_message(request),
            evidence=Evidence(),
            idempotency_key=request.idempotency_key,
        )

    def intent(self, visit_id: str) -> PaymentIntent:
        """The amount asked for."""
        return PaymentIntent(f"intent-{self.number}", self.order_code, visit_id, self.amount_dong)

    def notice(self) -> TransferNotice:
        """The money that arrives."""
        return TransferNotice(self.order_code, self.transfer, self.amount_dong)


def share(kiosk: int, kiosks: int, count: int, seed: int) -> list[PlannedVisit]:
    """The visits of one kiosk of several."""
    return [PlannedVisit(number, seed) for number in range(kiosk, count, kiosks)]
