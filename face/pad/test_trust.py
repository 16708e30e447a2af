"""`trust`: only what can be proven comes in, and what is in there can be seen and verified."""

import json
from pathlib import Path

import pytest

from cccd_reader.cli import main
from cccd_reader.emulation import TestSigner

Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="session")
def lists(emrtd_data: Path) -> Path:
    return emrtd_data / "master_lists"


@pytest.fixture(scope="session")
def dutch(lists: Path) -> str:
    (found,) = lists.glob("NL_ML_*.ml")
    return str(found)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "trust"


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The certificate of a test authority, in a file."""
    path = tmp_path_factory.mktemp("authority") / "csca.cer"
    path.write_bytes(TestSigner.create().csca_certificate)
    return path


def test_a_master_list_comes_in_under_its_root(lists: Path, dutch: str, store: Path, capsys: Capture) -> None:
    root = str(lists / "NL_ROOT_CA.cer")
    assert main(["trust", "import", dutch, "--root", root, "--store", str(store), "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)["imported"]
    assert (found["kind"], found["added"], found["known"], found["refused"]) == ("master list", 411, 0, [])
    assert main(["trust", "import", dutch, "--root", root, "--store", str(store)]) == 0
    assert "0 added, 411 known already" in capsys.readouterr().out
    assert main(["trust", "list", "--store", str(store), "--country", "vn"]) == 0
    (line, counts) = capsys.readouterr().out.splitlines()
    assert line.startswith("VN  authority  2022-06-29 to 2037-10-01  6b5fa6fe45cc4e85  ")
    assert counts.startswith("411 authorities")
    assert main(["trust", "verify", "--store", str(store)]) == 0
    assert " successful" in capsys.readouterr().out.splitlines()[-1]


def test_a_master_list_without_its_root_stays_outside(dutch: str, store: Path, capsys: Capture) -> None:
    assert main(["trust", "import", dutch, "--store", str(store)]) == 8
    assert "nothing imported" in capsys.readouterr().out
    assert not store.exists()


def test_a_root_that_is_in_the_store_serves(lists: Path, dutch: str, store: Path, capsys: Capture) -> None:
    assert main(["trust", "import", str(lists / "NL_ROOT_CA.cer"), "--store", str(store)]) == 0
    assert main(["trust", "import", dutch, "--store", str(store)]) == 0
    assert "410 added, 1 known already" in capsys.readouterr().out


def test_certificates_are_authorities_or_pinned_signers(authority: Path, store: Path, capsys: Capture) -> None:
    assert main(["trust", "import", str(authority), "--store", str(store)]) == 0
    capsys.readouterr()
    assert main(["trust", "list", "--store", str(store), "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)["certificates"]
    assert (found["role"], found["country"], found["source"]) == ("authority", "VN", "csca.cer")
    # An authority's key may not sign documents, so it cannot be pinned as a document signer.
    assert main(["trust", "import", str(authority), "--pin", "--store", str(store)]) == 8
    assert "key usage" in capsys.readouterr().out


def test_a_file_that_is_nothing_is_said_to_be_so_and_the_others_come_in(
    authority: Path, store: Path, tmp_path: Path, capsys: Capture
) -> None:
    nothing = tmp_path / "nothing.cer"
    nothing.write_bytes(b"nothing")
    assert main(["trust", "import", str(nothing), str(authority), "--store", str(store)]) == 7
    printed = capsys.readouterr().out
    assert "nothing.cer: none of what can be imported" in printed
    assert "csca.cer: certificates: 1 added" in printed
    assert main(["trust", "import", str(authority), "--root", str(nothing), "--store", str(store)]) == 7
    assert main(["trust", "import", str(tmp_path / "none.cer"), "--store", str(store)]) == 1


def test_a_file_that_does_not_end(store: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cccd_reader.cli.trust.MAX_FILE_BYTES", 1000)
    assert main(["trust", "import", "/dev/zero", "--store", str(store)]) == 1
    assert "longer than 1000 bytes" in capsys.readouterr().err


@pytest.mark.parametrize("action", ["list", "verify"])
def test_a_store_that_is_not_there_is_no_empty_store(action: str, store: Path, capsys: Capture) -> None:
    assert main(["trust", action, "--store", str(store)]) == 1
    assert "no such folder" in capsys.readouterr().err


def test_a_broken_file_in_the_store_is_found(authority: Path, store: Path, capsys: Capture) -> None:
    assert main(["trust", "import", str(authority), "--store", str(store)]) == 0
    (store / "csca" / "broken.cer").write_bytes(b"broken")
    capsys.readouterr()
    assert main(["trust", "verify", "--store", str(store), "--json"]) == 8
    report = json.loads(capsys.readouterr().out)
    assert report["failed"] == 1
    assert [finding["file"] for finding in report["findings"] if finding["state"] == "failed"] == ["csca/broken.cer"]
    assert main(["trust", "verify", "--store", str(store)]) == 8
    assert capsys.readouterr().out.splitlines()[-1] == "1 successful, 1 failed"
    assert main(["trust", "list", "--store", str(store)]) == 0
    assert "csca/broken.cer" in capsys.readouterr().err


def test_the_help_of_each_action(capsys: Capture) -> None:
    for action in ([], ["import"], ["list"], ["verify"]):
        with pytest.raises(SystemExit) as stopped:
            main(["trust", *action, "--help"])
        assert stopped.value.code == 0
    assert "--root CERT" in capsys.readouterr().out
