"""Which of an adapter's calls change something at the server: where a kiosk may die and leave things half done."""

from collections.abc import Callable, Sequence

import pytest

from his_adapter.hospital.gnuhealth import session

CHANGES = ("create", "write", "check_in", "post", "execute")


class Steps:
    """Listens to the questions that are asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._methods: list[str] = []
        really = session.question

        def question(number: int, method: str, params: Sequence[object]) -> dict[str, object]:
            self._methods.append(method)
            return really(number, method, params)

        monkeypatch.setattr(session, "question", question)

    def of(self, doing: Callable[[], object]) -> list[int]:
        """The places, among the calls that it makes, of those that change something."""
        self._methods.clear()
        doing()
        made = list(enumerate(self._methods))
        return [
            place
            for place, method in made
            if method.rpartition(".")[2] in CHANGES and not method.endswith(("create.create", "pay.create"))
        ]
