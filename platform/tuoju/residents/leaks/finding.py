"""All leaks of a text, in order."""

import re
from collections.abc import Collection, Iterable

from tuoju.residents.leaks.addresses import addresses, known_address
from tuoju.residents.leaks.kinds import Known, Leak, LeakKind
from tuoju.residents.leaks.matters import means, words
from tuoju.residents.leaks.names import names
from tuoju.residents.leaks.numbers import chat_names, known_numbers, numbers
from tuoju.residents.leaks.pointers import exact_pointers, known_birth, pointers
from tuoju.residents.leaks.reading import in_digits, read


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


NOBODY = Known(names=(), child=False, id_number="", phone="", address="", village_households=None)
_LONG_NUMBER = re.compile(r"[0-9]{7,}")
"""An account, a number in a chat program, a telephone with a slip of the pen."""


EVERY_KIND = frozenset(LeakKind)


def find_identifying(text: str, people: Iterable[Known], kinds: Collection[LeakKind] = EVERY_KIND) -> list[Leak]:
    """All of these kinds that a text discloses of these people, or of anybody, in order of start: what a charity must
    not read before it accepts, or without a consent that names the kind.

    Unlike on a notice, sex and family may be told (独居老人): they say what help is needed.
    """
    reading = read(text)
    plain = reading.plain
    digits = in_digits(plain)
    leaks = [
        *numbers(digits, NOBODY, frozenset()),
        *addresses(digits, NOBODY),
        *words(plain, digits),
        *means(plain),
        *chat_names(plain),
        *exact_pointers(plain, digits, NOBODY),
        *((LeakKind.bank_card, *match.span()) for match in _LONG_NUMBER.finditer(digits)),
    ]
    for person in people:
        leaks += names(plain, person)
        leaks += known_numbers(digits, person)
        leaks += known_address(digits, person)
        leaks += known_birth(digits, person)
    return _joined(
        (reading.leak(kind, start, end) for kind, start, end in leaks if end > start and kind in kinds), text
    )
