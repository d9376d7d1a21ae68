"""Addresses below the village."""

import re
from collections.abc import Iterator

from tuoju.residents.leaks.kinds import Known, LeakKind
from tuoju.residents.leaks.reading import DATE, HAN, blank, in_digits, read, spaced

_COUNT = "[0-9十百廿]"
_ADDRESS = (
    # "统一组织", "统一号码" read as numbers once Chinese digits count, hence what may not follow.
    re.compile(rf"第?{_COUNT}{{1,4}}(?:村民|居民)?小?组(?![织成建合])"),
    re.compile(rf"(?<![0-9十百廿第字〕\]】》)]){_COUNT}{{1,4}}号(?![文令公通决表线会案窗码前后至到起止开])"),
    re.compile(rf"{HAN}{{1,6}}(?:路|街|道|巷|弄|庄|郢|圩|小区|苑|园|门牌)第?[0-9十百][-0-9十百]{{0,8}}号"),
    re.compile(rf"(?<![房屋损毁塌建共计0-9十百廿]){_COUNT}{{1,4}}[栋幢](?![房民])"),
    re.compile(rf"(?:{_COUNT}{{1,3}}|[A-Z])单元"),
    re.compile(r"(?<![0-9])[0-9]{2,4}室"),
    re.compile(rf"门牌[号码为:]{{0,3}}[A-Z0-9十百]{{1,5}}|{_COUNT}{{1,4}}号?门牌"),
    re.compile(r"(?<![0-9])[0-9]{1,3}[-#][0-9]{1,3}[-#][0-9]{2,4}(?:室|户|号|房)"),
)
# Down to the village an address may be on the board (section 6); what comes after it is the house.
_DOWN_TO_VILLAGE = re.compile(r"^.*(?:省|市|县|(?<![小园])区|镇|乡|街道|村委会|居委会|村|社区)")
_NO_PLACES = ("村民组", "居民组", "村民小组", "居民小组")


def addresses(digits: str, known: Known) -> Iterator[tuple[LeakKind, int, int]]:
    """Parts of an address that are more exact than the village."""
    digits = blank(digits, (match.span() for match in DATE.finditer(digits)))
    yield from ((LeakKind.address, *match.span()) for pattern in _ADDRESS for match in pattern.finditer(digits))
    yield from known_address(digits, known)


def known_address(digits: str, known: Known) -> Iterator[tuple[LeakKind, int, int]]:
    """The house and the place in the file's address."""
    address = re.sub(r"\s", "", in_digits(read(known.address).plain))
    house = _DOWN_TO_VILLAGE.sub("", address)
    place = re.match(rf"{HAN}{{3,}}", house)
    parts = [house] if len(house) > 1 else []
    parts += [place[0]] if place and place[0] not in _NO_PLACES else []
    patterns = [re.compile(spaced(map(re.escape, part))) for part in parts]
    yield from ((LeakKind.address, *match.span()) for pattern in patterns for match in pattern.finditer(digits))
