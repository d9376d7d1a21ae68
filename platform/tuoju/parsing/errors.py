"""Why a file was not opened."""

from enum import StrEnum


class Failure(StrEnum):
    """How a parser ended that gave no answer."""

    memory = "memory"
    """It wanted more than it may have."""
    time = "time"
    """It took too long."""
    crash = "crash"
    """Its process ended: a fault of the parser, or no memory where it cannot say so."""


class FileNotParsed(Exception):
    """The file cannot be opened within the limits, or broke what opens it."""

    def __init__(self, file_name: str, failure: Failure) -> None:
        super().__init__(file_name, failure)
        self.file_name, self.failure = file_name, failure


class PhotoUnreadable(Exception):
    """It is no JPEG, PNG or WebP, or a damaged one."""


class PhotoTooLarge(Exception):
    """It has more pixels than are opened."""
