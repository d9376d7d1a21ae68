"""Finding Chinese names by the first letters of their readings: zjg finds 张建国."""

from functools import cache
from importlib.resources import files

from tuoju_text.folding import folded


def has_initials(text: str, letters: str) -> bool:
    """Whether consecutive characters of the text read with these first letters. Every reading of a character counts,
    since surnames have their own: 单 is found by s and by d. Characters outside GB 2312 have none.

    >>> has_initials("张建国", "zjg"), has_initials("单建国", "sjg"), has_initials("张建国", "jg")
    (True, True, True)
    >>> has_initials("张建国", "zg")
    False
    """
    wanted, readings = letters.lower(), [_of(character) for character in folded(text)]
    starts = range(len(readings) - len(wanted) + 1)
    return bool(wanted) and any(
        all(letter in readings[start + place] for place, letter in enumerate(wanted)) for start in starts
    )


def _of(character: str) -> str:
    return character if character.isascii() else _table().get(character, "")


@cache
def _table() -> dict[str, str]:
    """The first letters of the readings by character."""
    letters: dict[str, str] = {}
    path = files("tuoju_text") / "data" / "initials.txt"
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            letter, characters = line.split(" ")
            for character in characters:
                letters[character] = letters.get(character, "") + letter
    return letters
