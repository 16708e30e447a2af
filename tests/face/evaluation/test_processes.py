"""Work on several processes comes back in the order it was given, as it does from one."""

from functools import partial

import pytest

from face.evaluation.processes import spread


@pytest.mark.parametrize("jobs", [1, 2])
def test_results_come_in_the_order_of_the_tasks(jobs: int) -> None:
    squares = spread(partial(partial, pow, exp=2), range(7), jobs, chunk=2)
    assert list(squares) == [0, 1, 4, 9, 16, 25, 36]
