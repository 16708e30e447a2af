"""A kiosk's figures lie in a file that the monitoring's collector reads."""

import pytest

from his_adapter.guard import OutsideMetrics
from kiosk.app.figures import EVERY_S, FILE_NAME, FiguresFile


@pytest.fixture
def seconds():
    return [0.0]


@pytest.fixture
def figures(store, tmp_path, seconds):
    return FiguresFile(OutsideMetrics(), store, tmp_path / FILE_NAME, clock=lambda: seconds[0])


def test_what_waits_is_in_the_file_and_nobody_is(figures, tmp_path, visit_id):
    figures.update()
    text = (tmp_path / FILE_NAME).read_text()
    assert 'tiepdon_outbox_pending{destination="his"} 1.0' in text
    assert "tiepdon_outbox_oldest_timestamp_seconds" in text
    assert visit_id not in text
    assert "001198990123" not in text
    assert not (tmp_path / FILE_NAME).with_suffix(".part").exists()


def test_it_is_written_as_often_as_somebody_may_read_it(figures, tmp_path, seconds):
    figures.update()
    (tmp_path / FILE_NAME).unlink()
    seconds[0] += EVERY_S - 1
    figures.update()
    assert not (tmp_path / FILE_NAME).exists()
    seconds[0] += 1
    figures.update()
    assert (tmp_path / FILE_NAME).exists()


def test_a_disk_that_refuses_the_file_stops_nothing(store, tmp_path):
    figures = FiguresFile(OutsideMetrics(), store, tmp_path / "no folder" / FILE_NAME)
    figures.update()
    assert list(tmp_path.rglob("*.prom*")) == []
