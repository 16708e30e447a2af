"""What the bank statement will show: a short code by which money finds its bill even without a provider.

Banks strip accents, change case and put their own words around it, so a code carries a check character
(ISO/IEC 7064, MOD 37,36) and can be found again inside a longer text.
"""

import re
import secrets

from his_adapter.model.payment import MAX_ORDER_CODE

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
MODULUS = len(ALPHABET)
CODE_LENGTH = 11  # 36 ** 11 > 2 ** 53
DEFAULT_PREFIX = "XP"
MAX_LENGTH = 25  # EMVCo tag 62-08

_PREFIX = re.compile(r"[A-Z]{1,6}")


def new_order_code() -> int:
    """A fresh order code, positive and below 2 ** 53, from the system's random source."""
    return 1 + secrets.randbelow(MAX_ORDER_CODE)


def purpose_for(order_code: int, prefix: str = DEFAULT_PREFIX) -> str:
    """The purpose of an order: one for each code, at most 25 of A–Z and 0–9. Raises ValueError."""
    if not 0 < order_code <= MAX_ORDER_CODE:
        raise ValueError("an order code is positive and below 2 ** 53")
    if _PREFIX.fullmatch(prefix) is None:
        raise ValueError("a prefix is one to six letters A to Z")
    digits = ""
    rest = order_code
    for _ in range(CODE_LENGTH):
        rest, digit = divmod(rest, MODULUS)
        digits = ALPHABET[digit] + digits
    code = prefix + digits
    return code + check_character(code)


def order_code_of(purpose: str, prefix: str = DEFAULT_PREFIX) -> int | None:
    """The order a purpose stands for; None when it is none of ours or was mistyped."""
    size = len(prefix) + CODE_LENGTH + 1
    if len(purpose) != size or not purpose.startswith(prefix) or not set(purpose) <= set(ALPHABET):
        return None
    if check_character(purpose[:-1]) != purpose[-1]:
        return None
    value = int(purpose[len(prefix) : -1], MODULUS)
    return value if 0 < value <= MAX_ORDER_CODE else None


def find_purpose(statement: str, prefix: str = DEFAULT_PREFIX) -> int | None:
    """The order a bank statement's text speaks of; None when there is none, or more than one."""
    text = statement.upper()
    size = len(prefix) + CODE_LENGTH + 1
    starts = [match.start() for match in re.finditer(f"(?={re.escape(prefix)})", text)]
    found = {order for start in starts if (order := order_code_of(text[start : start + size], prefix)) is not None}
    return found.pop() if len(found) == 1 else None


def check_character(code: str) -> str:
    """ISO/IEC 7064 MOD 37,36: finds every single wrong character and nearly all swapped neighbours."""
    product = MODULUS
    for letter in code:
        total = (product + ALPHABET.index(letter)) % MODULUS or MODULUS
        product = total * 2 % (MODULUS + 1)
    return ALPHABET[(MODULUS + 1 - product) % MODULUS]
