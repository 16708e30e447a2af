"""What a picture is turned into to be compared."""

from types import TracebackType
from typing import Self

from face.embed import Embedding
from face.models.pack import ModelHash


class Template:
    """A face's embedding and which models made it. ``close`` overwrites it."""

    def __init__(self, embedding: Embedding, models: tuple[ModelHash, ...]) -> None:
        self._embedding = embedding
        self._models = models
        self._closed = False

    @property
    def embedding(self) -> Embedding:
        """Raises ``ValueError`` once closed: comparing with a wiped template would be a bug, not a no-match."""
        if self._closed:
            raise ValueError("the template is closed")
        return self._embedding

    def must_be_of(self, models: tuple[ModelHash, ...]) -> None:
        """Raises ``ValueError`` for other models: between the spaces of two packs a cosine means nothing."""
        if self._models != models:
            raise ValueError("the template was made with another model pack")

    def close(self) -> None:
        self._embedding.fill(0)
        self._closed = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()
