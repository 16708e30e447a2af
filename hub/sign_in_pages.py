"""Signing in and out, and the language switch."""

import secrets
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from hub.accounts import TOKEN_BYTES, Accepted, Locked, Refused, same_secret
from hub.context import (
    FORM_COOKIE,
    LANGUAGE_COOKIE,
    SESSION_COOKIE,
    AnyUser,
    BadRequestError,
    client_address,
    hub_of,
    language_of,
    record,
    render,
)
from hub.localtime import local_text
from hub.tables import Role
from hub.texts import Language, words

router = APIRouter()

HOME = {Role.AUDITOR: "/log", Role.IT: "/system"}


@router.get("/")
def home(user: AnyUser) -> Response:
    """Where each role starts."""
    return RedirectResponse(HOME[user.role], status_code=303)


@router.get("/sign-in")
def sign_in_form(request: Request) -> Response:
    """The sign-in page. Before there is a session, a cookie of its own carries the form's secret."""
    return _form(request, "", 200)


@router.post("/sign-in")
def sign_in(
    request: Request,
    name: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    form_token: Annotated[str, Form()] = "",
) -> Response:
    """Check name and password. A refusal is recorded under no name: people type passwords into the wrong field."""
    hub = hub_of(request)
    text = words(language_of(request))
    if not same_secret(form_token, request.cookies.get(hub.cookie(FORM_COOKIE), "")):
        return _form(request, text("sign_in.expired"), 400)
    match hub.accounts.sign_in(name, password):
        case Accepted(user=user, token=token):
            record(request, user, "sign_in")
            response = RedirectResponse(HOME[user.role], status_code=303)
            hub.set_cookie(response, SESSION_COOKIE, token)
            hub.drop_cookie(response, FORM_COOKIE)
            return response
        case Locked(until=until):
            _record_failure(request, "locked")
            return _form(request, text("sign_in.locked", time=local_text(until)), 429)
        case Refused():
            _record_failure(request, "")
            return _form(request, text("sign_in.refused"), 401)


@router.post("/sign-out")
def sign_out(request: Request, user: AnyUser, csrf_token: Annotated[str, Form()] = "") -> Response:
    """End this browser's session."""
    hub = hub_of(request)
    if not same_secret(csrf_token, user.csrf_token):
        raise BadRequestError
    record(request, user, "sign_out")
    hub.accounts.sign_out(request.cookies[hub.cookie(SESSION_COOKIE)])
    response = RedirectResponse("/sign-in", status_code=303)
    hub.drop_cookie(response, SESSION_COOKIE)
    return response


@router.get("/language/{language}")
def choose_language(request: Request, language: str, back: str = "/") -> Response:
    """Remember the language and go back to the page, but to none of another site."""
    if language not in set(Language) or not back.startswith("/") or back[1:2] in {"/", "\\"}:
        raise BadRequestError
    response = RedirectResponse(back, status_code=303)
    hub_of(request).set_cookie(response, LANGUAGE_COOKIE, language)
    return response


def _form(request: Request, message: str, status: int) -> Response:
    form_token = secrets.token_urlsafe(TOKEN_BYTES)
    response = render(request, "sign_in.html", status=status, message=message, form_token=form_token)
    hub_of(request).set_cookie(response, FORM_COOKIE, form_token)
    return response


def _record_failure(request: Request, target: str) -> None:
    hub_of(request).audit.append(
        actor="", role="", action="sign_in_failed", target=target, allowed=False, address=client_address(request)
    )
