"""Where each key and value of a TOML document stands. tomllib gives values without places, so the text is walked again.

The walk trusts that tomllib has accepted the text: it needs no error handling of its own, only to step over
strings, comments, arrays and inline tables without mistaking their content for keys.
"""

import tomllib

Path = tuple[str | int, ...]
"""A key's path as pydantic gives it: names of tables and keys, and indices of arrays."""

_BARE_END = frozenset(" \t.=]\r\n")
_SCALAR_END = frozenset(",]}\r\n#")
_QUOTES = ('"""', "'''", '"', "'")


def index_lines(text: str) -> dict[Path, int]:
    """Line (from 1) of every table, key and array element of a valid TOML text."""
    return _Walk(text.replace("\r\n", "\n")).run()


def value_span(text: str, path: Path) -> tuple[int, int] | None:
    """Offsets in `text` of the value of the key at `path`; None when the key is not there."""
    walk = _Walk(text)
    walk.run()
    return walk.spans.get(path)


def header_end(text: str, table: Path) -> int | None:
    """Offset behind the closing bracket of `[table]`; None when the table has no such line."""
    walk = _Walk(text)
    walk.run()
    return walk.headers.get(table)


def line_of(index: dict[Path, int], path: Path) -> int:
    """Line of `path` or of the nearest table around it; 0 when nothing of it is in the file."""
    for length in range(len(path), 0, -1):
        if path[:length] in index:
            return index[path[:length]]
    return 0


class _Walk:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._line = 1
        self._index: dict[Path, int] = {}
        self._tables_seen: dict[Path, int] = {}
        self.spans: dict[Path, tuple[int, int]] = {}
        self.headers: dict[Path, int] = {}

    def run(self) -> dict[Path, int]:
        table: Path = ()
        while self._skip_blank():
            if self._peek("[["):
                table = self._header("[[", "]]", array=True)
            elif self._peek("["):
                table = self._header("[", "]", array=False)
            else:
                self._pair(table)
        return self._index

    def _peek(self, token: str) -> bool:
        return self._text.startswith(token, self._at)

    def _step(self, count: int = 1) -> None:
        self._line += self._text.count("\n", self._at, self._at + count)
        self._at += count

    def _skip_blank(self) -> bool:
        """Step over white space, new lines and comments; False at the end of the text."""
        while self._at < len(self._text):
            if self._text[self._at] == "#":
                end = self._text.find("\n", self._at)
                self._step((len(self._text) if end < 0 else end) - self._at)
            elif self._text[self._at].isspace():
                self._step()
            else:
                return True
        return False

    def _header(self, opening: str, closing: str, *, array: bool) -> Path:
        line = self._line
        self._step(len(opening))
        names = self._keys()
        self._step(len(closing))
        path = self._resolve(names[:-1])
        path = (*path, names[-1])
        self._note(path, line)
        if not array:
            self.headers[path] = self._at
            return path
        number = self._tables_seen.get(path, -1) + 1
        self._tables_seen[path] = number
        self._note((*path, number), line)
        return (*path, number)

    def _resolve(self, names: Path) -> Path:
        """In `[a.b]` below `[[a]]`, the name `a` means the last element of the array."""
        path: Path = ()
        for name in names:
            path = (*path, name)
            if path in self._tables_seen:
                path = (*path, self._tables_seen[path])
        return path

    def _note(self, path: Path, line: int) -> None:
        for length in range(1, len(path) + 1):
            self._index.setdefault(path[:length], line)

    def _keys(self) -> Path:
        """A dotted key; stops at what follows it (`=` or `]`)."""
        names: list[str] = []
        while True:
            self._skip_spaces()
            names.append(self._key())
            self._skip_spaces()
            if not self._peek("."):
                return tuple(names)
            self._step()

    def _skip_spaces(self) -> None:
        while self._peek(" ") or self._peek("\t"):
            self._step()

    def _key(self) -> str:
        start = self._at
        if self._text[start] in "\"'":
            self._string(self._text[start])
            literal = self._text[start : self._at]
            return str(tomllib.loads(f"key = {literal}")["key"])
        while self._text[self._at] not in _BARE_END:
            self._step()
        return self._text[start : self._at]

    def _pair(self, table: Path) -> None:
        line = self._line
        path = (*table, *self._keys())
        self._note(path, line)
        self._step()  # the equals sign
        self._skip_spaces()
        start = self._at
        self._value(path)
        self.spans[path] = (start, start + len(self._text[start : self._at].rstrip()))

    def _value(self, path: Path) -> None:
        for quote in _QUOTES:
            if self._peek(quote):
                self._string(quote)
                return
        if self._peek("["):
            self._array(path)
        elif self._peek("{"):
            self._inline_table(path)
        else:
            while self._at < len(self._text) and self._text[self._at] not in _SCALAR_END:
                self._step()

    def _string(self, quote: str) -> None:
        self._step(len(quote))
        escapes = quote[0] == '"'
        while not self._peek(quote):
            self._step(2 if escapes and self._peek("\\") else 1)
        self._step(len(quote))
        if len(quote) == 3:  # up to two quotes may stand right before the closing three
            while self._peek(quote[0]):
                self._step()

    def _array(self, path: Path) -> None:
        self._step()
        number = 0
        while self._skip_blank() and not self._peek("]"):
            if self._peek(","):
                self._step()
                continue
            self._note((*path, number), self._line)
            self._value((*path, number))
            number += 1
        self._step()

    def _inline_table(self, path: Path) -> None:
        self._step()
        while self._skip_blank() and not self._peek("}"):
            if self._peek(","):
                self._step()
                continue
            self._pair(path)
        self._step()
