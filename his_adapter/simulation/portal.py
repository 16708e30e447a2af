"""The simulated insurance portal: its real paths, fields and result codes, over invented cards."""

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, TypeAdapter

from his_adapter.clock import now
from his_adapter.simulation import accounts
from his_adapter.simulation.cards import PORTAL_DATE, HeldCard, Registered, birth_format, letters
from his_adapter.simulation.commands import (
    Answer,
    Command,
    Fault,
    ForceCode,
    RegisterCertificate,
    RestrictAccount,
    SetFault,
    System,
)
from his_adapter.simulation.portal_checkin import CheckIns
from his_adapter.simulation.portal_copayment import Copayments, copayment_reply
from his_adapter.simulation.process import Simulator

TOKEN_LIFE = timedelta(minutes=10)
NOTES = {
    "000": "Thông tin thẻ chính xác.",
    "003": "Thẻ cũ hết giá trị sử dụng, được cấp thẻ mới.",
    "004": "Thẻ cũ còn giá trị sử dụng, được cấp thẻ mới.",
    "010": "Thẻ hết giá trị sử dụng.",
    "050": "Không thấy thông tin thẻ.",
    "054": "CCCD cán bộ không có trong danh sách.",
    "055": "Họ tên cán bộ không chính xác.",
    "060": "Thẻ sai họ tên.",
    "061": "Thẻ sai họ tên (đúng kí tự đầu).",
    "070": "Thẻ sai ngày sinh.",
    "205": "Sai định dạng tham số.",
    "401": "Token không hợp lệ.",
    "500": "Lỗi máy chủ.",
}


class _SignIn(BaseModel):
    username: str
    password: str


class _Question(BaseModel):
    maThe: str
    hoTen: str
    ngaySinh: str
    hoTenCb: str
    cccdCb: str


class PortalSimulator(Simulator):
    """Answers for the cards it is given; counts what it is asked."""

    system = System.PORTAL
    impossible = frozenset({Fault.BAD_SIGNATURE})

    def __init__(self, cards: Sequence[HeldCard], facility: str = accounts.OWN_FACILITY) -> None:
        self._facility = facility
        self._by_number: dict[str, HeldCard] = {}
        self._renewed: dict[str, HeldCard] = {}
        for held in cards:
            # the insurance number and the citizen number find the card too
            for number in (held.card.number, held.card.number[5:], held.holder.number):
                self._by_number[number] = held
            if held.card.new_number is not None:
                self._renewed[held.card.new_number] = held
        self._sessions: dict[str, datetime] = {}
        self._token_life = TOKEN_LIFE
        self._forced: str | None = None
        self._restricted = False
        self._check_ins = CheckIns(facility)
        self._sign_ins = self._checks = self._copayments = 0
        self.app = self._build()

    def commands(self) -> TypeAdapter[Command]:
        return TypeAdapter(SetFault | ForceCode | RestrictAccount | RegisterCertificate)

    def fault_changed(self, fault: Fault) -> Fault:
        """A session that is over is simulated where it really ends: among the sessions."""
        self._token_life = timedelta(0) if fault is Fault.EXPIRED_TOKEN else TOKEN_LIFE
        if fault in {Fault.UNAUTHORIZED_ONCE, Fault.EXPIRED_TOKEN}:
            self._sessions.clear()
            return Fault.NONE
        return fault

    async def obey(self, command: Command) -> Answer:
        if isinstance(command, ForceCode):
            self._forced = command.force
        if isinstance(command, RestrictAccount):
            self._restricted = command.restrict
        if isinstance(command, RegisterCertificate):
            try:
                self._check_ins.register(command.certificate)
            except ValueError:
                return Answer(ok=False, error="not a certificate")
        return Answer(ok=True)

    async def close(self) -> None:
        self._sessions.clear()

    def _build(self) -> FastAPI:
        app = FastAPI(title="Simulated insurance portal", docs_url=None, redoc_url=None, openapi_url=None)

        @app.post("/api/token/take")
        async def take(sign_in: _SignIn) -> dict[str, object]:
            return self._take(sign_in)

        @app.post("/api/egw/KQNhanLichSuKCB2024", response_model=None)
        async def check(question: _Question, request: Request) -> dict[str, object] | JSONResponse:
            self._checks += 1
            query = request.query_params
            if not self._signed_in(query.get("token"), query.get("id_token"), query.get("password")) or (
                query.get("username") != accounts.PORTAL_USERNAME
            ):
                return JSONResponse({"message": "Authorization has been denied"}, status_code=401)
            return self._check(question)

        @app.post("/api/TraCuuCCT/TraCuuTienMCCT")
        async def copayments(question: Copayments, request: Request) -> Response:
            self._copayments += 1
            headers = request.headers
            if not self._signed_in(headers.get("accessToken"), headers.get("tokenId"), headers.get("passwordHash")):
                return Response(status_code=401)
            status, answer = copayment_reply(question, self._by_number, self._renewed, self._restricted)
            return JSONResponse(answer, status_code=status)

        @app.post("/api/qd130/checkInKcbQd3176")
        async def check_in(request: Request) -> Response:
            headers = request.headers
            if not self._signed_in(headers.get("accessToken"), headers.get("tokenId"), headers.get("passwordHash")):
                return Response(status_code=401)
            form = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
            return JSONResponse(self._check_ins.take(form))

        @app.get("/simulation/check_ins")
        async def check_ins() -> dict[str, object]:
            return self._check_ins.seen()

        @app.get("/simulation/counts")
        async def counts() -> dict[str, int]:
            return {"sign_ins": self._sign_ins, "checks": self._checks, "copayments": self._copayments}

        return app

    def _take(self, sign_in: _SignIn) -> dict[str, object]:
        self._sign_ins += 1
        if (sign_in.username, sign_in.password) != (accounts.PORTAL_USERNAME, accounts.PORTAL_PASSWORD_MD5.upper()):
            return {"maKetQua": "401", "APIKey": None}
        token = secrets.token_urlsafe(32)
        ends_at = datetime.now(UTC) + self._token_life
        self._sessions[token] = ends_at
        key = {
            "access_token": token,
            "id_token": f"id-{token}",
            "token_type": "Bearer",
            "username": sign_in.username,
            "expires_in": f"{ends_at:%Y-%m-%dT%H:%M:%S.%f}0Z",
        }
        return {"maKetQua": "200", "APIKey": key}

    def _signed_in(self, token: str | None, id_token: str | None, password: str | None) -> bool:
        ends_at = self._sessions.get(token or "")
        return (
            ends_at is not None
            and ends_at > datetime.now(UTC)
            and id_token == f"id-{token}"
            and password == accounts.PORTAL_PASSWORD_MD5.upper()
        )

    def _check(self, question: _Question) -> dict[str, object]:
        if self._forced is not None:
            return _empty(self._forced)
        if question.cccdCb != accounts.OFFICER_NUMBER:
            return _empty("054")
        if letters(question.hoTenCb) != letters(accounts.OFFICER_NAME):
            return _empty("055")
        number = question.maThe.replace(" ", "")
        form = birth_format(question.ngaySinh)
        if form is None or len(number) not in (10, 12, 15):
            return _empty("205")
        renewed = self._renewed.get(number)
        held = renewed or self._by_number.get(number)
        if held is None:
            return _empty("050")
        if letters(question.hoTen) != letters(held.holder.full_name):
            return _empty("061" if _initials(question.hoTen) == _initials(held.holder.full_name) else "060")
        if question.ngaySinh != held.holder.birth_date.strftime(form):
            return _empty("070")
        return self._card(held, as_new=renewed is not None)

    def _card(self, held: HeldCard, *, as_new: bool) -> dict[str, object]:
        card, today = held.card, now().date()
        code = "000" if as_new else card.code
        registered = card.new_registered if as_new else card.registered
        since, until = (card.new_period if as_new else card.period).dates(today)
        number = card.new_number if as_new and card.new_number else card.number
        answer = _empty(code) | {
            "maThe": number,
            "hoTen": held.holder.full_name,
            "ngaySinh": held.holder.birth_date.strftime(PORTAL_DATE),
            "gioiTinh": held.holder.sex,
            "diaChi": held.holder.residence,
            "maDKBD": self._code_of(registered),
            "cqBHXH": "BHXH cơ sở mô phỏng",
            "gtTheTu": since,
            "gtTheDen": until,
            "maKV": card.area,
            "ngayDu5Nam": card.five_years.strftime(PORTAL_DATE) if card.five_years else "",
            "maSoBHXH": number[5:],
        }
        if card.new_number is not None and not as_new:
            new_since, new_until = card.new_period.dates(today)
            answer |= {
                "maTheCu": card.number,
                "maTheMoi": card.new_number,
                "gtTheTuMoi": new_since,
                "gtTheDenMoi": new_until,
                "maDKBDMoi": self._code_of(card.new_registered),
                "tenDKBDMoi": "Cơ sở mô phỏng",
            }
        return answer

    def _code_of(self, registered: Registered) -> str:
        return self._facility if registered is Registered.OWN else accounts.OTHER_FACILITY


def _empty(code: str) -> dict[str, object]:
    names = (
        "maThe hoTen ngaySinh gioiTinh diaChi maDKBD cqBHXH gtTheTu gtTheDen maKV ngayDu5Nam maSoBHXH maTheCu maTheMoi "
        "gtTheTuMoi gtTheDenMoi maDKBDMoi tenDKBDMoi dsLichSuKCB2018 dsLichSuKT2018"
    )
    return {"maKetQua": code, "ghiChu": NOTES.get(code, f"Mã {code}.")} | dict.fromkeys(names.split())


def _initials(name: str) -> str:
    return "".join(word[0] for word in letters(name).split())
