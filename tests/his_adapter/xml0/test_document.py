"""The document: what is written is read, and nothing else is."""

import re
from collections.abc import Callable
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from his_adapter.bhyt.xml0 import (
    CheckInRecord0,
    SigningIdentity,
    UnreadableDocument,
    build_tree,
    read_document,
    to_bytes,
)
from his_adapter.bhyt.xml0.document import MAX_BYTES
from his_adapter.bhyt.xml0.fields import FIELDS

from .conftest import RECORD

Records = Callable[..., CheckInRecord0]
XS = "{http://www.w3.org/2001/XMLSchema}"


def written(*records: CheckInRecord0) -> bytes:
    return to_bytes(build_tree(records or (RECORD,)))


def test_the_schema_says_what_the_field_table_says() -> None:
    schema = etree.fromstring(resources.files("his_adapter.bhyt.xml0").joinpath("checkin.xsd").read_bytes())
    order = schema.find(f"{XS}complexType[@name='record']/{XS}sequence")
    assert order is not None
    assert [element.get("name") for element in order] == [rule.name for rule in FIELDS]
    for rule in FIELDS:
        restriction = schema.find(f"{XS}simpleType[@name='{rule.name}']/{XS}restriction")
        assert restriction is not None
        said = {facet.tag.removeprefix(XS): facet.get("value") for facet in restriction}
        expected = {"maxLength": str(rule.max_length)}
        if rule.required:
            expected["minLength"] = "1"
        if rule.pattern:
            expected["pattern"] = rule.pattern if rule.required else f"({rule.pattern})?"
        assert said == expected, rule.name


def test_the_elements_are_where_the_decision_puts_them() -> None:
    root = etree.fromstring(written())
    assert root.tag == "CHI_TIEU_TRANG_THAI_KCB"
    assert [element.tag for element in root] == ["DSACH_TRANG_THAI_KCB", "CHUKYDONVI"]
    (one,) = root[0]
    assert one.tag == "TRANG_THAI_KCB"
    assert [(element.tag, element.text or "") for element in one] == [
        (rule.name, RECORD.value(rule.name)) for rule in FIELDS
    ]


def test_what_is_written_is_read(record: Records) -> None:
    records = (record(), record(stt="2", ten_dich_vu="A < B & C > \"D\" 'E' ]]> Ế"), record(ma_lk="V0002"))
    assert read_document(written(*records)) == records


TEXTS = st.text(max_size=40).filter(lambda text: " ".join(text.split()))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TEXTS, TEXTS)
def test_any_text_comes_back_or_is_refused(record: Records, name: str, reserve: str) -> None:
    try:
        one = record(ho_ten=name, du_phong=reserve)
    except ValueError:
        return
    assert read_document(written(one)) == (one,)


def test_a_document_holds_each_record_once(record: Records) -> None:
    with pytest.raises(ValueError, match="once"):
        build_tree((record(), record(ho_ten="NGƯỜI KHÁC")))
    with pytest.raises(ValueError, match="hundred"):
        build_tree(())
    with pytest.raises(ValueError, match="hundred"):
        build_tree([record(stt=str(number)) for number in range(1, 102)])
    twice = written(record(), record(stt="2")).replace(b"<STT>2<", b"<STT>1<")
    with pytest.raises(UnreadableDocument, match="twice"):
        read_document(twice)


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (b"<STT>1</STT>", b"", "schema"),
        (b"<STT>1</STT>", b"<STT>1</STT><STT>1</STT>", "schema"),
        (b"<STT>1</STT><MA_BN>BN0001</MA_BN>", b"<MA_BN>BN0001</MA_BN><STT>1</STT>", "schema"),
        (b"<STT>1</STT>", b"<STT>x</STT>", "schema"),
        (b"<STT>1</STT>", b"<STT><b>1</b></STT>", "schema"),
        (b"<STT>1</STT>", b'<STT x="1">1</STT>', "schema"),
        (b"<CHUKYDONVI/>", b"", "schema"),
        (b"<CHUKYDONVI/>", b"<CHUKYDONVI><x/></CHUKYDONVI>", "schema"),
        (b"CHI_TIEU_TRANG_THAI_KCB", b"CHECKIN", "schema"),
        (b"199002030000", b"199002310000", "NGAY_SINH"),
        (b"HO_TEN>NGUY", b"HO_TEN><!-- x -->NGUY", "comments"),
        (b"HO_TEN>NGUY", b"HO_TEN><?x y?>NGUY", "comments"),
        (b"<CHI_TIEU_TRANG_THAI_KCB>", b"<!-- x --><CHI_TIEU_TRANG_THAI_KCB>", "comments"),
        (b"<CHI_TIEU_TRANG_THAI_KCB>", b"<!DOCTYPE a><CHI_TIEU_TRANG_THAI_KCB>", "document type"),
        (
            b"<CHI_TIEU_TRANG_THAI_KCB>",
            b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><CHI_TIEU_TRANG_THAI_KCB>',
            "document type",
        ),
        (b"BN0001", b"&e;", "not XML"),
        (b"UTF-8", b"ISO-8859-1", "UTF-8"),
        (b"UTF-8", b"no-such", "not XML"),
    ],
)
def test_what_is_not_by_the_rules_is_not_read(old: bytes, new: bytes, why: str) -> None:
    document = written()
    assert old in document
    with pytest.raises(UnreadableDocument, match=why):
        read_document(document.replace(old, new))


def test_an_entity_that_grows_is_not_let_grow() -> None:
    entities = b"".join(b'<!ENTITY e%d "%s">' % (n, b"&e%d;" % (n - 1) * 10) for n in range(1, 12))
    document = written().replace(
        b"<CHI_TIEU_TRANG_THAI_KCB>", b'<!DOCTYPE a [<!ENTITY e0 "x">%s]><CHI_TIEU_TRANG_THAI_KCB>' % entities
    )
    with pytest.raises(UnreadableDocument):
        read_document(document.replace(b"BN0001", b"&e11;"))


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"\x00",
        b"<a>" * 100_000,
        b" " * (MAX_BYTES + 1),
        "<a/>".encode("utf-16"),
        b"\xff\xfe<",
        b"<?xml version='1.0' encoding='utf-7'?><a/>",
    ],
)
def test_other_bytes_are_not_read(document: bytes) -> None:
    with pytest.raises(UnreadableDocument):
        read_document(document)


@given(
    st.binary(max_size=200)
    | st.integers(0, 900).flatmap(lambda at: st.binary(max_size=4).map(lambda b: damaged(at, b)))
)
def test_any_bytes_are_read_or_refused(document: bytes) -> None:
    try:
        records = read_document(document)
    except UnreadableDocument:
        return
    assert records


def damaged(at: int, with_bytes: bytes) -> bytes:
    document = written()
    return document[:at] + with_bytes + document[at + len(with_bytes) :]


def test_the_pages_example_runs(identity: SigningIdentity) -> None:
    page = (Path(__file__).parents[3] / "docs" / "insurance_portal.md").read_text("utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    names: dict[str, object] = {"record": RECORD, "identity": identity}
    exec(compile(code, "docs/insurance_portal.md", "exec"), names)
    assert b"CHUKYDONVI" in names["document"]  # type: ignore[operator]
