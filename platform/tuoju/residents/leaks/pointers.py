"""Traits that together identify one person of a village."""

import re
from collections.abc import Iterator

from tuoju.residents.leaks.kinds import Known, LeakKind
from tuoju.residents.leaks.reading import HAN, only_digits

SMALL_VILLAGE = 100
"""Below this number of households a single trait identifies a person (our own limit, domain section 6)."""

_AGE = re.compile(
    # 70岁以上 and 70-79岁 are bands, and bands are what a notice should say.
    r"(?<![0-9十百\-~至到—–])[0-9十百]{1,4}周?岁(?!及?以[上下内]|[-~至到—–])|年龄[为是:]{0,2}[0-9十百]{1,4}(?![0-9十百\-~至到—–])"
)
_BIRTH = re.compile(
    r"(?:出生(?:日期|年月|于)?|生于|生日)[为是:于]{0,2}\s?[0-9十]{1,4}(?:[-./年月]\s?[0-9十]{0,3}){1,2}日?"
    r"|[0-9]{2,4}年(?:[0-9十]{1,3}月(?:[0-9十]{1,3}日)?)?(?:出生|生(?![活产效育态]))"
)
_SEX = re.compile(
    r"性别[为是:]{0,2}[男女]|[男女]性|[男女]童|男孩|女孩|女士|先生(?!产)|老汉|老太|大爷|大娘|大妈"
    r"|(?<![子儿妇孙侄])[男女](?=[\s,.。;:、/|()0-9]|$)"
)
_ROLE = re.compile(
    r"单亲(?:母亲|妈妈|父亲|爸爸|家庭)?|未婚(?:妈妈|母亲)|失独(?:老人|家庭|父母)?|独居(?:老人)?|空巢(?:老人)?|孤儿|遗孤|孤寡(?:老人)?"
    r"|孤老|留守(?:儿童|老人|妇女)?|寡妇|丧偶|鳏夫|离异|离婚|再婚|养女|养子|双胞胎|三胞胎|事实无人抚养|监护缺失|服刑|祖孙二人|独生子女?去世"
)
_SCHOOL = re.compile(
    # With a name before it: "子女考上大学" is how the category 因学 is told.
    rf"{HAN}{{1,8}}(?<![上读入考的在名所个位段为被去从到是助])(?:小学|中学|初中|高中|大学|学院|职高|技校|幼儿园|学校)(?!生)"
)
_CLASS = re.compile(
    r"[0-9]年级(?:[0-9]{1,2}班)?|[0-9]\([0-9]{1,2}\)班|[高初小][0-9](?:\([0-9]{1,2}\)|[0-9])?班|[0-9]{1,2}班"
)
_EMPLOYER = re.compile(
    rf"在{HAN}{{2,16}}(?:公司|厂|企业|集团|饭店|酒店|工地|超市|合作社|局|银行|医院|商场|学校)(?:上班|工作|打工|务工|就业|任职|做工|当)"
    rf"|(?:就职|任职|受雇|供职)于{HAN}{{2,16}}|(?:公司|厂|集团)(?:员工|职工|工人)|(?:工作单位|用人单位)[为是:]{{1,2}}{HAN}{{2,16}}"
)


def _birth_date_of(number: str) -> re.Pattern[str] | None:
    """A pattern of the birth date in a known ID number, as people write dates."""
    match = re.fullmatch(r"[0-9]{6}([0-9]{4})([0-9]{2})([0-9]{2})[0-9]{3}[0-9X]", only_digits(number))
    if match is None:
        return None
    year, month, day = (int(part) for part in match.groups())
    return re.compile(rf"(?<![0-9]){year}[-./年]\s?0?{month}[-./月]\s?0?{day}(?![0-9])日?|{year}{month:02}{day:02}")


def pointers(plain: str, digits: str, known: Known) -> Iterator[tuple[LeakKind, int, int]]:
    """Traits that are harmless alone but together identify a person of a village (PIPL art. 73)."""
    traits = _traits(plain, digits, known)
    small = known.village_households is not None and known.village_households < SMALL_VILLAGE
    enough = small or sum(map(bool, traits.values())) > 1
    for trait, spans in traits.items():
        # A child's school is never published, whatever stands beside it (section 6).
        if enough or (trait == "school" and known.child):
            yield from ((LeakKind.points_at_one, *span) for span in spans)


_EXACT = ("age", "birth", "school", "employer")
"""Traits that are more exact than an age band and a township."""


def exact_pointers(plain: str, digits: str, known: Known) -> Iterator[tuple[LeakKind, int, int]]:
    """Exact ages, birth dates, schools and employers, whatever stands beside them."""
    traits = _traits(plain, digits, known)
    yield from ((LeakKind.points_at_one, *span) for trait in _EXACT for span in traits[trait])


def known_birth(digits: str, known: Known) -> Iterator[tuple[LeakKind, int, int]]:
    """The birth date in the file's ID number."""
    born = _birth_date_of(known.id_number)
    yield from ((LeakKind.points_at_one, *match.span()) for match in born.finditer(digits)) if born else ()


def _traits(plain: str, digits: str, known: Known) -> dict[str, list[tuple[int, int]]]:
    traits = {
        "age": [match.span() for match in _AGE.finditer(digits)],
        "birth": [match.span() for match in _BIRTH.finditer(digits)],
        "sex": [match.span() for match in _SEX.finditer(plain)],
        "role": [match.span() for match in _ROLE.finditer(plain)],
        "school": [match.span() for match in (*_SCHOOL.finditer(plain), *_CLASS.finditer(digits))],
        "employer": [match.span() for match in _EMPLOYER.finditer(plain)],
    }
    born = _birth_date_of(known.id_number)
    traits["birth"] += [match.span() for match in born.finditer(digits)] if born else []
    return traits
