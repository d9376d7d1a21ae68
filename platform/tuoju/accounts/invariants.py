"""What always holds of the audit; see tuoju.database.rules."""

from collections.abc import Iterator, Mapping

from sqlmodel import Session

from tuoju.accounts.audit import verify
from tuoju.database.rules import RowIds, Rule


def audit_chains_verify(session: Session) -> Iterator[RowIds]:
    """Every chain of the audit is whole and was written by this program. Entry 0 stands for a whole chain."""
    for finding in verify(session).findings:
        yield {"audit_chain": finding.scope, "entry": finding.sequence, "finding": finding.kind}


INVARIANTS: Mapping[str, Rule] = {"audit_chains_verify": audit_chains_verify}
