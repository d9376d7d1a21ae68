"""Database triggers that keep a signed monthly summary unchanged, whichever program writes to it."""

from sqlalchemy import DDL, event

from tuoju.reports.models import MonthlySummary

KEPT = ("region_code", "month", "edition", "first_day", "last_day", "sheet", "digest", "counted_at", "signed_by")
"""Columns of a signed edition that never change; its state and its answer may."""
_SQLITE = [
    "CREATE TRIGGER monthly_summary_stays BEFORE UPDATE ON monthly_summary WHEN OLD.signed_at IS NOT NULL AND ("
    + " OR ".join(f"NEW.{name} IS NOT OLD.{name}" for name in (*KEPT, "signed_at"))
    + ") BEGIN SELECT RAISE(ABORT, 'a signed summary stays as it is'); END",
    "CREATE TRIGGER monthly_summary_kept BEFORE DELETE ON monthly_summary WHEN OLD.signed_at IS NOT NULL"
    " BEGIN SELECT RAISE(ABORT, 'a signed summary stays as it is'); END",
]
_POSTGRESQL = [
    "CREATE OR REPLACE FUNCTION monthly_summary_stays() RETURNS trigger AS $$ BEGIN"
    " IF OLD.signed_at IS NOT NULL AND (TG_OP = 'DELETE' OR "
    + " OR ".join(f"NEW.{name}::text IS DISTINCT FROM OLD.{name}::text" for name in (*KEPT, "signed_at"))
    + ") THEN RAISE EXCEPTION 'a signed summary stays as it is'; END IF;"
    " IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $$ LANGUAGE plpgsql",
    "CREATE TRIGGER monthly_summary_stays BEFORE UPDATE OR DELETE ON monthly_summary"
    " FOR EACH ROW EXECUTE FUNCTION monthly_summary_stays()",
]
STATEMENTS = {"sqlite": _SQLITE, "postgresql": _POSTGRESQL}

for dialect, statements in STATEMENTS.items():
    for statement in statements:
        ddl = DDL(statement.replace("%", "%%")).execute_if(dialect=dialect)  # type: ignore[no-untyped-call]
        event.listen(MonthlySummary.__table__, "after_create", ddl)  # type: ignore[attr-defined]
