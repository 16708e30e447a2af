"""What a simulated FHIR server keeps: every version of every resource, and changes that happen whole or not at all."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Resource = dict[str, Any]


class Store:
    """All resources. With a path every change is a line of a file, written before it is answered."""

    def __init__(self, path: Path | None) -> None:
        self._versions: dict[tuple[str, str], list[Resource | None]] = {}
        self._current: dict[str, dict[str, Resource]] = {}
        self._identifiers: dict[tuple[str, str, str], dict[str, None]] = {}
        self._highest = 0
        self._path = path
        if path is not None and path.exists():
            self._load(path)

    def version(self, kind: str, identity: str, version: int) -> Resource | None:
        """One version, from 1; None when there is none or it was the deletion."""
        versions = self._versions.get((kind, identity), [])
        return versions[version - 1] if 0 < version <= len(versions) else None

    def count(self, kind: str, identity: str) -> int:
        """How many versions there are; 0 for a resource that never was."""
        return len(self._versions.get((kind, identity), []))

    def current(self, kind: str, identity: str) -> Resource | None:
        """As it is now; None when there is none."""
        return self._current.get(kind, {}).get(identity)

    def all(self, kind: str) -> Iterator[Resource]:
        """All of a type, oldest first."""
        yield from self._current.get(kind, {}).values()

    def with_identifier(self, kind: str, system: str, value: str) -> Iterator[Resource]:
        """Those with an identifier."""
        for identity in self._identifiers.get((kind, system, value), {}):
            if (found := self.current(kind, identity)) is not None:
                yield found

    def new_id(self) -> str:
        """An id that never was."""
        self._highest += 1
        return str(self._highest)

    def commit(self, changes: list[tuple[str, str, Resource | None]]) -> None:
        """Apply changes: type, id and content, or None for a deletion."""
        if not changes:
            return
        if self._path is not None:
            with self._path.open("ab") as file:
                file.write(json.dumps(changes, ensure_ascii=False).encode() + b"\n")
                file.flush()
                os.fsync(file.fileno())
        for change in changes:
            self._apply(*change)

    def _apply(self, kind: str, identity: str, content: Resource | None) -> None:
        self._versions.setdefault((kind, identity), []).append(content)
        if identity.isdigit():
            self._highest = max(self._highest, int(identity))
        for key in _identifiers(kind, self._current.setdefault(kind, {}).get(identity)):
            self._identifiers[key].pop(identity, None)
        if content is None:
            self._current[kind].pop(identity, None)
            return
        self._current[kind][identity] = content
        for key in _identifiers(kind, content):
            self._identifiers.setdefault(key, {})[identity] = None

    def _load(self, path: Path) -> None:
        whole = 0
        for line in path.read_bytes().splitlines(keepends=True):
            if not line.endswith(b"\n"):
                break  # a power cut in the middle of a line: it was not answered
            for kind, identity, content in json.loads(line):
                self._apply(kind, identity, content)
            whole += len(line)
        os.truncate(path, whole)


def _identifiers(kind: str, resource: Resource | None) -> list[tuple[str, str, str]]:
    rows = (resource or {}).get("identifier", [])
    rows = rows if isinstance(rows, list) else [rows]
    return [(kind, row.get("system", ""), row.get("value", "")) for row in rows]


class Unit:
    """Changes that belong together, seen by whoever makes them and by nobody else until they are committed."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._changed: dict[tuple[str, str], Resource | None] = {}

    def get(self, kind: str, identity: str) -> Resource | None:
        """As it will be."""
        if (kind, identity) in self._changed:
            return self._changed[(kind, identity)]
        return self._store.current(kind, identity)

    def all(self, kind: str) -> Iterator[Resource]:
        """All of a type as they will be."""
        for resource in self._store.all(kind):
            if (kind, resource["id"]) not in self._changed:
                yield resource
        yield from (found for (of, _), found in self._changed.items() if of == kind and found is not None)

    def with_identifier(self, kind: str, system: str, value: str) -> Iterator[Resource]:
        """Those with an identifier as they will be."""
        for resource in self._store.with_identifier(kind, system, value):
            if (kind, resource["id"]) not in self._changed:
                yield resource
        for (of, _), found in self._changed.items():
            if of == kind and found is not None and (kind, system, value) in _identifiers(kind, found):
                yield found

    def versions(self, kind: str, identity: str) -> int:
        """How many versions there will be."""
        return self._store.count(kind, identity) + ((kind, identity) in self._changed)

    def put(self, kind: str, identity: str, content: Resource | None) -> None:
        """Change one resource."""
        self._changed[(kind, identity)] = content

    def changed(self) -> list[Resource]:
        """What will be new or different."""
        return [found for found in self._changed.values() if found is not None]

    def commit(self) -> None:
        """All of it."""
        self._store.commit([(kind, identity, content) for (kind, identity), content in self._changed.items()])
        self._changed = {}
