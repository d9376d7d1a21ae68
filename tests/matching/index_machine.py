"""A state machine for text indexes that change in place."""

from typing import Protocol

import numpy as np
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from numpy.typing import NDArray

SHORT_TEXTS = st.text(alphabet="早饭做洗衣看病老人ab 1,\x00\ud800", max_size=12)


class Index(Protocol):
    def fit(self, texts: list[str]) -> "Index": ...
    def add(self, text: str) -> int: ...
    def replace(self, row: int, text: str) -> None: ...
    def remove(self, row: int) -> None: ...
    def similarity(self, query: str) -> NDArray[np.float64]: ...


class TextIndexMachine(RuleBasedStateMachine):
    """After any additions, replacements and removals, the index equals one fitted to the current texts."""

    QUERIES = ("早饭", "看病老人 ab", "做")
    TOLERANCE = 0.0
    """Largest difference; above 0 only for sums of floats that depend on the number of rows."""

    def create(self) -> Index:
        raise NotImplementedError

    @initialize(documents=st.lists(SHORT_TEXTS, max_size=4))
    def start(self, documents: list[str]) -> None:
        self.index = self.create().fit(documents)
        self.texts: list[str | None] = list(documents)

    @rule(text=SHORT_TEXTS)
    def add(self, text: str) -> None:
        row = self.index.add(text)
        if row == len(self.texts):
            self.texts.append(text)
        else:
            assert self.texts[row] is None
            self.texts[row] = text

    @rule(text=SHORT_TEXTS, data=st.data())
    def replace(self, text: str, data: st.DataObject) -> None:
        row = data.draw(st.integers(0, len(self.texts)))
        if row < len(self.texts) and self.texts[row] is not None:
            self.index.replace(row, text)
            self.texts[row] = text
        else:
            with pytest.raises(IndexError, match="holds no document"):
                self.index.replace(row, text)

    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        row = data.draw(st.integers(0, len(self.texts)))
        if row < len(self.texts) and self.texts[row] is not None:
            self.index.remove(row)
            self.texts[row] = None
        else:
            with pytest.raises(IndexError, match="holds no document"):
                self.index.remove(row)

    @invariant()
    def equals_a_newly_fitted_index(self) -> None:
        live = [row for row, text in enumerate(self.texts) if text is not None]
        fresh = self.create().fit([text for text in self.texts if text is not None])
        for query in self.QUERIES:
            scores = self.index.similarity(query)
            assert np.abs(scores[live] - fresh.similarity(query)).max(initial=0.0) <= self.TOLERANCE
            assert not np.delete(scores, live).any()
