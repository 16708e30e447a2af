"""The lists a person writes: pairs and labels."""

from pathlib import Path

import pytest

from face.evaluation.labels import read_labels
from face.evaluation.pairs import read_pairs
from face.evaluation.table import TableError


def write(folder: Path, text: str) -> Path:
    path = folder / "list.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_each_picture_is_listed_once_and_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    pairs = read_pairs(write(tmp_path, "\ufeffa,b,same\nx/1.jpg,2.jpg,1\nx/1.jpg, 3.jpg ,0\n\n2.jpg,3.jpg,false\n"))
    assert pairs.chip == (tmp_path / "x/1.jpg", tmp_path / "2.jpg")
    assert pairs.live == (tmp_path / "2.jpg", tmp_path / "3.jpg")
    assert pairs.a.tolist() == [0, 0, 1]
    assert pairs.b.tolist() == [0, 1, 1]
    assert pairs.same.tolist() == [True, False, False]


def test_columns_may_come_in_any_order_and_with_others(tmp_path: Path) -> None:
    pairs = read_pairs(write(tmp_path, "Same,note,B,A\n1,x,b.jpg,a.jpg\n"))
    assert (pairs.chip, pairs.live) == ((tmp_path / "a.jpg",), (tmp_path / "b.jpg",))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "line 1, column a: is needed exactly once in the first line, which has nothing"),
        ("a,b\n1,2\n", "line 1, column same: is needed exactly once"),
        ("a,b,same,a\n", "line 1, column a: is needed exactly once"),
        ("a,b,same\n", "line 1: there are no pairs"),
        ("a,b,same\nx,y,1\nx,y,maybe\n", "line 3, column same: is 'maybe', not 1 or 0"),
        ("a,b,same\nx,,1\n", "line 2, column b: is empty"),
        ("a,b,same\nx,y\n", "line 2: 2 columns, the first line has 3"),
        ('a,b,same\n"x,y,1\n', "line 2: "),
    ],
)
def test_what_is_wrong_is_said_with_its_line_and_column(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(TableError, match=f"^list.csv, {complaint}"):
        read_pairs(write(tmp_path, text))


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes("a,b,same\nHồ.jpg,b.jpg,1\n".encode("utf-16"))
    with pytest.raises(TableError, match="not UTF-8"):
        read_pairs(path)


def test_labels_say_what_they_know(tmp_path: Path) -> None:
    labels = read_labels(
        write(tmp_path, "file,gender,ethnicity,age\n1.jpg,Female,,24\n2.jpg,male,asian,NA\n3.jpg,,,60\n")
    )
    first, second, third = (labels[tmp_path / f"{number}.jpg"] for number in (1, 2, 3))
    assert (first.gender, first.ethnicity, first.age) == ("female", None, "18-29")
    assert (second.gender, second.ethnicity, second.age) == ("male", "asian", None)
    assert (third.gender, third.age) == (None, "60 and over")


def test_an_age_that_is_no_number_is_said(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="line 2, column age: is 'old', not a number of years"):
        read_labels(write(tmp_path, "file,age\n1.jpg,old\n"))
