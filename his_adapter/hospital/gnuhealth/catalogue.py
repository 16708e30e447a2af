"""The departments of the configuration as GNU Health knows them: product, price and doctor."""

from collections.abc import Sequence
from dataclasses import dataclass

from his_adapter.faults import OutsideFaultCode
from his_adapter.hospital.gnuhealth.rows import DoctorRow, ProductRow
from his_adapter.hospital.gnuhealth.session import Tryton
from his_adapter.hospital.gnuhealth.settings import GnuHealthDepartment
from his_adapter.http import Deadline
from his_adapter.model import Service, nfc
from his_adapter.model.payment import MAX_AMOUNT_DONG

PRODUCT, DOCTOR = "product.product", "gnuhealth.healthprofessional"


@dataclass(frozen=True, slots=True)
class Offer:
    """A department that GNU Health has: `product` and `doctor` are its ids."""

    service: Service
    product: int
    doctor: int


class Catalogue:
    """Looks departments up. Prices are read anew each time: the hospital may change them."""

    def __init__(self, tryton: Tryton, departments: Sequence[GnuHealthDepartment]) -> None:
        self._tryton = tryton
        self._departments = departments

    def offers(self, deadline: Deadline, code: str | None = None) -> list[Offer]:
        """Departments whose product and doctor are in use there: the one with the code, or all."""
        wanted = [one for one in self._departments if code is None or one.code == code]
        if not wanted:
            return []
        products = self._tryton.search(deadline, PRODUCT, [["code", "in", [one.code for one in wanted]]], ProductRow)
        doctors = self._tryton.search(deadline, DOCTOR, [["code", "in", [one.licence for one in wanted]]], DoctorRow)
        by_code = {product.code: product for product in products}
        by_licence = {doctor.licence: doctor.id for doctor in doctors}
        return [
            self._offer(one, by_code[one.code], by_licence[one.licence])
            for one in wanted
            if one.code in by_code and one.licence in by_licence
        ]

    def by_product(self, deadline: Deadline, product: int) -> Offer | None:
        """The department that a product belongs to."""
        return next((offer for offer in self.offers(deadline) if offer.product == product), None)

    def _offer(self, department: GnuHealthDepartment, product: ProductRow, doctor: int) -> Offer:
        price = product.price
        if price is None or not 0 <= price <= MAX_AMOUNT_DONG or price != price.to_integral_value():
            raise self._tryton.fault(
                OutsideFaultCode.BAD_ANSWER, f"{department.code}: a price in whole đồng is missing"
            )
        insured = department.insured_price_dong
        service = Service(
            code=department.code,
            name_vi=nfc(product.name),
            name_en=department.name_en,
            room=department.room,
            waiting=None,
            price_dong=int(price),
            insured_price_dong=int(price) if insured is None else min(insured, int(price)),
        )
        return Offer(service, product.id, doctor)
