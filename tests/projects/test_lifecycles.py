"""The lawful steps of the funding cycle, against the list of steps of its specification."""

import csv
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tuoju_projects.errors import IllegalStep
from tuoju_projects.funding_status import AgreementState, AgreementVerb, Hat, ReviewState, ReviewVerb
from tuoju_projects.lifecycles import AGREEMENT, LIFECYCLES, REVIEW, Lifecycle, lifecycles_as_markdown

ROOT = Path(__file__).parent.parent.parent
SPECIFIED = Path(__file__).parent / "data" / "funding_states.csv"
BEFORE_THE_HOLD = {"planned", "requested", "approved"}
VERBS = {
    "pass": "accept",
    "accept": "sign",
    "reserve": "put_on_reserve",
    "midterm_pass": "accept_midterm",
    "midterm_rectify": "rectify",
    "rectified": "accept_rectification",
    "replace": "reassign",
}
"""Verbs of the specification that have another name here: `pass` is a keyword, `replace` a method of every string."""
HATS = {
    "panel(>=2/3 present)": (Hat.panel, False),
    "both parties": (Hat.both_parties, False),
    "manager(2nd person)": (Hat.manager, True),
    "manager(2nd)": (Hat.manager, True),
    "manager(2nd if amount >10% or date >30 d)": (Hat.manager, False),
    "screener(2nd)": (Hat.screener, True),
}


def specified() -> set[tuple[str, str, str, frozenset[str], Hat]]:
    """Machine, state, verb, targets and hat of every step."""
    steps = set()
    with SPECIFIED.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            machine = {"change": "change request"}.get(row["machine"], row["machine"])
            verbs, targets = row["verb"].split("|"), row["to"].split("|")
            for number, verb in enumerate(verbs):
                # Two verbs with two targets are one step each; one verb with two targets leaves a choice.
                reached = frozenset([targets[number]] if len(verbs) > 1 else targets)
                reached = frozenset(BEFORE_THE_HOLD) if "(as before the hold)" in reached else reached
                renamed = VERBS.get(verb, verb) if machine in {"application", "review", "agreement"} else verb
                hat = HATS[row["who"]][0] if row["who"] in HATS else Hat(row["who"])
                steps.update((machine, state, renamed, reached, hat) for state in row["from"].split("|"))
    return steps


def test_the_tables_are_those_of_the_specification() -> None:
    ours = {
        (lifecycle.name, str(state), str(verb), frozenset(map(str, step.targets)), step.hat)
        for lifecycle in LIFECYCLES
        for (state, verb), step in lifecycle.steps.items()
    }
    assert ours == specified()


def test_steps_of_two_persons_are_those_of_the_specification() -> None:
    with SPECIFIED.open(encoding="utf-8") as file:
        two = {(row["machine"], row["verb"]) for row in csv.DictReader(file) if "(2nd" in row["who"]}
    two -= {("change", "approve|refuse")}  # a second person by the size of the change: the verb decides
    two |= {("tranche", "approve")}  # "2 persons" stands in the column of guards
    renamed = {(machine, VERBS.get(verb, verb)) for machine, verb in two}
    ours = {
        (lifecycle.name, str(verb))
        for lifecycle in LIFECYCLES
        for (_, verb), step in lifecycle.steps.items()
        if step.second
    }
    assert ours == renamed


def test_the_document_has_the_tables() -> None:
    assert lifecycles_as_markdown() in (ROOT / "docs" / "funding.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("lifecycle", LIFECYCLES, ids=lambda lifecycle: lifecycle.name)
class TestLifecycle:
    def test_every_state_is_reached_and_every_verb_is_used(self, lifecycle: Lifecycle) -> None:
        reached = {lifecycle.initial}
        while more := {
            target
            for (state, _), step in lifecycle.steps.items()
            if state in reached
            for target in step.targets
            if target not in reached
        }:
            reached |= more
        assert reached == set(lifecycle.states)
        verbs = {verb for _, verb in lifecycle.steps}
        assert verbs == set(type(next(iter(verbs))))

    def test_every_state_has_a_way_to_an_end(self, lifecycle: Lifecycle) -> None:
        ends = set(lifecycle.final)
        assert ends
        if lifecycle.name == "activity":
            ends.add(next(state for state in lifecycle.states if state == "held"))  # corrected until settlement
        while more := {
            state
            for (state, _), step in lifecycle.steps.items()
            if state not in ends and any(target in ends for target in step.targets)
        }:
            ends |= more
        assert ends == set(lifecycle.states)

    def test_what_the_table_does_not_name_is_refused(self, lifecycle: Lifecycle) -> None:
        verbs = {verb for _, verb in lifecycle.steps}
        for state in lifecycle.states:
            for verb in verbs:
                if (state, verb) not in lifecycle.steps:
                    with pytest.raises(IllegalStep):
                        lifecycle.after(state, verb)


def test_a_choice_has_to_be_made() -> None:
    assert REVIEW.after(ReviewState.assigned, ReviewVerb.declare, ReviewState.recused) is ReviewState.recused
    for target in (None, ReviewState.submitted):
        with pytest.raises(ValueError, match="one of declared, recused"):
            REVIEW.after(ReviewState.assigned, ReviewVerb.declare, target)


def test_buttons_follow_from_the_table() -> None:
    assert AGREEMENT.verbs_from(AgreementState.active, Hat.evaluator) == (
        AgreementVerb.accept_midterm,
        AgreementVerb.rectify,
    )
    assert AGREEMENT.verbs_from(AgreementState.completed, Hat.manager) == ()


class CycleMachine(RuleBasedStateMachine):
    """Walks every table at random: a row is always in a state of its table, and an end is never left."""

    def __init__(self) -> None:
        super().__init__()
        self.states = {lifecycle.name: lifecycle.initial for lifecycle in LIFECYCLES}

    @rule(lifecycle=st.sampled_from(LIFECYCLES), data=st.data())
    def take_a_step(self, lifecycle: Lifecycle, data: st.DataObject) -> None:
        verb = data.draw(st.sampled_from(sorted({verb for _, verb in lifecycle.steps})))
        before = self.states[lifecycle.name]
        step = lifecycle.steps.get((before, verb))
        if step is None:
            with pytest.raises(IllegalStep):
                lifecycle.after(before, verb)
            return
        assert before not in lifecycle.final
        target = data.draw(st.sampled_from(step.targets))
        self.states[lifecycle.name] = lifecycle.after(before, verb, target)

    @invariant()
    def every_row_is_in_a_state_of_its_table(self) -> None:
        for lifecycle in LIFECYCLES:
            assert self.states[lifecycle.name] in lifecycle.states


TestCycleMachine = CycleMachine.TestCase
TestCycleMachine.settings = settings(max_examples=30, stateful_step_count=40, deadline=None)
