"""Pages for both roles: does the system work, and is the log's chain sound."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from hub.accounts import same_secret
from hub.context import AnyUser, BadRequestError, hub_of, record, render
from records.match_log import verify
from records.outbox import Outbox
from records.reading import LogFilter, kiosks, list_entries

router = APIRouter()


@router.get("/system")
def system(request: Request, user: AnyUser) -> Response:
    """What waits for the hospital system and when a kiosk last wrote; no entry's content."""
    record(request, user, "view_system")
    log = hub_of(request).log
    newest = list_entries(log, LogFilter(), page=1, size=1)
    last = newest.rows[0].entry if newest.rows else None
    return render(
        request, "system.html", outbox=Outbox(log).health(), last=last, kiosks=kiosks(log), total=newest.total
    )


@router.get("/verify")
def verify_page(request: Request, user: AnyUser) -> Response:
    """What verification does, and the button that starts it."""
    return render(request, "verify.html", report=None)


@router.post("/verify")
def run_verify(request: Request, user: AnyUser, csrf_token: Annotated[str, Form()] = "") -> Response:
    """Verify the whole log. A POST, because it reads everything: no link or picture may start it."""
    if not same_secret(csrf_token, user.csrf_token):
        raise BadRequestError
    report = verify(hub_of(request).log)
    found = "ok" if report.ok else f"broken {report.first_bad_kiosk}:{report.first_bad_seq}"
    record(request, user, "verify", f"{report.entries} entries, {found}")
    return render(request, "verify.html", report=report)
