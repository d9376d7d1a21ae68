"""Names in full, and a child's name in any form."""

import re
from collections.abc import Iterator

from tuoju.residents.leaks.kinds import Known, LeakKind
from tuoju.residents.leaks.reading import GAP_SIGNS, HAN, read, spaced


def _name_signs(name: str) -> list[str]:
    return [sign for sign in read(name).plain if not re.fullmatch(rf"[\s{GAP_SIGNS}]", sign)]


_HIDES_NAME = "*∗✱某X×○〇●"
_NOT_BY_NAME = ("小学", "小康", "小时", "小心")


def _masks_of(name: list[str]) -> re.Pattern[str]:
    """Masked forms of a child's name: 张*明, 张某某, 小明. Section 6 allows a child's name in no form."""
    hidden = f"[{_HIDES_NAME}]"
    first, last = re.escape(name[0]), re.escape(name[-1])
    small = "" if f"小{name[-1]}" in _NOT_BY_NAME else f"|小{last}"
    if len(name) == 2:
        return re.compile(rf"{first}{hidden}{{1,2}}(?!{HAN}|[*∗✱]){small}")
    given_name = "".join(map(re.escape, name[1:]))
    return re.compile(rf"{first}{hidden}{{1,3}}{last}|{first}{hidden}{{2}}{small}|{given_name}")


def names(plain: str, known: Known) -> Iterator[tuple[LeakKind, int, int]]:
    """The names of the file; of a child also in masked form."""
    names = [_name_signs(name) for name in known.names]
    for place, name in enumerate(names):
        # A single sign is a word of the language before it is anybody's name.
        if len(name) < 2:
            continue
        childs = known.child and place == 0
        kind = LeakKind.childs_name if childs else LeakKind.name_in_full
        in_full = re.compile(spaced(map(re.escape, name)))
        yield from ((kind, *match.span()) for match in in_full.finditer(plain))
        if childs:
            # The guardian's masked name is allowed in the child's place, and may look the same.
            others = {other[0] + end for other in names[1:] if len(other) > 1 for end in (other[-1], *_HIDES_NAME)}
            yield from (
                (kind, *match.span())
                for match in _masks_of(name).finditer(plain)
                if match[0][0] + match[0][-1] not in others
            )
