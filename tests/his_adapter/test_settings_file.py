"""Adapters' settings in a file: strict, helpful, and without secrets in it."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import pytest
from pydantic import SecretStr

from his_adapter.settings_file import SettingsError, SettingsFile


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True, slots=True)
class Account:
    user: str
    password: SecretStr


@dataclass(frozen=True, slots=True)
class Example:
    url: str
    key: SecretStr
    limit_s: float = 8.0
    colour: Colour = Colour.RED
    folder: Path | None = None
    account: Account | None = None
    others: tuple[Account, ...] = ()

    def __post_init__(self) -> None:
        if self.limit_s <= 0:
            raise ValueError("a time limit is positive")


def opened(tmp_path: Path, text: str, **environ: str) -> SettingsFile:
    path = tmp_path / "hub.toml"
    path.write_text(text, encoding="utf-8")
    return SettingsFile(path, {"example", "other"}, environ)


def test_tables_become_settings_and_secrets_come_from_where_they_lie(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from a file\n")
    text = """
        [example]
        url = "https://his.hospital.test"
        key_file = "key"
        limit_s = 5
        colour = "red"
        folder = "."
        account = { user = "an", password_env = "PASSWORD" }
        others = [{ user = "binh", password_file = "key" }]
    """
    file = opened(tmp_path, text, PASSWORD="from outside")
    assert "example" in file
    assert "other" not in file
    read = file.read("example", Example)
    assert read == Example(
        "https://his.hospital.test",
        SecretStr("from a file"),
        5.0,
        Colour.RED,
        tmp_path / ".",
        Account("an", SecretStr("from outside")),
        (Account("binh", SecretStr("from a file")),),
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[example]\nurl =", "hub.toml: not TOML at end of document"),
        ("[unknown]", "hub.toml: there is no table [unknown]"),
        ("example = 1", "hub.toml: there is no table [example]"),
        ('[example]\nurl = "x"', "hub.toml: [example] key: Field required"),
        ('[example]\nurl = "x"\nkey = "s3cret"', "hub.toml: [example] key: a secret; give key_file or key_env"),
        ('[example]\nurl = "x"\nkey_file = "missing"', "hub.toml: [example] key_file: FileNotFoundError"),
        ('[example]\nurl = "x"\nkey_file = "empty"', "hub.toml: [example] key_file: the file is empty"),
        ('[example]\nurl = "x"\nkey_env = "NOT_SET"', "hub.toml: [example] key_env: the variable is not set"),
        ('[example]\nurl = 7\nkey_env = "K"', "hub.toml: [example] url: Input should be a valid string"),
        ('[example]\nurl = "x"\nkey_env = "K"\ntypo = 1', "hub.toml: [example] typo: Unexpected keyword argument"),
        (
            '[example]\nurl = "x"\nkey_env = "K"\nlimit_s = "8"',
            "hub.toml: [example] limit_s: Input should be a valid number",
        ),
        (
            '[example]\nurl = "x"\nkey_env = "K"\nlimit_s = 0',
            "hub.toml: [example]: Value error, a time limit is positive",
        ),
        (
            '[example]\nurl = "x"\nkey_env = "K"\naccount = { user = "an", password = "s3cret" }',
            "hub.toml: [example.account] password: a secret; give password_file or password_env",
        ),
    ],
)
def test_a_mistake_is_named_and_nothing_is_quoted(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "empty").write_text("\n")
    with pytest.raises(SettingsError) as caught:
        opened(tmp_path, text, K="k").read("example", Example)
    assert str(caught.value) == message


def test_a_word_is_one_of_those_that_are_offered(tmp_path: Path) -> None:
    file = opened(tmp_path, '[example]\nkind = "red"')
    assert file.word("example", "kind", {"red", "blue"}) == "red"
    with pytest.raises(SettingsError, match="blue, green"):
        file.word("example", "kind", {"green", "blue"})


def test_a_missing_table_stands_for_the_defaults(tmp_path: Path) -> None:
    @dataclass(frozen=True)
    class Limits:
        calls: int = 16

    assert opened(tmp_path, "").read("other", Limits) == Limits()


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"^hub\.toml: FileNotFoundError$"):
        SettingsFile(tmp_path / "hub.toml", set())


@dataclass(frozen=True)
class Files:
    authority: Path | None = None


@dataclass(frozen=True)
class Connected:
    host: str
    tls: Files | None = None


def test_a_named_file_lies_beside_the_settings(tmp_path: Path) -> None:
    (tmp_path / "hub.toml").write_text('[hospital]\nhost = "h"\ntls = { authority = "ca.pem" }\n', encoding="utf-8")
    file = SettingsFile(tmp_path / "hub.toml", ("hospital",))
    with pytest.raises(SettingsError, match=r"\[hospital.tls\] authority: there is no such file"):
        file.read("hospital", Connected)
    (tmp_path / "ca.pem").touch()
    made = file.read("hospital", Connected)
    assert made.tls == Files(tmp_path / "ca.pem")
