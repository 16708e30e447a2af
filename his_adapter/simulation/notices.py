"""The simulated providers' notices: sent at once, or held back to be sent twice or in another order."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx

LIMIT_S = 5.0
NOBODY = 0


@dataclass(frozen=True, slots=True)
class Notice:
    """One request to a merchant, signed already."""

    method: str
    address: str
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


class Notices:
    """Sends them. `wrong_signatures` is asked by whoever signs."""

    def __init__(self) -> None:
        self.wrong_signatures = False
        self.hold = False
        self._held: list[Notice] = []
        self._client = httpx.AsyncClient(timeout=LIMIT_S, trust_env=False)

    async def tell(self, notice: Notice) -> tuple[int, ...]:
        """Send it, unless notices are held. HTTP status of each one sent, 0 when nobody answered."""
        if self.hold:
            self._held.append(notice)
            return ()
        return (await self._send(notice),)

    async def deliver(self, copies: int, *, backwards: bool) -> tuple[int, ...]:
        """Send what is held."""
        held, self._held = self._held, []
        ordered = held[::-1] if backwards else held
        return tuple([await self._send(notice) for notice in ordered for _ in range(copies)])

    def drop(self) -> None:
        """Forget what is held."""
        self._held.clear()

    async def close(self) -> None:
        """Release the connections."""
        await self._client.aclose()

    async def _send(self, notice: Notice) -> int:
        try:
            response = await self._client.request(
                notice.method, notice.address, content=notice.body or None, headers=dict(notice.headers)
            )
        except (httpx.HTTPError, httpx.InvalidURL):
            return NOBODY
        return response.status_code
