"""Hypothesis strategies for profiles: few codes and dates, so that rules and areas often match."""

from datetime import timedelta

from hypothesis import strategies as st

from matching.builders import PATH, TODAY, need, project
from tuoju_matching.profiles import NeedProfile, ProjectProfile, Rule, RuleKind, Urgency

PATHS = [("341100000000", "341124000000", "341124105000", f"3411241052{number:02d}") for number in range(3)] + [
    ("341100000000", "341122000000", "341122100000", "341122100200"),
    (),
]
AREAS = sorted({code for path in PATHS for code in path})
DAYS = st.integers(-2, 2).map(lambda days: TODAY + timedelta(days=days))
TAGS = ["DJ", "SN", "LS"]
HARDSHIP = ["NONE", "DB", "TK"]

_number = st.integers(0, 100).map(lambda value: (str(value),))
_grade = st.integers(1, 4).map(lambda value: (str(value),))


def _codes(*values: str) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), max_size=3).map(tuple)


rules = st.one_of(
    st.builds(Rule, st.just(RuleKind.min_age), _number),
    st.builds(Rule, st.just(RuleKind.max_age), _number),
    st.builds(Rule, st.just(RuleKind.disability_grade_at_most), _grade),
    st.builds(Rule, st.just(RuleKind.sex), _codes("male", "female")),
    st.builds(Rule, st.just(RuleKind.relief_category), _codes(*HARDSHIP)),
    st.builds(Rule, st.just(RuleKind.vulnerability), _codes(*TAGS)),
    st.builds(Rule, st.just(RuleKind.self_care), _codes("full", "partial", "none")),
    st.builds(Rule, st.just(RuleKind.disability_type), _codes("1", "2")),
)
needs = st.builds(
    NeedProfile,
    id=st.just(1),
    category=st.sampled_from(["A01", "B01"]),
    text=st.text(alphabet="早饭做洗衣看病abc ", max_size=12),
    region_path=st.sampled_from(PATHS),
    urgency=st.sampled_from(list(Urgency)),
    age=st.none() | st.integers(-1, 120),
    sex=st.sampled_from([None, "male", "female"]),
    relief_category=st.sampled_from(HARDSHIP),
    vulnerabilities=st.frozensets(st.sampled_from(TAGS)),
    self_care=st.sampled_from([None, "full", "none"]),
    disability_type=st.sampled_from([None, "1", "2"]),
    disability_grade=st.none() | st.integers(1, 4),
    needs_home_visit=st.booleans(),
)
projects = st.builds(
    ProjectProfile,
    id=st.integers(0, 7),
    name=st.sampled_from(["关爱老人", "早饭", ""]),
    categories=st.sampled_from([("A01",), ("B01",), ("A01", "B01"), ("A01", "A01"), ()]),
    text=st.text(alphabet="早饭做洗衣看病abc ", max_size=12),
    areas=st.lists(st.sampled_from(AREAS), max_size=3).map(tuple),
    starts_on=DAYS,
    ends_on=DAYS,
    last_intake_on=st.none() | DAYS,
    places_left=st.integers(-1, 9),
    target_groups=st.lists(st.sampled_from(TAGS + HARDSHIP), max_size=2).map(tuple),
    is_open=st.sampled_from([True, True, True, False]),
    home_visits=st.booleans(),
    places_age_days=st.integers(-1, 40),
    rules=st.lists(rules, max_size=3).map(tuple),
    acceptance_rate=st.none() | st.floats(0, 1),
    response_days=st.none() | st.floats(0, 20),
    answered=st.integers(0, 30),
    success_rate=st.none() | st.floats(0, 1),
    ended=st.integers(0, 30),
)
project_lists = st.lists(projects, max_size=8, unique_by=lambda project: project.id)
"""Projects with distinct ids."""

overlapping_needs = st.builds(
    need,
    category=st.sampled_from(["A01", "B01"]),
    text=st.text(alphabet="早饭做洗衣看病abc ", max_size=12),
    urgency=st.sampled_from(list(Urgency)),
    age=st.none() | st.integers(0, 100),
    sex=st.sampled_from([None, "male", "female"]),
    vulnerabilities=st.frozensets(st.sampled_from(["DJ", "SN"])),
    needs_home_visit=st.booleans(),
)
overlapping_projects = st.builds(
    project,
    categories=st.sampled_from([("A01",), ("B01",), ("A01", "B01")]),
    areas=st.sampled_from([(PATH[0],), (PATH[2],), ("341122000000",)]),
    text=st.text(alphabet="早饭做洗衣看病abc ", max_size=12),
    places_left=st.integers(-1, 3),
    home_visits=st.booleans(),
    rules=st.lists(
        st.sampled_from(
            [
                Rule(RuleKind.min_age, ("60",)),
                Rule(RuleKind.max_age, ("70",)),
                Rule(RuleKind.sex, ("female",)),
                Rule(RuleKind.vulnerability, ("DJ",)),
            ]
        ),
        unique=True,
    ).map(tuple),
)
