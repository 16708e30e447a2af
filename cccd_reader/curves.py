"""Prime-field elliptic curves for PACE and for certificates with explicit parameters.

`cryptography` computes with named base points only. PACE's generic mapping (ICAO 9303-11, 4.4.3.3.1) needs H = sk·PK
with both coordinates and then the new base point G' = s·G + H, so the group law stands here, in Jacobian coordinates.
Python's integers are not constant-time: use it for ephemeral keys and public values, never for a long-term private key.
"""

import secrets
from dataclasses import dataclass

from cccd_reader.errors import ChipDataError

UNCOMPRESSED = 0x04

_Jacobian = tuple[int, int, int]
_INFINITY: _Jacobian = (1, 1, 0)

_WINDOW_BITS = 5
_ODD_MULTIPLES = 1 << _WINDOW_BITS - 2
"""1, 3, … 15 times the point: with them, four of five digits of a scalar are zero and cost no addition."""


@dataclass(frozen=True, slots=True)
class Point:
    """An affine point. The point at infinity is no Point: operations that can reach it return None."""

    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Curve:
    """y² = x³ + ax + b over the integers modulo the prime p; g has the prime order n; the cofactor is 1."""

    name: str
    p: int
    a: int
    b: int
    g: Point
    n: int

    @property
    def field_bytes(self) -> int:
        return (self.p.bit_length() + 7) // 8

    def contains(self, point: Point) -> bool:
        """Whether the point is on the curve. With cofactor 1 that is membership of the group."""
        x, y = point.x, point.y
        if not (0 <= x < self.p and 0 <= y < self.p):
            return False
        return (y * y - (x * x * x + self.a * x + self.b)) % self.p == 0

    def encode(self, point: Point) -> bytes:
        """04 ‖ X ‖ Y, both coordinates in full length (TR-03111, 3.2.1)."""
        size = self.field_bytes
        return bytes([UNCOMPRESSED]) + point.x.to_bytes(size, "big") + point.y.to_bytes(size, "big")

    def decode(self, data: bytes, what: str = "public key") -> Point:
        """The uncompressed point `data`, if it is on the curve; else `ChipDataError`."""
        size = self.field_bytes
        if len(data) != 1 + 2 * size or data[0] != UNCOMPRESSED:
            raise ChipDataError(what, f"no uncompressed point of {self.name}")
        point = Point(int.from_bytes(data[1 : 1 + size], "big"), int.from_bytes(data[1 + size :], "big"))
        if not self.contains(point):
            raise ChipDataError(what, f"the point is not on {self.name}")
        return point

    def add(self, first: Point | None, second: Point | None) -> Point | None:
        return self._affine(self._add(_jacobian(first), _jacobian(second)))

    def multiply(self, scalar: int, point: Point | None) -> Point | None:
        """scalar·point, by the signed digits of the scalar and the point's first odd multiples."""
        first = _jacobian(point)
        double = self._double(first)
        odd = [first]
        for _ in range(_ODD_MULTIPLES - 1):
            odd.append(self._add(odd[-1], double))
        total = _INFINITY
        for digit in reversed(_signed_digits(scalar % self.n)):
            total = self._double(total)
            if digit:
                x, y, z = odd[abs(digit) >> 1]
                total = self._add(total, (x, y if digit > 0 else -y, z))
        return self._affine(total)

    @property
    def maps_numbers(self) -> bool:
        """Whether `map_number` is defined. Of the standardized curves secp224r1 alone has it not (9303-11, 9.5.1)."""
        return self.p % 4 == 3

    def map_number(self, t: int) -> Point:
        """The point that the encoding of Brier and others gives for 0 < t < p (9303-11, appendix B.2)."""
        assert self.maps_numbers
        p, a, b = self.p, self.a, self.b
        alpha = -t * t % p
        beta = (alpha + alpha * alpha) % p
        # Powers in place of inverses give 0 for 0, as the formulas of the appendix do on the chip.
        x2 = -b * (1 + beta) * pow(a * beta, p - 2, p) % p
        x3 = alpha * x2 % p
        h2 = (x2 * x2 * x2 + a * x2 + b) % p
        root = pow(h2, p - 1 - (p + 1) // 4, p)
        if root * root * h2 % p == 1:
            return Point(x2, root * h2 % p)
        return Point(x3, root * pow(t, 3, p) * h2 % p)

    def random_scalar(self) -> int:
        """A private key: uniform in 1..n-1."""
        return 1 + secrets.randbelow(self.n - 1)

    def _double(self, point: _Jacobian) -> _Jacobian:
        x, y, z = point
        p = self.p
        if z == 0 or y == 0:
            return _INFINITY
        yy = y * y % p
        s = 4 * x * yy % p
        zz = z * z % p
        m = (3 * x * x + self.a * zz * zz) % p
        x3 = (m * m - 2 * s) % p
        return x3, (m * (s - x3) - 8 * yy * yy) % p, 2 * y * z % p

    def _add(self, first: _Jacobian, second: _Jacobian) -> _Jacobian:
        x1, y1, z1 = first
        x2, y2, z2 = second
        if z1 == 0:
            return second
        if z2 == 0:
            return first
        p = self.p
        z1z1, z2z2 = z1 * z1 % p, z2 * z2 % p
        u1, u2 = x1 * z2z2 % p, x2 * z1z1 % p
        s1, s2 = y1 * z2 * z2z2 % p, y2 * z1 * z1z1 % p
        if u1 == u2:
            return self._double(first) if s1 == s2 else _INFINITY
        h, r = (u2 - u1) % p, (s2 - s1) % p
        hh = h * h % p
        hhh = h * hh % p
        v = u1 * hh % p
        x3 = (r * r - hhh - 2 * v) % p
        return x3, (r * (v - x3) - s1 * hhh) % p, z1 * z2 * h % p

    def _affine(self, point: _Jacobian) -> Point | None:
        x, y, z = point
        if z == 0:
            return None
        inverse = pow(z, -1, self.p)
        square = inverse * inverse % self.p
        return Point(x * square % self.p, y * square * inverse % self.p)


def _jacobian(point: Point | None) -> _Jacobian:
    return _INFINITY if point is None else (point.x, point.y, 1)


def _signed_digits(scalar: int) -> list[int]:
    """The non-adjacent form of width 5, lowest digit first: zero, or odd and below 16 in size."""
    digits = []
    while scalar:
        digit = 0
        if scalar & 1:
            digit = scalar & (1 << _WINDOW_BITS) - 1
            if digit >= 1 << _WINDOW_BITS - 1:
                digit -= 1 << _WINDOW_BITS
        digits.append(digit)
        scalar = (scalar - digit) >> 1
    return digits
