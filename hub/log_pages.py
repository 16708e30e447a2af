"""The auditor's pages: list, detail, export and access history of the match log."""

import math

from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse

from hub.context import Auditor, BadRequestError, NotFoundError, hub_of, record, render
from hub.csv_export import csv_lines
from hub.filters import ListFilter, read_filter, read_page
from records.evidence import Decision
from records.match_log import check_entry
from records.reading import export_entries, find_entry, kiosks, list_entries, visit_behind
from records.tables import NAME_LENGTH

router = APIRouter()

PAGE_SIZE = 50
HIGHEST_SEQ = 2**63 - 1  # what the column holds


@router.get("/log")
def log_list(request: Request, user: Auditor) -> Response:
    """The entries that fit the filter, newest first."""
    chosen, page = _filter_of(request), _page_of(request)
    record(request, user, "view_list", chosen.query(page))
    log = hub_of(request).log
    found = list_entries(log, chosen.wanted(), page=page, size=PAGE_SIZE)
    return render(
        request,
        "log_list.html",
        rows=found.rows,
        total=found.total,
        page=page,
        pages=max(1, math.ceil(found.total / PAGE_SIZE)),
        chosen=chosen,
        decisions=list(Decision),
        kiosks=kiosks(log),
    )


@router.get("/log/export.csv")
def log_export(request: Request, user: Auditor) -> Response:
    """All entries that fit the filter, as a file."""
    chosen = _filter_of(request)
    record(request, user, "export", chosen.query())
    lines = csv_lines(export_entries(hub_of(request).log, chosen.wanted()))
    headers = {"Content-Disposition": 'attachment; filename="match-log.csv"'}
    return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/log/{kiosk_id}/{seq}")
def log_entry(request: Request, user: Auditor, kiosk_id: str, seq: str) -> Response:
    """One entry with all its evidence, the visit behind it (masked) and whether it fits the chain."""
    if not seq.isascii() or not seq.isdigit() or int(seq) > HIGHEST_SEQ or len(kiosk_id) > NAME_LENGTH:
        raise NotFoundError
    record(request, user, "view_entry", f"{kiosk_id}:{int(seq)}")
    log = hub_of(request).log
    row = find_entry(log, kiosk_id, int(seq))
    if row is None:
        raise NotFoundError
    return render(
        request,
        "log_entry.html",
        row=row,
        entry=row.entry,
        visit=visit_behind(log, kiosk_id, row.seq),
        finding=check_entry(log, kiosk_id, row.seq),
    )


@router.get("/audit")
def access_history(request: Request, user: Auditor) -> Response:
    """Who looked at what, newest first, this view included."""
    page = _page_of(request)
    record(request, user, "view_audit", f"page={page}")
    found = hub_of(request).audit.page(page, PAGE_SIZE)
    pages = max(1, math.ceil(found.total / PAGE_SIZE))
    return render(request, "audit.html", events=found.events, page=page, pages=pages)


def _filter_of(request: Request) -> ListFilter:
    try:
        return read_filter(request.query_params)
    except ValueError:
        raise BadRequestError from None


def _page_of(request: Request) -> int:
    try:
        return read_page(request.query_params)
    except ValueError:
        raise BadRequestError from None
