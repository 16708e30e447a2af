"""The console as a web application: parts put together, faults turned into pages, and the headers of every answer."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from sqlalchemy import text
from starlette.exceptions import HTTPException

from his_adapter.remote import wire
from hub import log_pages, sign_in_pages, system_pages
from hub.accounts import Accounts
from hub.context import (
    BadRequestError,
    ForbiddenError,
    Hub,
    NotFoundError,
    NotSignedInError,
    client_address,
    hub_of,
    make_templates,
    render,
)
from hub.gateway.gateway import Gateway
from records.audit import AuditTrail
from records.errors import StoreError
from records.store import Store

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_ROOM = Path(__file__).parent
_FONTS = _ROOM.parent / "assets" / "fonts"
_LARGEST_FORM_BYTES = 16 * 1024
_TRANSPORT_SECURITY = "max-age=31536000"  # one year, in seconds


def create_app(
    *,
    log: Store,
    own: Store,
    secure_cookies: bool,
    accounts: Accounts | None = None,
    gateway: Gateway | None = None,
) -> FastAPI:
    """The application over an open match log (read-only) and the hub's own open database; the caller closes both."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.state.hub = Hub(
        log=log,
        accounts=accounts or Accounts(own),
        audit=AuditTrail(own),
        templates=make_templates(),
        secure_cookies=secure_cookies,
    )
    app.include_router(sign_in_pages.router)
    app.include_router(log_pages.router)
    app.include_router(system_pages.router)
    app.mount("/static", StaticFiles(directory=_ROOM / "static"))
    if _FONTS.is_dir():  # beside the code; without them the browser takes its own
        app.mount("/fonts", StaticFiles(directory=_FONTS))
    app.add_api_route("/healthz", health, methods=["GET"])
    if gateway is not None:
        gateway.mount(app)
    app.middleware("http")(_with_headers)
    app.add_exception_handler(NotSignedInError, _not_signed_in)
    app.add_exception_handler(ForbiddenError, _forbidden)
    app.add_exception_handler(BadRequestError, _bad_request)
    app.add_exception_handler(NotFoundError, _not_found)
    app.add_exception_handler(StoreError, _store_failed)
    app.add_exception_handler(HTTPException, _http_error)
    return app


def health(request: Request) -> JSONResponse:
    """Whether the match log can be read. Says nothing else: it needs no sign-in."""
    try:
        with hub_of(request).log.snapshot() as session:
            session.execute(text("SELECT 1 FROM match_log LIMIT 1"))
    except StoreError:
        return JSONResponse({"status": "unavailable"}, status_code=503)
    return JSONResponse({"status": "ok"})


async def _with_headers(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
    secure = hub_of(request).secure_cookies  # now: a mounted application takes the request over
    response = await answer(request) if _is_small(request) else Response(status_code=413)
    for name, value in _HEADERS.items():
        response.headers[name] = value
    if secure:
        response.headers["Strict-Transport-Security"] = _TRANSPORT_SECURITY
    return response


def _is_small(request: Request) -> bool:
    """Whether a form may be read into memory: its length must be known before.

    What kiosks and payment providers send is counted as it is read: a provider may send in pieces, of unknown length.
    """
    if request.url.path.startswith(f"{wire.API}/"):
        return True
    length = request.headers.get("content-length", "")
    return request.method != "POST" or (length.isdigit() and int(length) <= _LARGEST_FORM_BYTES)


def _not_signed_in(request: Request, error: Exception) -> Response:
    return RedirectResponse("/sign-in", status_code=303)


def _forbidden(request: Request, error: Exception) -> Response:
    assert isinstance(error, ForbiddenError)
    hub_of(request).audit.append(
        actor=error.user.name,
        role=error.user.role.value,
        action="denied",
        target=request.url.path,
        allowed=False,
        address=client_address(request),
    )
    return render(request, "message.html", status=403, message="error.forbidden")


def _bad_request(request: Request, error: Exception) -> Response:
    return render(request, "message.html", status=400, message="error.bad_request")


def _not_found(request: Request, error: Exception) -> Response:
    return render(request, "message.html", status=404, message="error.not_found")


def _store_failed(request: Request, error: Exception) -> Response:
    return render(request, "message.html", status=503, message="error.store")


def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    message = "error.not_found" if error.status_code == 404 else "error.bad_request"
    return render(request, "message.html", status=error.status_code, message=message)
