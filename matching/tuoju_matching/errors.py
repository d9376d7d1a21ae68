"""Errors of the assignment solvers."""


class PlanError(Exception):
    """No plan meets what was asked for."""


class FairnessNotFeasible(PlanError):
    """No plan with these urgency counts keeps the groups' placed shares as close together as requested.

    Attributes
    ----------
    smallest : float
        The smallest difference between two groups' shares that is feasible, in [0, 1].
    """

    def __init__(self, smallest: float) -> None:
        super().__init__(f"the smallest feasible difference between groups is {smallest:.4f}")
        self.smallest = smallest
