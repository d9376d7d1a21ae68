"""Chinese that people read has full-width punctuation (GB/T 15834): catalogs, notifications, data and source."""

import ast
import csv
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from python_calamine import CalamineWorkbook

from chinese_text import faults, is_chinese

ROOT = Path(__file__).parent.parent.parent
SOURCE_ROOTS = ("platform", "matching", "projects", "notifications", "text")
NOT_SHOWN = {
    ("code_lists.csv", "source"): "a note in English on where a code comes from; no page shows it",
}
"""Columns of CSV files that nobody reads in the product: (file, column) and why."""
ALLOWED = {
    "=选项!$": "an Excel formula: the sheet 选项, then ! and the cells",
}
"""Beginnings of texts that keep half-width punctuation, and why."""


def files(*suffixes: str) -> list[Path]:
    """The files of the four source roots with one of these endings, wherever they lie."""
    result = (path for root in SOURCE_ROOTS for path in (ROOT / root).rglob("*") if path.suffix in suffixes)
    return sorted(path for path in result if "vendor" not in path.parts and "__pycache__" not in path.parts)


def complaints(path: Path, texts: Iterator[str]) -> list[str]:
    """One line for each text with a fault: the file, the whole text, and where in it the fault is."""
    name = path.relative_to(ROOT)
    checked = (text for text in texts if not text.startswith(tuple(ALLOWED)))
    return [f"{name}: {text.strip()!r} at {result}" for text in checked if (result := faults(text))]


def catalog_texts(path: Path) -> Iterator[str]:
    with path.open("rb") as file:
        for message in read_po(file):
            if message.id:
                yield from [message.string] if isinstance(message.string, str) else message.string


def csv_texts(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield from (cell for column, cell in row.items() if cell and (path.name, column) not in NOT_SHOWN)


def workbook_texts(path: Path) -> Iterator[str]:
    book = CalamineWorkbook.from_path(str(path))
    for name in book.sheet_names:
        for line in book.get_sheet_by_name(name).to_python():
            yield from (cell for cell in line if isinstance(cell, str))


def python_texts(path: Path) -> Iterator[str]:
    """Chinese string literals. Docstrings are for engineers; raw strings are patterns of what people type."""
    with tokenize.open(path) as file:
        source = file.read()
    lines = source.encode().splitlines()
    tree = ast.parse(source)
    passed_over = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            passed_over |= {id(part) for part in node.values}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant | ast.JoinedStr) or id(node) in passed_over:
            continue
        prefix = re.match(rb"[a-zA-Z]*", lines[node.lineno - 1][node.col_offset :])
        text = literal_text(node)
        if is_chinese(text) and not (prefix and b"r" in prefix[0].lower()):
            yield text


def literal_text(node: ast.Constant | ast.JoinedStr) -> str:
    """The text of a literal, `{}` where an f-string puts a value."""
    if isinstance(node, ast.JoinedStr):
        return "".join(literal_text(part) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    return node.value if isinstance(node.value, str) else ""


def typst_texts(path: Path) -> Iterator[str]:
    source = re.sub(r"^\s*//.*$", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    yield from re.findall(r'"([^"\n]*)"', source)
    yield from (re.sub(r"#[\w.()-]+", "{}", words) for words in re.findall(r"\[([^\[\]\n]*)\]", source))


def script_texts(path: Path) -> Iterator[str]:
    yield from re.findall(r"""["'`]([^"'`\n]*)["'`]""", path.read_text(encoding="utf-8"))


def template_texts(path: Path) -> Iterator[str]:
    """A notification template line by line; of a page template what stands outside of tags."""
    yield from (line for line in path.read_text(encoding="utf-8").splitlines() if is_chinese(line))


READERS = {
    ".po": catalog_texts,
    ".csv": csv_texts,
    ".xlsx": workbook_texts,
    ".py": python_texts,
    ".typ": typst_texts,
    ".js": script_texts,
    ".txt": template_texts,
    ".html": template_texts,
}


class TestRule:
    @pytest.mark.parametrize(
        "text",
        [
            "已核查,无需求",
            "村(社区)",
            "校验码(SHA-256)",
            "第%(page)s页,共%(pages)s页",
            "%(name)s:已导入",
            "请在 14:05 前到, 谢谢",
            "这是试读.",
            '标为"缺少"的材料',
            "点「转介」",
            "请稍候...已保存",
            "（一人一档",
            "{}岁(含)",
        ],
    )
    def test_half_width_beside_chinese_is_a_fault(self, text: str) -> None:
        assert faults(text)

    @pytest.mark.parametrize(
        "text",
        [
            "已核查，无需求（%(count)s项）。",
            "今天14:05前，1,233个村，3.5小时",
            "请看 https://tuoju.example/a?b=1,2，谢谢",
            "电话如 0550-3022685；邮箱如 name@example.cn。",
            '<p style="color:#5a6660;font-size:14px">您好，</p>',
            "{% if number is defined %}，编号{{ number }}{% endif %}：{{ link }}",
            "A list of warnings, one a line (English only)",
        ],
    )
    def test_sound_text_has_none(self, text: str) -> None:
        assert faults(text) == []

    def test_an_english_text_may_name_a_chinese_term(self) -> None:
        assert not is_chinese("Person-times (人次): everyone served, each time.")
        assert is_chinese("导出 Excel（全部）")


@pytest.mark.parametrize("suffix", READERS)
def test_chinese_in_the_source_roots_has_full_width_punctuation(suffix: str) -> None:
    results = [line for path in files(suffix) for line in complaints(path, READERS[suffix](path))]
    assert results == [], "\n" + "\n".join(results)


def test_the_chinese_readme_has_full_width_punctuation() -> None:
    results = []
    for path in sorted(ROOT.glob("*zh-CN*.md")):
        prose = re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
        prose = re.sub(r"\]\([^)]*\)", "]", prose)
        results += complaints(path, iter(prose.splitlines()))
    assert results == [], "\n" + "\n".join(results)


def test_every_kind_of_file_is_found() -> None:
    """A guard of the guard: an ending without a file would pass in silence."""
    assert [suffix for suffix in READERS if not files(suffix)] == []


MARK_BETWEEN = re.compile(r"(?:\}\}|%\}|>)( ?[,:;(?]|\)) ?(?=\{\{|\{%|<)")
"""A half-width mark that a page template puts between two values: it stays so on a Chinese page."""


def test_page_templates_translate_the_punctuation_between_words() -> None:
    results = []
    for path in files(".html"):
        source = path.read_text(encoding="utf-8")
        if 'lang="zh-CN"' in source.partition("\n")[0] or path.parent.name == "api":
            continue
        shown = re.sub(r"<(script|style)\b.*?</\1>|\{#.*?#\}", "", source, flags=re.DOTALL)
        shown = re.sub(r'(?<=[ "])[\w-]+="[^"]*"', "", shown)
        results += [
            f"{path.relative_to(ROOT)}: {shown[max(0, m.start() - 40) : m.end() + 30]!r}"
            for m in MARK_BETWEEN.finditer(shown)
        ]
    assert results == [], "\n" + "\n".join(results)
