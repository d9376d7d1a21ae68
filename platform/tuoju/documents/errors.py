"""Errors of papers and sheets."""


class DocumentError(Exception):
    """Base class of the errors of this room."""


class PaperNotFound(DocumentError):
    """There is no paper of this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"paper {name!r}")
        self.name = name
