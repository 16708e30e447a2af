"""What a hospital says of its GNU Health: where it is, our account, and what departments and plans are called there.

Nothing here is a database id. Departments are found by the product's code, doctors by their licence, plans by their
product's code and the way of payment by its name, so that a restored database needs no new configuration.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from pydantic import SecretStr

from his_adapter.model import Room
from his_adapter.settings import DEFAULT_TIMEOUT_S


@dataclass(frozen=True, slots=True)
class GnuHealthDepartment:
    """A department that a kiosk offers.

    `code` is the code of the product that is charged; its name and its price come from GNU Health. `licence` is the
    "LICENSE ID" of the health professional whose appointments the walk-in patients get. `insured_price_dong` is the
    part of the price that the fund recognises; None when it is the whole price.
    """

    code: str
    name_en: str
    licence: str
    room: Room
    insured_price_dong: int | None = None

    def __post_init__(self) -> None:
        if not self.code or not self.licence:
            raise ValueError("a department has a product and a doctor")
        if self.insured_price_dong is not None and self.insured_price_dong < 0:
            raise ValueError("a price is not negative")


@dataclass(frozen=True, slots=True)
class GnuHealthSettings:
    """GNU Health 5.0 on Tryton 7.0.

    `plans` gives the product's code of the insurance plan for each percentage that the fund pays of the insured price:
    GNU Health prices an insured visit by its plan, so the hospital gives each plan a policy for each department. A
    percentage without a plan is charged in full and shown to the cashier. `fund_ref` is the PUID of the insurance
    company (BHYT). `payment_method` is the invoice payment method whose account takes the kiosk's transfers.
    """

    base_url: str
    database: str
    username: str
    password: SecretStr
    departments: tuple[GnuHealthDepartment, ...]
    plans: Mapping[Decimal, str] = field(default_factory=dict)
    fund_ref: str = "BHXH"
    payment_method: str = "Kiosk VietQR"
    country_code: str = "VNM"
    timeout_s: float = DEFAULT_TIMEOUT_S

    def __post_init__(self) -> None:
        codes = [department.code for department in self.departments]
        if len(set(codes)) != len(codes):
            raise ValueError("two departments have one code")
        if not self.database or "/" in self.database:
            raise ValueError("a database has a name")

    def department(self, code: str) -> GnuHealthDepartment | None:
        """The department with a code."""
        return next((one for one in self.departments if one.code == code), None)
