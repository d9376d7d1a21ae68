"""The plan of a simulated month: who is relieved when and with how much, who is served by whom."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from sqlmodel import Session, col, select

from tuoju.regions.calendar import calendar_of
from tuoju.regions.models import Region, RegionLevel
from tuoju.simulation.demo_people import KINDS, Kind
from tuoju_projects.models import Project

STEP_YUAN = 100
MOST_YUAN = 1_000


@dataclass(frozen=True)
class Totals:
    """What the month adds up to; by default the numbers of the article. `relief_paid_yuan` in whole hundreds."""

    societies: int = 1_233
    relief_person_times: int = 4_399
    relief_paid_yuan: int = 1_720_600
    residents_referred: int = 377
    service_person_times: int = 6_307
    refused: int = 60


@dataclass(frozen=True)
class Relief:
    """One case of the plan: the society, the days of opening and of relief, and the yuan granted."""

    village: str
    starts_on: date
    relieved_on: date
    yuan: int
    kind: Kind


@dataclass(frozen=True)
class Service:
    """What a project does for one person of a case: from when to when, and how many person-times."""

    project_id: int
    from_day: date
    to_day: date
    person_times: int

    @property
    def in_pairs(self) -> bool:
        """More person-times than days are those of two of a household served together."""
        return self.person_times > (self.to_day - self.from_day).days


_SERVED: dict[str, Kind] = {
    "慈社联动": replace(KINDS[0], needs=tuple(need for need in KINDS[0].needs if need[0] != "B02")),
    "关爱困难单亲妈妈": KINDS[5],
    "关爱困难失独家庭": KINDS[6],
    "伴你童行": KINDS[3],
    "皖美护童": KINDS[4],
    "紫薇社区": KINDS[3],
    "未爱童行": replace(KINDS[4], ages=(8, 14), needs=(("C06", "妈妈走后没人看功课，暑假没人照看"),)),
    "六一工程": replace(KINDS[3], ages=(7, 14), needs=(("C06", "放学没人辅导功课，想学画画"),)),
    "关爱探访": KINDS[2],
    "助浴服务": replace(KINDS[0], needs=(("B02", "半年没好好洗过澡，家人抱不动"),)),
    "喘息服务": KINDS[1],
    "爱心送餐": replace(KINDS[0], ages=(72, 91), needs=(("B01", "手抖做不了饭，想有人送午饭"),)),
    "社会融合": KINDS[7],
}
"""Who is sent to a project of the demo registry, by a part of its name or family."""


def kind_for(project: Project) -> Kind:
    """The kind of person a project of the demo registry serves."""
    return next(kind for words, kind in _SERVED.items() if words in project.name or words == project.family)


def split(total: int, parts: int, chance: random.Random, limit: int | None = None) -> list[int]:
    """`total` in `parts` whole numbers of at least 1 and at most `limit`, by chance. Raises ValueError if there are
    no such numbers."""
    if not parts <= total <= (total if limit is None else parts * limit):
        raise ValueError(f"{total} can not be {parts} numbers from 1 to {limit}")
    result = [1] * parts
    open_parts = list(range(parts))
    for _ in range(total - parts):
        place = chance.randrange(len(open_parts))
        result[open_parts[place]] += 1
        if result[open_parts[place]] == limit:
            open_parts[place] = open_parts[-1]
            open_parts.pop()
    return result


def shares(total: int, weights: Sequence[int]) -> list[int]:
    """`total` in whole numbers in proportion to the weights, by largest remainders (Hamilton's method)."""
    full = sum(weights)
    results = [total * weight // full for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda n: (-(total * weights[n] % full), n))
    for n in by_remainder[: total - sum(results)]:
        results[n] += 1
    return results


def reached(session: Session, project: Project, villages: Sequence[str]) -> list[str]:
    """Those of the villages that lie in a project's areas."""
    paths = session.exec(select(Region.path).where(col(Region.code).in_(project.areas))).all()
    query = select(Region.code, Region.path).where(col(Region.code).in_(villages)).order_by(Region.code)
    return [code for code, path in session.exec(query) if path.startswith(tuple(paths))]


def choose_villages(session: Session, count: int, chance: random.Random) -> list[str]:
    """Whose societies take part: by chance, with at least one in the areas of every project."""
    villages = list(session.exec(select(Region.code).where(Region.level == RegionLevel.village).order_by(Region.code)))
    projects = session.exec(select(Project).order_by(col(Project.id)))
    chosen = {chance.choice(reached(session, project, villages)) for project in projects}
    others = [village for village in villages if village not in chosen]
    return sorted(chosen | set(chance.sample(others, count - len(chosen))))


class Plan:
    """Who is relieved when and with how much, and who is served by whom: numbers that add up to the totals."""

    def __init__(
        self, session: Session, month: date, last: date, totals: Totals, villages: list[str], chance: random.Random
    ) -> None:
        self.chance, self.calendar = chance, calendar_of(session)
        days = (month + timedelta(days=n) for n in range((last - month).days + 1))
        self.workdays = [day for day in days if self.calendar.is_workday(day)]
        self.last = last
        self.villages = villages
        self.amounts = [
            units * STEP_YUAN
            for units in split(
                totals.relief_paid_yuan // STEP_YUAN, totals.relief_person_times, chance, MOST_YUAN // STEP_YUAN
            )
        ]
        self.served = self._served(session, totals)
        self.relieved = self._relieved(totals.relief_person_times - len(self.served))
        self.refused = [(self._village(n), chance.choice(self.workdays[:-1])) for n in range(totals.refused)]

    def _village(self, number: int) -> str:
        """Each society in turn, then by chance."""
        return self.villages[number] if number < len(self.villages) else self.chance.choice(self.villages)

    def _relieved(self, count: int) -> list[Relief]:
        """Half of the cases take one working day and half two; with an uneven whole one is relieved the same day
        and one less takes one, so that the average is 1.5 (with those served, who take two or one in turn)."""
        total = count + len(self.served)
        longs = total // 2 + (1 if total % 2 else 0)
        spans = [2] * (longs - sum(self._span(item) == 2 for item, _ in self.served))
        if total % 2:
            spans.append(0)
        spans += [1] * (count - len(spans))
        self.chance.shuffle(spans)
        made = []
        for number, span in enumerate(spans):
            start = self.chance.randrange(len(self.workdays) - span)
            made.append(
                Relief(
                    village=self._village(number),
                    starts_on=self.workdays[start],
                    relieved_on=self.workdays[start + span],
                    yuan=self.amounts.pop(),
                    kind=self.chance.choice(KINDS),
                )
            )
        return made

    def _span(self, relief: Relief) -> int:
        return self.calendar.between(relief.starts_on, relief.relieved_on)

    def _served(self, session: Session, totals: Totals) -> list[tuple[Relief, Service]]:
        """The referred: as many a project as its places ask for, in two waves, the second on places that the first
        has left; person-times in proportion to what each project has promised."""
        projects = list(session.exec(select(Project).order_by(col(Project.id))))
        persons = shares(totals.residents_referred, [project.places_total for project in projects])
        times = shares(totals.service_person_times, [project.target_person_times for project in projects])
        middle = len(self.workdays) // 2
        results = []
        for project, count, wanted in zip(projects, persons, times, strict=True):
            first = min(count, project.places_total)
            followed = count - first
            parts = split(wanted, count, self.chance)
            for number, person_times in enumerate(parts):
                second = number >= first
                start = middle + 1 if second else self.chance.randrange(3)
                relieved_on = self.workdays[start + 1 + number % 2]
                # A place that somebody waits for is left by the middle of the month.
                to_day = self.workdays[middle] if not second and number < followed else self.last
                service = Service(project.pk, relieved_on + timedelta(days=1), to_day, person_times)
                village = self.chance.choice(reached(session, project, self.villages))
                case = Relief(village, self.workdays[start], relieved_on, self.amounts.pop(), kind_for(project))
                results.append((case, service))
        return results
