"""What a simulated system can be told over HTTP: the same commands as on its standard input."""

from collections.abc import Awaitable, Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from his_adapter.simulation.commands import Answer
from his_adapter.simulation.gate import reply

PATH = "/simulation/control"
MAX_COMMAND = 65_536

Obey = Callable[[bytes], Awaitable[tuple[Answer, Callable[[], Awaitable[None]] | None]]]
"""Carries a command out. What it returns besides the answer is to be done after the answer has gone."""


class Control:
    """An ASGI application before another one: ``POST /simulation/control`` with one command, as JSON.

    The systems listen on loopback alone. JSON must be named as the content's type: no web page can send that unasked.
    Answers are 200 or, for a command that was refused, 400.
    """

    def __init__(self, app: ASGIApp, obey: Obey) -> None:
        self._app = app
        self._obey = obey

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != PATH:
            await self._app(scope, receive, send)
            return
        kind = dict(scope["headers"]).get(b"content-type", b"")
        if scope["method"] != "POST" or kind.partition(b";")[0].strip() != b"application/json":
            await _answer(send, Answer(ok=False, error="POST a command as application/json"))
            return
        body = await _body(receive)
        if body is None:
            await _answer(send, Answer(ok=False, error="too long"))
            return
        answer, afterwards = await self._obey(body)
        await _answer(send, answer)
        if afterwards is not None:
            await afterwards()


async def _body(receive: Receive) -> bytes | None:
    body = b""
    while True:
        message = await receive()
        piece: bytes = message.get("body", b"")
        body += piece
        if len(body) > MAX_COMMAND:
            return None
        if not message.get("more_body", False):
            return body


async def _answer(send: Send, answer: Answer) -> None:
    await reply(send, 200 if answer.ok else 400, answer.model_dump_json(exclude_defaults=True).encode())
