"""Errors of the funding cycle."""


class FundingError(Exception):
    """Base class of the errors of the funding cycle."""


class DuplicateCallRule(FundingError):
    """The region already has a value of this rule from the same day on."""
