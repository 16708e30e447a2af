"""What every page needs: the two stores, who is asking, in which language, and the way to answer."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, cast

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from hub.accounts import Accounts, SignedIn
from hub.localtime import local_text
from hub.tables import Role
from hub.texts import Language, words
from records.audit import AuditTrail
from records.store import Store

SESSION_COOKIE = "hub_session"
FORM_COOKIE = "hub_form"
LANGUAGE_COOKIE = "hub_language"


@dataclass(frozen=True, slots=True)
class Hub:
    """The console's parts. `log` is opened read-only; everything the console writes goes to the hub's own database."""

    log: Store
    accounts: Accounts
    audit: AuditTrail
    templates: Environment
    secure_cookies: bool

    def cookie(self, name: str) -> str:
        """A cookie's name. `__Host-` binds it to this host and to TLS (RFC 6265bis, 4.1.3.2)."""
        return f"__Host-{name}" if self.secure_cookies else name

    def set_cookie(self, response: Response, name: str, value: str) -> None:
        """A cookie for this session of the browser, out of reach for scripts and other sites."""
        response.set_cookie(
            self.cookie(name), value, httponly=True, secure=self.secure_cookies, samesite="strict", path="/"
        )

    def drop_cookie(self, response: Response, name: str) -> None:
        """Take a cookie back."""
        response.delete_cookie(
            self.cookie(name), httponly=True, secure=self.secure_cookies, samesite="strict", path="/"
        )


class NotSignedInError(Exception):
    """There is no valid session: the browser goes to the sign-in page."""


class ForbiddenError(Exception):
    """Signed in, but not with the role, or without the form's secret."""

    def __init__(self, user: SignedIn) -> None:
        super().__init__()
        self.user = user


class BadRequestError(Exception):
    """An address or a form that no page of ours makes."""


class NotFoundError(Exception):
    """No such entry."""


def make_templates() -> Environment:
    """The pages' templates: everything is escaped, a missing name is an error."""
    folder = Path(__file__).parent / "templates"
    environment = Environment(loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined)
    environment.filters["local"] = local_text
    return environment


def hub_of(request: Request) -> Hub:
    """The console's parts behind a request."""
    return cast(Hub, request.app.state.hub)


def language_of(request: Request) -> Language:
    """The language chosen in this browser."""
    chosen = request.cookies.get(hub_of(request).cookie(LANGUAGE_COOKIE))
    return Language.EN if chosen == Language.EN.value else Language.VI


def client_address(request: Request) -> str:
    """Where the request came from, for the audit trail."""
    return request.client.host if request.client else ""


def signed_in(request: Request) -> SignedIn:
    """Who is asking. Raises NotSignedInError."""
    hub = hub_of(request)
    token = request.cookies.get(hub.cookie(SESSION_COOKIE), "")
    user = hub.accounts.session_of(token) if token else None
    if user is None:
        raise NotSignedInError
    request.state.user = user
    return user


AnyUser = Annotated[SignedIn, Depends(signed_in)]


def auditor(user: AnyUser) -> SignedIn:
    """An auditor. Raises ForbiddenError for anybody else."""
    if user.role is not Role.AUDITOR:
        raise ForbiddenError(user)
    return user


Auditor = Annotated[SignedIn, Depends(auditor)]


def record(request: Request, user: SignedIn, action: str, target: str = "") -> None:
    """Write down what is about to be shown. When that fails the page fails: nothing is shown unrecorded."""
    hub_of(request).audit.append(
        actor=user.name,
        role=user.role.value,
        action=action,
        target=target,
        allowed=True,
        address=client_address(request),
    )


def render(request: Request, template: str, *, status: int = 200, **values: object) -> HTMLResponse:
    """A page in the browser's language."""
    text = words(language_of(request))
    page = hub_of(request).templates.get_template(template)
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    user: SignedIn | None = getattr(request.state, "user", None)
    return HTMLResponse(page.render(t=text, user=user, here=here, **values), status_code=status)
