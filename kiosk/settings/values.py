"""Kinds of values in the settings file, each with the words for what it may hold."""

from typing import Annotated

from argon2 import Type, extract_parameters
from argon2.exceptions import InvalidHashError
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

FACILITY_CODE = r"^[0-9]{5}$"  # MA_CSKCB of Decision 3176/QD-BYT: five digits, leading zeros kept


def _is_md5(secret: SecretStr) -> SecretStr:
    digest = secret.get_secret_value()
    if len(digest) != 32 or any(letter not in "0123456789abcdefABCDEF" for letter in digest):
        raise ValueError("not an MD5 in hexadecimal")
    return secret


def _is_citizen_number(secret: SecretStr) -> SecretStr:
    number = secret.get_secret_value()
    if len(number) != 12 or not (number.isascii() and number.isdigit()):
        raise ValueError("not a citizen number")
    return secret


def _is_argon2id(secret: SecretStr) -> SecretStr:
    try:
        parameters = extract_parameters(secret.get_secret_value())
    except InvalidHashError:
        raise ValueError("not an Argon2 hash") from None
    if parameters.type is not Type.ID:
        raise ValueError("not Argon2id")
    return secret


FacilityCode = Annotated[str, Field(pattern=FACILITY_CODE, json_schema_extra={"allowed": "five digits in quotes"})]
BaseUrl = Annotated[
    str,
    Field(
        pattern=r"^https?://[^\s/?#]+(/[^\s?#]*)?$",
        json_schema_extra={"allowed": 'an address such as "https://his.hospital.example", without "?" or "#"'},
    ),
]
Host = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9._:-]{1,253}$", json_schema_extra={"allowed": "a host name or an IP address"})
]
BankCode = Annotated[
    str, Field(pattern=r"^[0-9]{6}$", json_schema_extra={"allowed": "the six digits of a bank at NAPAS in quotes"})
]
AccountNumber = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9]{1,19}$", json_schema_extra={"allowed": "1 to 19 digits and letters in quotes"})
]
Secret = Annotated[SecretStr, Field(min_length=1, json_schema_extra={"allowed": "a text in quotes, not empty"})]
Md5 = Annotated[
    SecretStr, AfterValidator(_is_md5), Field(json_schema_extra={"allowed": "32 hexadecimal digits in quotes"})
]
CitizenNumber = Annotated[
    SecretStr, AfterValidator(_is_citizen_number), Field(json_schema_extra={"allowed": "twelve digits in quotes"})
]
PinHash = Annotated[
    SecretStr, AfterValidator(_is_argon2id), Field(json_schema_extra={"allowed": "the output of `kiosk config pin`"})
]


class Section(BaseModel):
    """A table of the file: no unknown keys, no silent conversion ("9100" is not a port), nothing changes afterwards."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)


NOT_SET = ""
"""Default of texts and secrets that real devices need and the simulation brings along itself; no file may say it."""
NO_SECRET = SecretStr(NOT_SET)
