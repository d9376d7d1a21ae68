"""All leaks of a text, in order."""

from collections.abc import Collection, Iterable

from tuoju.relief.leaks.addresses import addresses
from tuoju.relief.leaks.kinds import Known, Leak, LeakKind
from tuoju.relief.leaks.matters import words
from tuoju.relief.leaks.names import names
from tuoju.relief.leaks.numbers import numbers
from tuoju.relief.leaks.pointers import pointers
from tuoju.relief.leaks.reading import in_digits, read


def _joined(leaks: Iterable[Leak], text: str) -> list[Leak]:
    """In order of start; overlapping leaks of the same kind are joined."""
    joined: list[Leak] = []
    latest: dict[LeakKind, int] = {}
    for leak in sorted(leaks, key=lambda leak: (leak.start, leak.end)):
        place = latest.get(leak.kind)
        if place is not None and leak.start < joined[place].end:
            before = joined[place]
            end = max(before.end, leak.end)
            joined[place] = Leak(leak.kind, before.start, end, text[before.start : end])
        else:
            latest[leak.kind] = len(joined)
            joined.append(leak)
    return joined


def find_leaks(text: str, known: Known, allowed_phones: Collection[str] = frozenset()) -> list[Leak]:
    """All that a notice must not disclose of the person, in order of start. `allowed_phones` take complaints."""
    reading = read(text)
    plain = reading.plain
    digits = in_digits(plain)
    leaks = (
        *numbers(digits, known, allowed_phones),
        *addresses(digits, known),
        *names(plain, known),
        *words(plain, digits),
        *pointers(plain, digits, known),
    )
    return _joined((reading.leak(kind, start, end) for kind, start, end in leaks if end > start), text)
