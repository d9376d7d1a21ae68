"""Holding the shares placed of several groups together, without placing fewer of any urgency class.

Staying without is made a thing with places too: of each group so many may have it, and so many must. What a place in
it costs is the group's price: it lifts a group that falls behind and holds back one that is ahead. The plan for a
given floor is then an assignment like any other, exactly solved; the floor itself is found by bisection.
"""

from dataclasses import replace

import numpy as np
from scipy.optimize import linprog

from tuoju_matching.exact import Unfair
from tuoju_matching.graph import Floats, Ints, Solution, Waiting
from tuoju_matching.optimum import Tiers, auction, best_of
from tuoju_matching.tiers import levels_of

TRIES, HALVINGS = 12, 5
"""So many floors are all tried; of more, those that a bisection by the group prices looks at."""
NEAR = 1e-9


def hold(waiting: Waiting, tiers: Tiers, free: Solution, groups: Ints, within: float) -> Solution:
    """The best plan of the same urgency counts in which no two groups' shares placed differ by more than `within`.

    Parameters
    ----------
    free : Solution
        The plan without groups.
    groups : array of shape (n_needs,)
        Group of each need; -1 for none.

    Raises
    ------
    Unfair
        With the smallest difference that can be kept.

    Notes
    -----
    The bound holds for every floor: it is the Lagrangian dual at the group prices found.
    """
    market = _Market(waiting, tiers, groups, free)
    if market.spread(free.edge) <= within + NEAR:
        return free
    floors = market.steps(*market.bracket(within), within)
    found = [each for floor in floors if (each := market.solve(floor, within))] if len(floors) <= TRIES else []
    first, last = 0, len(floors) - 1 if len(floors) > TRIES else -1
    while first <= last and len(found) < HALVINGS:
        middle = (first + last) // 2
        upward = market.lacks(floors[middle], floors[middle] + within)
        if upward is None and (each := market.solve(floors[middle], within)) is not None:
            found.append(each)
            upward = market.rises(floors[middle], within)
        first, last = (middle + 1, last) if upward else (first, middle - 1)
    if not found:
        raise Unfair(market.smallest(market.highest_floor(), market.lowest_ceiling()))
    best = max(found, key=lambda each: each.quality)
    bound = min(free.bound, *(each.bound for each in found))
    return replace(best, bound=max(bound, best.quality))


class _Market:
    """The permitted edges, and for each need that may stay without two more: to what its group must and may have.

    Attributes
    ----------
    members, sure, open_ : arrays of shape (n_groups,)
        How many there are; how many are placed in every plan of the right urgency counts; how many in some.
    """

    def __init__(self, waiting: Waiting, tiers: Tiers, groups: Ints, free: Solution) -> None:
        self.waiting, self.tiers, self.groups = waiting, tiers, groups
        self.placed = int((free.edge >= 0).sum())
        count = int(groups.max(initial=-1)) + 1
        self.prices = np.concatenate([free.prices, np.zeros(2 * count)])
        self.staying = np.zeros(count)
        inside = groups >= 0
        optional = inside & (np.diff(tiers.indptr) > 0) & ~tiers.must
        self.settled = optional | tiers.must
        self.members = np.bincount(groups[inside], minlength=count)
        self.sure = np.bincount(groups[inside & tiers.must], minlength=count)
        self.open_ = np.bincount(groups[optional], minlength=count)
        self.optional = optional
        lengths = np.diff(tiers.indptr) + 2 * optional
        self.indptr = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        n_edges = int(self.indptr[-1])
        own = np.ones(n_edges, dtype=bool)
        last = self.indptr[1:][optional]
        own[last - 1] = own[last - 2] = False
        self.indices = np.empty(n_edges, dtype=np.int32)
        self.scores = np.zeros(n_edges)
        self.edges = np.full(n_edges, -1, dtype=np.int64)
        self.edges[own] = tiers.edges
        self.indices[own] = waiting.indices[tiers.edges]
        self.scores[own] = waiting.scores[tiers.edges]
        self.indices[last - 2] = waiting.n_projects + groups[optional]
        self.indices[last - 1] = waiting.n_projects + count + groups[optional]

    def spread(self, edge: Ints) -> float:
        """The largest difference of shares in a plan."""
        there = self.members > 0
        placed = np.bincount(self.groups[(edge >= 0) & (self.groups >= 0)], minlength=len(self.members))
        return float(np.ptp(placed[there] / self.members[there])) if there.any() else 0.0

    def stays(self, floor: float, ceiling: float) -> tuple[Ints, Ints] | None:
        """How many of each group must stay without, and how many more may; None if the urgency classes forbid it."""
        most = np.floor(min(1.0, ceiling) * self.members + NEAR).astype(np.int64)
        fewest = np.ceil(max(0.0, floor) * self.members - NEAR).astype(np.int64)
        total = self.sure + self.open_
        if (self.sure > most).any() or (fewest > total).any():
            return None
        hard = np.maximum(0, total - most)
        soft = np.minimum(self.open_, total - fewest) - hard
        return (hard, soft) if (soft >= 0).all() else None

    def bracket(self, within: float) -> tuple[float, float]:
        """The least share of any group lies between these: the mean is neither below it nor above it plus `within`."""
        sure, open_ = self._alone()
        members = max(1, int(self.members.sum()))
        most, fewest = self.placed - sure, self.placed - sure - open_
        return max(0.0, fewest / members - within), min(1.0, most / members)

    def _alone(self) -> tuple[int, int]:
        """Of those in no group, how many are placed in every plan and how many in some."""
        alone = (self.groups < 0) & (np.diff(self.tiers.indptr) > 0)
        return int((self.tiers.must & alone).sum()), int((~self.tiers.must & alone).sum())

    def possible(self, floor: float, ceiling: float) -> bool:
        """Whether there is such a plan."""
        return self.lacks(floor, ceiling) is None

    def lacks(self, floor: float, ceiling: float) -> bool | None:
        """None if there is such a plan. True if too many would have to stay without, so that places are left empty;
        False if too few may.

        If everyone can be settled, and everything that must be full can be full, then both can at once
        (Mendelsohn and Dulmage 1958).
        """
        stays = self.stays(floor, ceiling)
        if stays is None:
            return bool((self.sure > np.floor(min(1.0, ceiling) * self.members + NEAR)).any())
        hard, soft = stays
        if hard.any():
            filled = np.where(self.tiers.filled, self.waiting.places, 0)
            _, placed = self._place(np.concatenate([filled, hard, 0 * soft]))
            if int((placed >= 0).sum()) < int(filled.sum() + hard.sum()):
                return True
        _, placed = self._place(np.concatenate([self.waiting.places, hard, soft]))
        return None if bool((placed[self.settled] >= 0).all()) else False

    def rises(self, floor: float, within: float) -> bool:
        """Whether the last group prices promise more for a higher floor."""
        step = max(NEAR * 100, within / 1000)
        return self._most(within, floor + step) > self._most(within, floor)

    def _place(self, places: Ints) -> tuple[Ints, Ints]:
        everyone = np.arange(self.waiting.n_needs, dtype=np.int32)
        return levels_of(self.indptr, self.indices, everyone, self.settled.astype(np.int64), places)

    def highest_floor(self) -> float:
        """The largest share that every group can reach at once."""
        low, high = 0.0, 1.0
        while high - low > NEAR * 10:
            middle = (low + high) / 2
            low, high = (middle, high) if self.possible(middle, 1.0) else (low, middle)
        return self._step_near(high)

    def lowest_ceiling(self) -> float:
        """The smallest share that no group has to exceed."""
        low, high = 0.0, 1.0
        while high - low > NEAR * 10:
            middle = (low + high) / 2
            low, high = (low, middle) if self.possible(0.0, middle) else (middle, high)
        return self._step_near(high)

    def _step_near(self, share: float) -> float:
        """The share of whole needs that is meant by one found by bisection."""
        members = self.members[self.members > 0]
        steps = np.round(share * members) / members
        return float(steps[np.abs(steps - share).argmin()])

    def steps(self, first: float, last: float, within: float) -> list[float]:
        """The floors between two at which the whole numbers of needs change."""
        found = {first, last}
        for size in np.unique(self.members[self.members > 0]).tolist():
            counts = np.arange(size + 1) / size
            found.update(np.concatenate([counts, counts - within]).tolist())
        near = sorted(each for each in found if first - NEAR <= each <= last + NEAR)
        return [each for at, each in enumerate(near) if at == 0 or each - near[at - 1] > NEAR]

    def smallest(self, highest: float, lowest: float) -> float:
        """The least difference of shares that can be kept."""
        best = np.inf
        for floor in reversed(self.steps(0.0, highest, 0.0)):
            if lowest - floor >= best - NEAR:
                break
            low, high = max(floor, lowest), 1.0
            if not self.possible(floor, high):
                continue
            if self.possible(floor, low):
                high = low
            while high - low > NEAR * 10:
                middle = (low + high) / 2
                low, high = (low, middle) if self.possible(floor, middle) else (middle, high)
            best = min(best, self._step_near(high) - floor)
        return best

    def solve(self, floor: float, within: float) -> Solution | None:
        """The best plan with every group's share between the floor and that plus `within`; None if there is none."""
        stays = self.stays(floor, floor + within)
        if stays is None or not self.possible(floor, floor + within):
            return None
        waiting, tiers = self.waiting, self.tiers
        hard, soft = stays
        places = np.concatenate([waiting.places, hard, soft])
        filled = np.concatenate([tiers.filled, hard > 0, np.zeros(len(soft), dtype=bool)])
        outside = np.zeros(waiting.n_needs)
        chosen, self.prices = auction(
            self.indptr,
            self.indices,
            self.scores,
            places,
            self.settled,
            filled,
            outside,
            start_prices=self.prices,
            debt=True,
        )
        edge = np.where(chosen >= 0, self.edges[np.maximum(chosen, 0)], -1).astype(np.int64)
        quality = float(waiting.scores[edge[edge >= 0]].sum())
        own = self.prices[: waiting.n_projects]
        self.staying = self._staying(hard, soft)
        worth = self._worth(own)
        bound = float(waiting.places @ own + worth.sum()) + self._most(within)
        return Solution(edge, quality, max(bound, quality), own, worth)

    def _staying(self, hard: Ints, soft: Ints) -> Floats:
        """What staying without is worth to each group at the prices found."""
        count = len(hard)
        of_groups = self.prices[self.waiting.n_projects :]
        first = np.where(hard > 0, -of_groups[:count], -np.inf)
        second = np.where(soft > 0, -of_groups[count:], -np.inf)
        best = np.maximum(first, second)
        return np.where(np.isfinite(best), best, -float(self.waiting.scores.max(initial=0.0)))

    def _worth(self, prices: Floats) -> Floats:
        staying = self.staying
        edges = self.tiers.edges
        best = best_of(self.tiers.indptr, self.waiting.indices[edges], self.waiting.scores[edges], prices)
        or_stay = np.where(self.optional, staying[np.maximum(self.groups, 0)] if len(staying) else 0.0, 0.0)
        worth = np.where(self.tiers.must, best, np.maximum(best, or_stay))
        return np.where(np.diff(self.tiers.indptr) > 0, worth, 0.0)

    def _most(self, within: float, floor: float | None = None) -> float:
        """What staying without is worth in all, at most with the sign turned, in any plan that is even enough: a
        linear program in the groups' counts placed and the floor."""
        there = np.flatnonzero(self.members > 0)
        staying, members = self.staying[there], self.members[there].astype(float)
        total, width = (self.sure + self.open_)[there], len(there)
        sure, open_ = self._alone()
        everyone = np.append(np.ones(width), 0.0)
        rows = np.vstack(
            [
                np.hstack([-np.eye(width), members[:, np.newaxis]]),
                np.hstack([np.eye(width), -members[:, np.newaxis]]),
                everyone,
                -everyone,
            ]
        )
        counts = [self.placed - sure, sure + open_ - self.placed]
        limits = np.concatenate([np.zeros(width), within * members, counts]) + NEAR * (1 + self.placed)
        floors = (0.0, 1.0) if floor is None else (floor, floor)
        bounds = [*zip(self.sure[there].tolist(), total.tolist(), strict=True), floors]
        found = linprog(np.append(-staying, 0.0), A_ub=rows, b_ub=limits, bounds=bounds)
        if found.status != 0 or found.fun is None:
            return -np.inf if floor is not None else np.inf
        return -float(found.fun) - float(staying @ total)
