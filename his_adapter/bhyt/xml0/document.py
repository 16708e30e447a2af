"""The document around check-in records: built, and read back strictly.

Foreign bytes are read without entities, document types, comments, processing instructions or network, bounded in size,
and against `checkin.xsd`, which is ours (see there for how sure it is).
"""

from collections.abc import Sequence
from functools import cache
from importlib import resources

from lxml import etree

from his_adapter.bhyt.xml0.fields import FIELDS
from his_adapter.bhyt.xml0.record import CheckInRecord0, InvalidRecord

ROOT = "CHI_TIEU_TRANG_THAI_KCB"
LIST = "DSACH_TRANG_THAI_KCB"
RECORD = "TRANG_THAI_KCB"
SIGNATURE_PLACE = "CHUKYDONVI"
MAX_BYTES = 1 << 20


class UnreadableDocument(ValueError):
    """Not a check-in document. Says why without quoting it."""


@cache
def _schema() -> etree.XMLSchema:
    text = resources.files(__package__).joinpath("checkin.xsd").read_bytes()
    return etree.XMLSchema(etree.fromstring(text))


def build_tree(records: Sequence[CheckInRecord0]) -> etree._Element:
    """The unsigned document. Raises ValueError for none, too many, or one record twice."""
    if len({record.key for record in records}) != len(records):
        raise ValueError("a document holds each record once")
    root = etree.Element(ROOT)
    listed = etree.SubElement(root, LIST)
    for record in records:
        element = etree.SubElement(listed, RECORD)
        for rule in FIELDS:
            etree.SubElement(element, rule.name).text = record.value(rule.name)
    etree.SubElement(root, SIGNATURE_PLACE)
    if not _schema().validate(root):
        raise ValueError("a document holds between one and a hundred records")
    return root


def to_bytes(root: etree._Element) -> bytes:
    """As it is sent: UTF-8 with a declaration, not indented, so that no space changes under a signature."""
    text: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return text


def parse_tree(document: bytes) -> etree._Element:
    """A document's tree, valid by the schema. Raises UnreadableDocument for any other bytes."""
    if len(document) > MAX_BYTES:
        raise UnreadableDocument("too long")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False
    )
    try:
        root = etree.fromstring(document, parser)
    except (etree.LxmlError, ValueError, LookupError):
        raise UnreadableDocument("not XML") from None
    info = root.getroottree().docinfo
    if info.internalDTD is not None or info.externalDTD is not None:
        raise UnreadableDocument("a document type")
    if info.encoding is not None and info.encoding.upper() != "UTF-8":
        raise UnreadableDocument("not UTF-8")
    # a comment in the midst of a value would hide its second half, and is not covered by a signature
    if (
        root.getprevious() is not None
        or root.getnext() is not None
        or any(not isinstance(node.tag, str) for node in root.iter())
    ):
        raise UnreadableDocument("comments or instructions")
    if not _schema().validate(root):
        raise UnreadableDocument("not by the schema")
    return root


def records_of(listed: etree._Element) -> tuple[CheckInRecord0, ...]:
    """The records of a list that is valid by the schema. Raises UnreadableDocument."""
    try:
        records = tuple(
            CheckInRecord0(**{child.tag.lower(): child.text or "" for child in element}) for element in listed
        )
    except InvalidRecord as error:
        raise UnreadableDocument(str(error)) from None
    if len({record.key for record in records}) != len(records):
        raise UnreadableDocument("a record twice")
    return records


def read_document(document: bytes) -> tuple[CheckInRecord0, ...]:
    """The records of a document, whoever signed it or not (`signature.verify` asks). Raises UnreadableDocument."""
    return records_of(parse_tree(document)[0])
