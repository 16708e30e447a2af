"""Makes a small Vietnamese hospital in an empty GNU Health. Runs in the peer's own environment, by `make_dump`.

Everything is invented. Prices, departments and plans are those that the tests speak of.
"""

import datetime
import sys
from decimal import Decimal

from proteus import Model, Wizard
from proteus import config as proteus_config
from trytond.modules.account.tests.tools import create_chart, create_fiscalyear, get_accounts
from trytond.modules.account_invoice.tests.tools import create_payment_term, set_fiscalyear_invoice_sequences

YEARS = range(2025, 2046)
DEPARTMENTS = (  # code, name, full price, doctor's licence and name
    ("KNTH", "Nội tổng hợp", 150_000, "BS001", "LÊ THỊ MẪU"),
    ("KTM", "Tim mạch", 150_000, "BS002", "TRẦN VĂN MẪU"),
    ("KMAT", "Mắt", 120_000, "BS003", "PHẠM THỊ MẪU"),
)
INSURED_PRICE = 50_600
PLANS = {"BHYT100": 0, "BHYT95": 5, "BHYT80": 20, "BHYT50": 50, "BHYT40": 60}
"""Insurance plans, and the percentage of the insured price that the patient pays."""


def main(database: str, config_file: str) -> None:
    """Fill the database."""
    proteus_config.set_trytond(database, config_file=config_file)
    country = make("country.country", name="Việt Nam", code="VN", code3="VNM", code_numeric="704")
    federation = Model.get("gnuhealth.federation.country.config")(1)
    federation.country = country
    federation.save()
    company = make_company(country)
    accounts = make_accounts(company)
    products = [make_department(country, accounts, *row) for row in DEPARTMENTS]
    make_insurance(accounts, products)


def the(model: str, **wanted: object) -> Model:
    """The one record with these values."""
    (found,) = Model.get(model).find([(name, "=", value) for name, value in wanted.items()])
    return found


def make(model: str, **values: object) -> Model:
    """A new record."""
    record = Model.get(model)(**values)
    record.save()
    return record


def person(country: Model, name: str, ref: str, **others: object) -> Model:
    """A person, not a patient."""
    values = {"is_person": True, "create_target": False, "gender": "u", "fed_country": "VNM", "ref": ref}
    return make("party.party", name=name, **values, **others)


def make_company(country: Model) -> Model:
    """The hospital, its currency and its place in GNU Health."""
    currency = make(
        "currency.currency", name="Đồng", code="VND", symbol="₫", numeric_code="704", rounding=Decimal(1), digits=0
    )
    party = Model.get("party.party")(name="Bệnh viện Mẫu", is_institution=True, fed_country="VNM")
    party.addresses.new(street="Số 1, Phố Mẫu", city="Hà Nội", country=country)
    party.save()
    wizard = Wizard("company.company.config")
    wizard.execute("company")
    wizard.form.party = party
    wizard.form.currency = currency
    wizard.form.timezone = "Asia/Ho_Chi_Minh"
    wizard.execute("add")
    company = the("company.company")
    context = proteus_config.get_config()
    context._context = Model.get("res.user").get_preferences(True, {})
    make(
        "gnuhealth.institution",
        party=party,
        code="01999",
        institution_type="hospital",
        public_level="public",
    )
    return company


def make_accounts(company: Model) -> dict[str, Model]:
    """A chart of accounts, years to book in, terms and the way a kiosk's money comes."""
    create_chart(company)
    accounts = get_accounts(company)
    for year in YEARS:
        days = (datetime.date(year, 1, 1), datetime.date(year, 12, 31))
        fiscal = create_fiscalyear(company, days)
        fiscal.start_date, fiscal.end_date, fiscal.name = *days, str(year)
        set_fiscalyear_invoice_sequences(fiscal)
        fiscal.save()
        make("account.period", name=str(year), fiscalyear=fiscal, start_date=days[0], end_date=days[1], type="standard")
    term = create_payment_term()
    term.save()
    configuration = Model.get("account.configuration")(1)
    configuration.default_customer_payment_term = term
    configuration.default_account_receivable = accounts["receivable"]
    configuration.save()
    make(
        "account.invoice.payment.method",
        name="Kiosk VietQR",
        company=company,
        journal=the("account.journal", type="cash"),
        debit_account=accounts["cash"],
        credit_account=accounts["cash"],
    )
    return accounts


def make_department(
    country: Model,
    accounts: dict[str, Model],
    code: str,
    name: str,
    price: int,
    licence: str,
    doctor: str,
) -> Model:
    """A department: a product with its price, and a doctor."""
    product = product_of(accounts, f"Khám {name}", code, price)
    party = person(country, doctor, f"NV-{licence}", is_healthprof=True)
    make("gnuhealth.healthprofessional", party=party, code=licence, institution=the("gnuhealth.institution"))
    return product


def product_of(accounts: dict[str, Model], name: str, code: str, price: int, **others: object) -> Model:
    """Something with a price."""
    categories = Model.get("product.category").find([("name", "=", "Khám bệnh")])
    category = (
        categories[0]
        if categories
        else make(
            "product.category",
            name="Khám bệnh",
            accounting=True,
            account_revenue=accounts["revenue"],
            account_expense=accounts["expense"],
        )
    )
    template = Model.get("product.template")(name=name, type="service", list_price=Decimal(price))
    template.default_uom = the("product.uom", name="Unit")
    template.account_category = category
    (product,) = template.products
    product.suffix_code = code
    for field, value in others.items():
        setattr(product, field, value)
    template.save()
    (product,) = template.products
    return product


def make_insurance(accounts: dict[str, Model], products: list[Model]) -> None:
    """The fund, and a plan for every share: GNU Health prices an insured service by the plan of the visit's card."""
    fund = make("party.party", name="Bảo hiểm xã hội", is_insurance_company=True, ref="BHXH", fed_country="VNM")
    for code, share in PLANS.items():
        plan_product = product_of(accounts, f"BHYT {100 - share} %", code, 0, is_insurance_plan=True)
        plan = Model.get("gnuhealth.insurance.plan")(product=plan_product, company=fund)
        for product in products:
            if share:
                plan.product_policy.new(product=product, price=float(INSURED_PRICE * share // 100))
            else:
                plan.product_policy.new(product=product, discount=100.0)
        plan.save()


if __name__ == "__main__":
    main(*sys.argv[1:])
