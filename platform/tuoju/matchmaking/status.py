"""States of a learned ranker and the steps between them: one table for buttons and tests."""

from collections.abc import Mapping
from enum import StrEnum


class RankerState(StrEnum):
    not_adopted = "not_adopted"
    """The back-test did not find it better."""
    ready = "ready"
    """It passed the back-test and waits for a person to put it into use."""
    in_use = "in_use"
    replaced = "replaced"
    """A better ranker was trained later."""
    drifted = "drifted"
    """Taken out of use because outcomes differ from what it predicts."""
    out_of_use = "out_of_use"
    """A person put it out of use."""


class RankerVerb(StrEnum):
    adopt = "adopt"
    supersede = "supersede"
    drift = "drift"
    put_out = "put_out"


RANKER_STEPS: Mapping[tuple[RankerState, RankerVerb], RankerState] = {
    (RankerState.ready, RankerVerb.adopt): RankerState.in_use,
    (RankerState.ready, RankerVerb.supersede): RankerState.replaced,
    (RankerState.out_of_use, RankerVerb.adopt): RankerState.in_use,
    (RankerState.in_use, RankerVerb.supersede): RankerState.replaced,
    (RankerState.in_use, RankerVerb.drift): RankerState.drifted,
    (RankerState.in_use, RankerVerb.put_out): RankerState.out_of_use,
}
