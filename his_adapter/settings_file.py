"""Adapters' settings in a TOML file: tables that become the frozen settings of this room. Secrets stay outside of it.

A secret (a `SecretStr` of the settings) is named by where it lies, never written down: `api_key_file`, a file beside
the settings or an absolute path, whose surrounding white space does not count; or `api_key_env`, a variable of the
environment.
"""

import dataclasses
import json
import os
import tomllib
import typing
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ConfigDict, SecretStr, ValidationError, create_model

Settings = TypeVar("Settings")

FILE, ENV = "_file", "_env"
_CONFIG = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True, allow_inf_nan=False)


class SettingsError(ValueError):
    """The settings cannot be used; the text names the table and the key, and quotes nothing."""


class SettingsFile:
    """An opened settings file. Raises SettingsError when it cannot be read or has a table nobody knows."""

    def __init__(self, path: Path, tables: Collection[str], environ: Mapping[str, str] = os.environ) -> None:
        self._path = path
        self._environ = environ
        try:
            self._tables = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"{path.name}: {type(error).__name__}") from None
        except tomllib.TOMLDecodeError as error:
            raise SettingsError(f"{path.name}: {_place(error)}") from None
        except (ValueError, RecursionError):  # a number of thousands of digits; nested too deep
            raise SettingsError(f"{path.name}: not TOML") from None
        for name, table in self._tables.items():
            if name not in tables or not isinstance(table, dict):
                raise SettingsError(f"{path.name}: there is no table [{name}]")

    @property
    def path(self) -> Path:
        """Where it lies: what it names lies beside it."""
        return self._path

    def __contains__(self, table: str) -> bool:
        return table in self._tables

    def word(self, table: str, key: str, choices: Collection[str]) -> str:
        """One of several words. Raises SettingsError."""
        word = self._tables[table].get(key)
        if word not in choices:
            raise SettingsError(f"{self._path.name}: [{table}] {key}: one of {', '.join(sorted(choices))}")
        return str(word)

    def read(self, table: str, kind: type[Settings], *, without: Collection[str] = ()) -> Settings:
        """A table as settings, a dataclass; `without` are keys of it that belong to somebody else.

        Types are strict, keys the settings do not know are refused, secrets are fetched, and files that are named must
        be there; a relative name begins at the settings' folder. Raises SettingsError.
        """
        given = {key: value for key, value in self._tables.get(table, {}).items() if key not in without}
        values = self._with_secrets(table, given, _secrets_of(kind))
        holder: Any = create_model("Table", __config__=_CONFIG, table=(kind, ...))
        try:
            # by way of JSON: strict about types, and yet a word is an enumeration's member and a list a tuple
            made = typing.cast(Settings, holder.model_validate_json(json.dumps({"table": values}, default=str)).table)
        except ValidationError as error:
            raise SettingsError(f"{self._path.name}: {_first(table, error)}") from None
        return typing.cast(Settings, self._with_files(table, made))

    def _with_files(self, table: str, settings: Any) -> Any:
        """The same settings, with the files they name found; also in the settings they are made of."""
        found: dict[str, Any] = {}
        for part in dataclasses.fields(settings):
            value = getattr(settings, part.name)
            if isinstance(value, Path):
                found[part.name] = self._path.parent / value.expanduser()
                if not found[part.name].exists():
                    raise SettingsError(f"{self._path.name}: [{table}] {part.name}: there is no such file")
            elif dataclasses.is_dataclass(value):
                found[part.name] = self._with_files(f"{table}.{part.name}", value)
        return dataclasses.replace(settings, **found) if found else settings

    def _with_secrets(self, table: str, values: Mapping[str, Any], secrets: Collection[str]) -> dict[str, Any]:
        complete: dict[str, Any] = {}
        for key, value in values.items():
            if isinstance(value, dict):
                complete[key] = self._with_secrets(f"{table}.{key}", value, secrets)
            elif isinstance(value, list):
                rows = (self._with_secrets(f"{table}.{key}", {"": row}, secrets)[""] for row in value)
                complete[key] = list(rows)
            elif key in secrets:
                raise SettingsError(f"{self._path.name}: [{table}] {key}: a secret; give {key}{FILE} or {key}{ENV}")
            elif key.removesuffix(FILE) in secrets:
                complete[key.removesuffix(FILE)] = self._from_file(table, key, value)
            elif key.removesuffix(ENV) in secrets:
                complete[key.removesuffix(ENV)] = self._from_environment(table, key, value)
            else:
                complete[key] = value
        return complete

    def _from_file(self, table: str, key: str, name: object) -> str:
        try:
            secret = (self._path.parent / str(name)).read_text(encoding="utf-8").strip()
        except (OSError, ValueError) as error:  # no UTF-8, or no name of a file
            raise SettingsError(f"{self._path.name}: [{table}] {key}: {type(error).__name__}") from None
        if not secret:
            raise SettingsError(f"{self._path.name}: [{table}] {key}: the file is empty")
        return secret

    def _from_environment(self, table: str, key: str, name: object) -> str:
        secret = self._environ.get(str(name), "").strip()
        if not secret:
            raise SettingsError(f"{self._path.name}: [{table}] {key}: the variable is not set")
        return secret


def _secrets_of(kind: Any) -> frozenset[str]:
    """The names of all secrets in settings, also in the settings they are made of."""
    if not dataclasses.is_dataclass(kind):
        return frozenset().union(*(_secrets_of(part) for part in typing.get_args(kind)))
    names: set[str] = set()
    for name, hint in typing.get_type_hints(kind).items():
        if hint is SecretStr or SecretStr in typing.get_args(hint):
            names.add(name)
        names |= _secrets_of(hint)
    return frozenset(names)


def _place(error: tomllib.TOMLDecodeError) -> str:
    """Where the mistake is, from a message such as "Expected '=' after a key (at line 3, column 5)"."""
    return "not TOML " + str(error).rpartition("(")[2].removesuffix(")")


def _first(table: str, error: ValidationError) -> str:
    first = error.errors(include_input=False, include_url=False)[0]
    place = ".".join(str(part) for part in first["loc"][1:])
    return f"[{table}] {place}: {first['msg']}" if place else f"[{table}]: {first['msg']}"
