"""An index of texts that changes in place: what any of them must keep."""

from typing import Protocol

import numpy as np
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from numpy.typing import NDArray

SHORT = st.text(alphabet="早饭做洗衣看病老人ab 1,\x00\ud800", max_size=12)


class Index(Protocol):
    def fit(self, texts: list[str]) -> "Index": ...
    def add(self, text: str) -> int: ...
    def replace(self, row: int, text: str) -> None: ...
    def remove(self, row: int) -> None: ...
    def similarity(self, query: str) -> NDArray[np.float64]: ...


class ChangedInPlace(RuleBasedStateMachine):
    """Whatever is added, replaced or removed, the index answers as one fitted to what is there now."""

    QUERIES = ("早饭", "看病老人 ab", "做")
    WITHIN = 0.0
    """How far the answers may lie apart: not at all, but for sums of floats that depend on the number of rows."""

    def new(self) -> Index:
        raise NotImplementedError

    @initialize(documents=st.lists(SHORT, max_size=4))
    def begin(self, documents: list[str]) -> None:
        self.index = self.new().fit(documents)
        self.texts: list[str | None] = list(documents)

    @rule(text=SHORT)
    def add(self, text: str) -> None:
        row = self.index.add(text)
        if row == len(self.texts):
            self.texts.append(text)
        else:
            assert self.texts[row] is None
            self.texts[row] = text

    @rule(text=SHORT, data=st.data())
    def replace(self, text: str, data: st.DataObject) -> None:
        row = data.draw(st.integers(0, len(self.texts)))
        if row < len(self.texts) and self.texts[row] is not None:
            self.index.replace(row, text)
            self.texts[row] = text
        else:
            with pytest.raises(IndexError, match="no document"):
                self.index.replace(row, text)

    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        row = data.draw(st.integers(0, len(self.texts)))
        if row < len(self.texts) and self.texts[row] is not None:
            self.index.remove(row)
            self.texts[row] = None
        else:
            with pytest.raises(IndexError, match="no document"):
                self.index.remove(row)

    @invariant()
    def answers_as_if_fitted_anew(self) -> None:
        live = [row for row, text in enumerate(self.texts) if text is not None]
        fresh = self.new().fit([text for text in self.texts if text is not None])
        for query in self.QUERIES:
            found = self.index.similarity(query)
            assert np.abs(found[live] - fresh.similarity(query)).max(initial=0.0) <= self.WITHIN
            assert not np.delete(found, live).any()
