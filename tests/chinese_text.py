"""Which half-width punctuation in a Chinese text breaks GB/T 15834."""

import re

HAN = r"\u3400-\u4dbf\u4e00-\u9fff"
_VALUE = "\ue000"
"""Stands for a placeholder: what comes there may be Chinese."""
_LATIN = "\ue001"
"""Stands for a web address or a piece of code."""
_WIDE = rf"[{HAN}{_VALUE}，。：；？！、（）《》〈〉“”‘’【】〔〕—…]"
_MASKED = (
    (re.compile(r"https?://[^\s，。；）]+|`[^`]*`"), _LATIN),
    (re.compile(r"%\(\w+\)[sd]|\{\{.*?\}\}|\{[^{}]*\}", re.DOTALL), _VALUE),
    (re.compile(r"\{%.*?%\}|\{#.*?#\}|</?[a-zA-Z!][^<>]*>", re.DOTALL), ""),
)
_FAULTS = (
    re.compile(rf"(?<={_WIDE}) ?[,:;?!]|[,:;?!] ?(?={_WIDE})"),
    re.compile(rf"(?<={_WIDE}) ?[()]|[()] ?(?={_WIDE})"),
    re.compile(rf"(?<=[{HAN}])\.(?![A-Za-z0-9])|\.\.\.(?={_WIDE})"),
    re.compile(rf"(?<=[{HAN}])[\"']|[\"'](?=[{HAN}])|[「」『』]"),
)
_BRACKETS = re.compile("[（）]")


def is_chinese(text: str) -> bool:
    """Whether it is a Chinese text, and not an English one that names a Chinese term."""
    return len(re.findall(rf"[{HAN}]", text)) > len(re.findall(r"[A-Za-z]+", _masked(text)))


def faults(text: str) -> list[str]:
    """The half-width marks beside Chinese characters, each with what stands around it; empty for a sound text.

    Half-width marks are right inside numbers (1,233), times (14:05), codes, Latin text, placeholders and addresses.
    """
    if not re.search(f"[{HAN}]", text):
        return []
    masked = _masked(text)
    results = [mark for fault in _FAULTS for mark in fault.finditer(masked)]
    around = [masked[max(0, mark.start() - 8) : mark.end() + 8] for mark in results]
    if _is_unbalanced(masked):
        around.append("（ without its ）")
    return [words.replace(_VALUE, "{…}").replace(_LATIN, "…") for words in around]


def _masked(text: str) -> str:
    for pattern, stand_in in _MASKED:
        text = pattern.sub(stand_in, text)
    return text


def _is_unbalanced(text: str) -> bool:
    depth = 0
    for bracket in _BRACKETS.findall(text):
        depth += 1 if bracket == "（" else -1
        if depth < 0:
            return True
    return depth != 0
