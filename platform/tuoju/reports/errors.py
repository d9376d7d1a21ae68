"""Errors of monthly summaries and files."""

from collections.abc import Sequence


class ReportError(Exception):
    """Base class of report errors."""


class SummaryNotFound(ReportError):
    """No summary of this region and month within the actor's scope."""


class MonthNotOver(ReportError):
    """The month is not over yet."""


class NotASociety(ReportError):
    """The region has no society, so nothing is reported for it."""


class SummaryAwaitsAnswer(ReportError):
    """An edition is handed in and not answered yet."""


class SummaryAnswered(ReportError):
    """The edition is in a state in which this step is not possible."""


class CorrectionReasonMissing(ReportError):
    """A restatement or a return needs a reason."""


class NothingToCorrect(ReportError):
    """A new count gives the numbers that were accepted."""


class SecondSignatureNeeded(ReportError):
    """The person who prepared a summary may not sign it where the region has a second officer."""


class FileIncomplete(ReportError):
    """The case cannot close while something is missing; `papers` names it."""

    def __init__(self, papers: Sequence[str]) -> None:
        super().__init__(", ".join(papers))
        self.papers = list(papers)


class PapersToFile(FileIncomplete):
    """Papers are still to be filed, and no reason was given for closing without them."""
