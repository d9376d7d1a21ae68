"""What can go wrong with monthly summaries and files."""

from collections.abc import Sequence


class ReportError(Exception):
    """The family."""


class SummaryNotFound(ReportError):
    """No summary of this region and month within the actor's scope."""


class MonthNotOver(ReportError):
    """The month still runs."""


class NotASociety(ReportError):
    """This region has no society: nothing is reported for it."""


class SummaryAwaitsAnswer(ReportError):
    """An edition is handed in and waits for its answer."""


class SummaryAnswered(ReportError):
    """The edition is no longer where this is possible."""


class CorrectionReasonMissing(ReportError):
    """An accepted summary is only restated with a reason."""


class NothingToCorrect(ReportError):
    """A new count gives the numbers that were accepted."""


class SecondSignatureNeeded(ReportError):
    """Whoever prepared a summary does not sign it, where the place has a second officer."""


class FileIncomplete(ReportError):
    """Something without which the case may not close is missing: `papers` says what."""

    def __init__(self, papers: Sequence[str]) -> None:
        super().__init__(", ".join(papers))
        self.papers = list(papers)


class PapersToFile(FileIncomplete):
    """Papers are still to be filed, and no reason says why the case closes without them."""
