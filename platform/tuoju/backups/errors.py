"""Errors of backups and restores. Each says in one sentence what is wrong and what to do."""


class BackupError(Exception):
    """Base class of backup errors: a sentence for the operator, whose placeholders stand for the facts."""

    def __init__(self, sentence: str, **facts: object) -> None:
        super().__init__(sentence % facts)
        self.sentence, self.facts = sentence, facts


class CannotOpen(BackupError):
    """A part does not open: another identity or passphrase, or it was changed."""


class BadKey(BackupError):
    """A recipient or an identity cannot be read."""


class BadBackup(BackupError):
    """A backup is not whole, or not one of this installation."""


class TargetInUse(BackupError):
    """There are data where the backup is to be restored."""


class ToolFailed(BackupError):
    """pg_dump or pg_restore is missing or has failed."""


class NotSound(BackupError):
    """What was restored is not what was backed up."""
