"""What a simulated system can be told, as one JSON object: on its standard input, or to ``/simulation/control``."""

from enum import StrEnum
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field


class System(StrEnum):
    """The three simulated systems."""

    HIS = "hospital"
    PORTAL = "portal"
    BANK = "bank"


class Provider(StrEnum):
    """Whose server the bank plays."""

    PAYOS = "payos"
    SEPAY = "sepay"
    VNPAY = "vnpay"
    MOMO = "momo"


class Fault(StrEnum):
    """How a system fails until it is told otherwise."""

    NONE = "none"
    DOWN = "down"  # nobody listens: connections are refused, open ones are cut
    SLOW = "slow"  # does what it is asked and holds every answer back until the fault ends
    HTTP_500 = "http_500"  # fails without doing anything
    UNAUTHORIZED = "unauthorized"  # refuses every session or key
    UNAUTHORIZED_ONCE = "unauthorized_once"  # the session of the moment is over; a new one works
    LATENCY = "latency"  # does what it is asked and answers later
    HALF_OPEN = "half_open"  # takes connections and questions, does nothing and never answers
    SLOW_BODY = "slow_body"  # does what it is asked and answers a byte at a time
    MALFORMED_JSON = "malformed_json"  # does what it is asked and answers with half a document
    BAD_ANSWER = "bad_answer"  # a maintenance page instead of JSON
    EXPIRED_TOKEN = "expired_token"  # noqa: S105  (tokens can be had, and are over at once)
    BAD_SIGNATURE = "bad_signature"  # bank: answers and webhooks signed with another key


class Duplicates(StrEnum):
    """What the hospital system makes of a patient."""

    NONE = "none"  # finds or creates the file by itself
    SAME = "same"  # says that the patient exists and names the one file
    AMBIGUOUS = "ambiguous"  # two files fit
    OTHER_PERSON = "other_person"  # one file has this number, under another name


class Command(BaseModel):
    """A line on standard input."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SetFault(Command):
    """All systems. The fault ends by itself after `seconds`, when given.

    `milliseconds`: how late an answer is (LATENCY, 500 by default), or the pause after each byte (SLOW_BODY, 50).
    """

    fault: Fault
    milliseconds: Annotated[int, Field(ge=0, le=600_000)] | None = None
    seconds: Annotated[float, Field(gt=0, le=86_400)] | None = None


class ForceCode(Command):
    """Portal: answer every card check with this code; None ends it."""

    force: Annotated[str, Field(pattern=r"^[0-9]{3}$")] | None


class RegisterCertificate(Command):
    """Portal: the facility's certificate (PEM) for signed files; empty takes it away."""

    certificate: Annotated[str, Field(max_length=20_000)]


class RestrictAccount(Command):
    """Portal: the account is on the list of those that asked too often, and hears no co-payments."""

    restrict: bool


class SetDuplicates(Command):
    """Hospital system."""

    duplicates: Duplicates


class Book(Command):
    """Hospital system: an appointment for somebody, whether or not the hospital has a file of them."""

    book: Annotated[str, Field(pattern=r"^[0-9]{12}$")]
    name: Annotated[str, Field(min_length=1)]
    birth: int
    service: str
    at: AwareDatetime


class Pay(Command):
    """Bank: somebody pays an order, by default its exact amount, once, in time."""

    pay: int
    amount: Annotated[int, Field(gt=0)] | None = None
    times: Annotated[int, Field(ge=1, le=5)] = 1
    late: bool = False


class Expire(Command):
    """Bank: an order's time is over."""

    expire: int


class PayQr(Command):
    """Bank: somebody scans a QR of any provider and pays, by default its exact amount, once, now.

    `at` is when the money arrives, for payments that come late.
    """

    scan: Annotated[str, Field(min_length=1, max_length=4096)]
    amount: Annotated[int, Field(gt=0)] | None = None
    times: Annotated[int, Field(ge=1, le=5)] = 1
    at: AwareDatetime | None = None


class SetWebhook(Command):
    """Bank: tell this address of every transfer; None ends it. MoMo is told the address with each order instead."""

    webhook: str | None
    provider: Provider = Provider.PAYOS


class HoldNotices(Command):
    """Bank: keep notices back until `Deliver`; ending it throws away what is still held."""

    hold: bool


class Deliver(Command):
    """Bank: send what is held, each notice so many times, the last one first when `backwards`."""

    deliver: Annotated[int, Field(ge=1, le=5)] = 1
    backwards: bool = False


class Ready(BaseModel):
    """The first line on standard output. `addresses` are where it listens besides, by name."""

    system: System
    url: str
    addresses: dict[str, str] = {}


class Answer(BaseModel):
    """The answer to a command. `webhooks`: HTTP status of each webhook, 0 when nobody answered; `booked`: an id."""

    ok: bool
    error: str | None = None
    booked: str = ""
    webhooks: tuple[int, ...] = ()
