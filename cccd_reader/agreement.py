"""The groups that PACE and chip authentication agree keys in (ICAO 9303-11, 9.5 and 9.6): elliptic, or modulo a prime.

What a chip sends is an element of the group, or it is refused here: on the curve and not infinity; for Diffie-Hellman
2 <= y <= p-2 and, where the order q of the subgroup is known, y^q = 1 (RFC 2631, 2.1.5). Python's integers are not
constant-time: these groups are for ephemeral keys, which live for one card.
"""

import secrets
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Generic, TypeVar

from cccd_reader.curve_table import BY_PARAMETER_ID
from cccd_reader.curves import Curve, Point
from cccd_reader.errors import CardError, CardErrorCode, ChipDataError
from cccd_reader.modp_table import MODP_GROUPS

E = TypeVar("E", Point, int)
"""An element: an affine point, or an integer modulo p."""

DO_EC_POINT = 0x86
DO_DH_VALUE = 0x84
"""Tags of the public value in a public key data object (9.4.3, 9.4.4)."""

MIN_DH_BITS, MAX_DH_BITS = 1024, 8192
"""Sizes of p that are taken from a chip. What is larger would occupy the host for seconds."""

MIN_ORDER_BITS = 160
"""The smallest subgroup of RFC 5114. In a tiny one a chip could choose what the secret will be."""

_MAX_DRAWS = 6
"""One key in 256 is short, six in a row never; but a chip can name p = gᵏ - 1, whose powers of g are all short."""


@dataclass(frozen=True, slots=True, repr=False)
class KeyPair(Generic[E]):
    private: int
    public: E

    def __repr__(self) -> str:
        return "KeyPair(…)"


class Group(ABC, Generic[E]):
    """A group of known order with a generator. Elements are never its neutral element: that is `bad_answer`."""

    public_tag: int
    """The tag of an element inside a public key data object (7F49)."""

    @property
    @abstractmethod
    def name(self) -> str: ...

    @property
    @abstractmethod
    def prime(self) -> int:
        """The prime of the field: coordinates, or the elements themselves, are integers modulo it."""

    @property
    def field_bytes(self) -> int:
        """Bytes of an integer modulo the prime, and so of the shared secret."""
        return (self.prime.bit_length() + 7) // 8

    @property
    @abstractmethod
    def order(self) -> int:
        """The number of elements, the neutral one counted; p-1 where the order of a subgroup is not known."""

    @property
    @abstractmethod
    def generator(self) -> E: ...

    @abstractmethod
    def encode(self, element: E) -> bytes:
        """As an ephemeral public key travels (9.4.5): 04 ‖ X ‖ Y, or an unsigned integer without leading zeros."""

    @abstractmethod
    def decode(self, data: bytes, what: str = "public key") -> E:
        """The element that `data` is the encoding of; `ChipDataError` names `what` when it is none of the group."""

    def random_scalar(self) -> int:
        """A private key: uniform in 1..order-1."""
        return 1 + secrets.randbelow(self.order - 1)

    @abstractmethod
    def multiply(self, scalar: int, element: E) -> E:
        """scalar·element (for Diffie-Hellman the power). Raises `CardError(bad_answer)` for the neutral element."""

    @abstractmethod
    def add(self, first: E, second: E) -> E:
        """first + second (for Diffie-Hellman the product). Raises `CardError(bad_answer)` for the neutral element."""

    @property
    @abstractmethod
    def maps_numbers(self) -> bool:
        """Whether `map_number` is defined."""

    @abstractmethod
    def map_number(self, number: int) -> E:
        """An element whose logarithm nobody knows, of a number modulo the prime (4.4.3.3.2)."""

    @abstractmethod
    def shared_secret(self, private: int, public: E) -> bytes:
        """K, `field_bytes` long: the x coordinate of the product, or the whole power (9.7.1)."""

    def key_pair(self, base: E | None = None, private: int | None = None) -> KeyPair[E]:
        """On the generator, unless another base is given; of a random private key, unless one is given."""
        private = self.random_scalar() if private is None else private
        return KeyPair(private, self.multiply(private, self.generator if base is None else base))


@dataclass(frozen=True, slots=True)
class EcGroup(Group[Point]):
    """The points of a curve of cofactor 1."""

    curve: Curve

    public_tag = DO_EC_POINT

    @property
    def name(self) -> str:
        return self.curve.name

    @property
    def prime(self) -> int:
        return self.curve.p

    @property
    def order(self) -> int:
        return self.curve.n

    @property
    def maps_numbers(self) -> bool:
        return self.curve.maps_numbers

    @property
    def generator(self) -> Point:
        return self.curve.g

    def encode(self, element: Point) -> bytes:
        return self.curve.encode(element)

    def decode(self, data: bytes, what: str = "public key") -> Point:
        return self.curve.decode(data, what)

    def multiply(self, scalar: int, element: Point) -> Point:
        return _not_neutral(self.curve.multiply(scalar, element), "a point of the agreement is infinity")

    def add(self, first: Point, second: Point) -> Point:
        return _not_neutral(self.curve.add(first, second), "a point of the agreement is infinity")

    def map_number(self, number: int) -> Point:
        return self.curve.map_number(number)

    def shared_secret(self, private: int, public: Point) -> bytes:
        return self.multiply(private, public).x.to_bytes(self.field_bytes, "big")


@dataclass(frozen=True, slots=True)
class DhGroup(Group[int]):
    """The subgroup of order q that g generates modulo the prime p. `q` is None where the chip does not say it."""

    label: str
    p: int
    g: int
    q: int | None

    public_tag = DO_DH_VALUE

    @classmethod
    def from_chip(cls, p: int, g: int, q: int | None, what: str) -> "DhGroup":
        """The group with parameters that a chip's file gives; `ChipDataError` when they cannot be such."""
        if not MIN_DH_BITS <= p.bit_length() <= MAX_DH_BITS or p % 2 == 0:
            raise ChipDataError(what, f"p is no odd number of {MIN_DH_BITS} to {MAX_DH_BITS} bits")
        if not 2 <= g <= p - 2:
            raise ChipDataError(what, "the generator is not between 2 and p-2")
        if q is not None and not MIN_ORDER_BITS <= q.bit_length() <= p.bit_length():
            raise ChipDataError(what, f"the order is no number of {MIN_ORDER_BITS} to {p.bit_length()} bits")
        if q is not None and pow(g, q, p) != 1:
            raise ChipDataError(what, "the order is not the generator's")
        return cls(f"DH {p.bit_length()} bits", p, g, q)

    @property
    def name(self) -> str:
        return self.label

    @property
    def prime(self) -> int:
        return self.p

    @property
    def order(self) -> int:
        return self.p - 1 if self.q is None else self.q

    @property
    def maps_numbers(self) -> bool:
        return self.q is not None

    @property
    def generator(self) -> int:
        return self.g

    def encode(self, element: int) -> bytes:
        return element.to_bytes((element.bit_length() + 7) // 8, "big")

    def decode(self, data: bytes, what: str = "public key") -> int:
        if not data or len(data) > self.field_bytes:
            raise ChipDataError(what, f"no integer of {self.name}")
        element = int.from_bytes(data, "big")
        if not 2 <= element <= self.p - 2:
            raise ChipDataError(what, "the number is not between 2 and p-2")
        if self.q is not None and pow(element, self.q, self.p) != 1:
            raise ChipDataError(what, f"the number is not in the subgroup of {self.name}")
        return element

    def key_pair(self, base: int | None = None, private: int | None = None) -> KeyPair[int]:
        """As of any group. A drawn key's public value has no leading zero byte: whether that byte belongs into the
        token of PACE is understood differently by different chips."""
        base = self.g if base is None else base
        if private is not None:
            return KeyPair(private, self.multiply(private, base))
        for _ in range(_MAX_DRAWS):
            pair = KeyPair(drawn := self.random_scalar(), self.multiply(drawn, base))
            if len(self.encode(pair.public)) == self.field_bytes:
                return pair
        raise CardError(CardErrorCode.BAD_ANSWER, "the group has hardly any element of its full length")

    def multiply(self, scalar: int, element: int) -> int:
        return self._not_one(pow(element, scalar if self.q is None else scalar % self.q, self.p))

    def map_number(self, number: int) -> int:
        """number^((p-1)/q)."""
        assert self.q is not None
        return self._not_one(pow(number, (self.p - 1) // self.q, self.p))

    def add(self, first: int, second: int) -> int:
        return self._not_one(first * second % self.p)

    def shared_secret(self, private: int, public: int) -> bytes:
        return self.multiply(private, public).to_bytes(self.field_bytes, "big")

    @staticmethod
    def _not_one(element: int) -> int:
        return _not_neutral(element if element > 1 else None, "an element of the agreement is 1")


def _not_neutral(element: E | None, reason: str) -> E:
    if element is None:
        raise CardError(CardErrorCode.BAD_ANSWER, reason)
    return element


def standard_group(parameter_id: int) -> EcGroup | DhGroup | None:
    """The standardized domain parameters of 9.5.1, or None for a number that has none."""
    if (curve := BY_PARAMETER_ID.get(parameter_id)) is not None:
        return EcGroup(curve)
    modp = MODP_GROUPS.get(parameter_id)
    return DhGroup(modp.name, modp.p, modp.g, modp.q) if modp else None
