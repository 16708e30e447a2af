"""The departments a kiosk offers: HealthcareService or ActivityDefinition, with the prices of ChargeItemDefinition.

R4 has no one place for a list of services with prices; where the server has none, the settings have it.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from his_adapter.faults import OutsideFaultCode
from his_adapter.hospital.fhir.client import FhirClient
from his_adapter.hospital.fhir.read import (
    Malformed,
    Node,
    code_of,
    concept_text,
    dong,
    extension,
    identifier,
    reference_to,
)
from his_adapter.hospital.fhir.settings import FhirSettings
from his_adapter.hospital.fhir.terms import TRANSLATION
from his_adapter.http import Deadline
from his_adapter.model import Room, Service, nfc
from his_adapter.model.visit import MAX_PEOPLE

HEALTHCARE_SERVICE, ACTIVITY_DEFINITION = "HealthcareService", "ActivityDefinition"
PRICES = "ChargeItemDefinition"


@dataclass(frozen=True, slots=True)
class Price:
    """Full and insured price of a service, whole đồng; None where it is not told."""

    full: int | None = None
    insured: int | None = None


class Catalogue:
    """The list, kept for a short while; queues move, prices do not."""

    def __init__(self, client: FhirClient, settings: FhirSettings, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._settings = settings
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: tuple[float, tuple[Service, ...]] = (0.0, ())

    def services(self, deadline: Deadline) -> tuple[Service, ...]:
        """As the server has them now. A service without any price is not offered: nobody may be told a wrong fee."""
        listed = self._listed(deadline)
        prices = self._prices(deadline) if listed else {}
        set_here = {one.code: one for one in self._settings.services}
        services = [
            priced for one in listed if one.code not in set_here and (priced := _priced(one, prices)) is not None
        ]
        services += [_as_set(one, listed) for one in self._settings.services]
        if not services:
            raise self._client.fault(OutsideFaultCode.BAD_ANSWER, "no service with a code and a price")
        with self._lock:
            self._kept = (self._clock() + self._settings.kept_s, tuple(services))
        return tuple(services)

    def service(self, code: str, deadline: Deadline) -> Service | None:
        """One service; None when it is not offered."""
        with self._lock:
            until, services = self._kept
        if self._clock() >= until:
            services = self.services(deadline)
        return next((service for service in services if service.code == code), None)

    def _listed(self, deadline: Deadline) -> list["Listed"]:
        kind = self._source(deadline)
        if kind is None:
            return []
        query = [("active", "true"), ("_include", f"{kind}:location")]
        if kind == ACTIVITY_DEFINITION:
            query = [("status", "active")]
        found = self._client.search(kind, query, deadline)
        read = read_healthcare_service if kind == HEALTHCARE_SERVICE else read_activity_definition
        try:
            locations = {node.need("id"): node for node in found if node.text("resourceType") == "Location"}
            rows = [read(node, locations, self._settings) for node in found if node.text("resourceType") == kind]
        except Malformed as error:
            raise self._client.malformed(error) from None
        return [row for row in rows if row is not None]

    def _source(self, deadline: Deadline) -> str | None:
        source = self._settings.service_source
        if source == "settings" or (source == "auto" and self._settings.services):
            return None
        if source != "auto":
            return source
        able = self._client.capabilities(deadline)
        for kind in (HEALTHCARE_SERVICE, ACTIVITY_DEFINITION):
            if able.has(kind, "search-type"):
                return kind
        return None

    def _prices(self, deadline: Deadline) -> Mapping[str, Price]:
        if not self._client.capabilities(deadline).has(PRICES, "search-type"):
            return {}
        found = self._client.search(PRICES, [("status", "active")], deadline)
        try:
            return dict(read_price(node, self._settings) for node in found if node.text("resourceType") == PRICES)
        except Malformed as error:
            raise self._client.malformed(error) from None


@dataclass(frozen=True, slots=True)
class Listed:
    """A service as the server lists it, without prices."""

    code: str
    name_vi: str
    name_en: str
    room: Room
    waiting: int | None


def read_healthcare_service(node: Node, locations: Mapping[str, Node], settings: FhirSettings) -> Listed | None:
    """A department; None for one that is closed or has no code of the services' system."""
    system = settings.systems.service
    codes = (code_of(one, system) for one in node.children("type"))
    code = identifier(node, system) or next((one for one in codes if one), "")
    if not code or node.flag("active") is False:
        return None
    name = node.words("name") or next((text for one in node.children("type") if (text := concept_text(one))), code)
    waiting = extension(node, settings.queue.waiting)
    return Listed(
        code, name, _english(node, "name") or name, _room(node.children("location"), locations), count(waiting)
    )


def read_activity_definition(node: Node, locations: Mapping[str, Node], settings: FhirSettings) -> Listed | None:
    """An examination that can be ordered; None for one that is not active or has no code of the services' system."""
    code = code_of(node.child("code"), settings.systems.service)
    if not code or node.text("status") != "active":
        return None
    name = node.words("title") or node.words("name") or code
    place = node.child("location")
    return Listed(code, name, _english(node, "title") or name, _room((place,) if place else (), locations), None)


def read_price(node: Node, settings: FhirSettings) -> tuple[str, Price]:
    """Code and prices of a ChargeItemDefinition: *base* components, the insured one marked by its code."""
    code = code_of(node.child("code"), settings.systems.service)
    full = insured = None
    for group in node.children("propertyGroup"):
        for part in group.children("priceComponent"):
            if part.text("type") != "base":
                continue
            amount = dong(part.child("amount"))
            marks = {coding.text("code") for coding in part.child("code").children("coding")}
            if settings.insured_component in marks | {part.child("code").text("text")}:
                insured = amount
            else:
                full = amount
    return code, Price(full, insured)


def count(holder: Node) -> int | None:
    """The number of an extension valueInteger, valueUnsignedInt or valuePositiveInt; None when there is none."""
    for name in ("valueInteger", "valueUnsignedInt", "valuePositiveInt"):
        found = holder.whole(name)
        if found is not None:
            if not 0 <= found < MAX_PEOPLE:
                raise Malformed(holder.at(name))
            return found
    return None


def _english(node: Node, name: str) -> str:
    """A text's English translation (extension *translation* of HL7)."""
    for one in node.child(f"_{name}").children("extension"):
        if one.text("url") == TRANSLATION:
            parts = {part.text("url"): part for part in one.children("extension")}
            if "lang" in parts and "content" in parts and parts["lang"].text("valueCode").startswith("en"):
                return nfc(parts["content"].text("valueString") or parts["content"].text("valueMarkdown"))
    return ""


def _room(places: tuple[Node, ...], locations: Mapping[str, Node]) -> Room:
    for place in places:
        target = reference_to(place.text("reference"))
        known = locations.get(target[1]) if target else None
        if known is not None and known.words("name"):
            return Room(known.words("name"), known.child("partOf").words("display"), known.text("id"))
        if place.words("display"):
            return Room(place.words("display"))
    return Room("")


def _priced(listed: Listed, prices: Mapping[str, Price]) -> Service | None:
    price = prices.get(listed.code, Price())
    if price.full is None:
        return None
    insured = price.full if price.insured is None else price.insured
    return Service(
        listed.code, listed.name_vi, listed.name_en, listed.room, price.full, insured, waiting=listed.waiting
    )


def _as_set(one: Service, listed: list[Listed]) -> Service:
    """As the settings say; how many wait, and a room that the settings do not name, are the server's to tell."""
    known = next((row for row in listed if row.code == one.code), None)
    if known is None:
        return one
    return replace(one, room=one.room if one.room.name else known.room, waiting=known.waiting)
