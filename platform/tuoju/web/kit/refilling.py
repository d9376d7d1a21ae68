"""A form of a page filled in again with what was sent, and told what was wrong with it.

The page is made as for anybody who opens it; here the one form that was refused is found in it and gets back what
was typed, whatever the form is made of.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser

OF_THE_PAGE = frozenset({"form_token", "once", "page", "version"})
"""Hidden fields that the page just made anew."""
TYPED_INPUTS = frozenset({"text", "search", "tel", "email", "url", "number", "date", "month", "time"})


@dataclass(frozen=True)
class SentForm:
    """A form as it was sent, and the answer to it."""

    action: str
    """The address that it was sent to."""
    fields: Mapping[str, Sequence[str]]
    sentence: str
    """Why it was refused, and how to go on."""
    field_name: str = ""
    """The field that is wrong; empty for the form as a whole."""
    has_files: bool = False


@dataclass
class _Tag:
    """A start tag of the page and where it stands."""

    name: str
    attributes: dict[str, str | None]
    start: int
    end: int


@dataclass
class _Form:
    tag: _Tag
    folded_in: list[_Tag]
    controls: list[_Tag] = field(default_factory=list)
    contents: dict[int, tuple[int, int]] = field(default_factory=dict)
    """Start and end of the text within each textarea, by the number of its control."""

    def is_sent_to(self, action: str) -> bool:
        targets = [self.tag.attributes.get("action"), *(tag.attributes.get("formaction") for tag in self.controls)]
        return self.tag.attributes.get("method") == "post" and action in targets

    def id_of(self, name: str) -> str:
        """The id of the control of this name, empty if it has none."""
        ids = (tag.attributes.get("id") for tag in self.controls if name and tag.attributes.get("name") == name)
        return next(ids, None) or ""

    def hidden(self) -> dict[str, str]:
        return {
            tag.attributes.get("name") or "": tag.attributes.get("value") or ""
            for tag in self.controls
            if tag.attributes.get("type") == "hidden" and tag.attributes.get("name") not in OF_THE_PAGE
        }


class _Reader(HTMLParser):
    """Notes the forms of a page, with their controls and what they are folded in."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=False)
        self.forms: list[_Form] = []
        self._lines = [0]
        for line in page.splitlines(keepends=True):
            self._lines.append(self._lines[-1] + len(line))
        self._folds: list[_Tag] = []
        self._form: _Form | None = None
        self._select: str | None = None
        self.feed(page)

    def _at(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + column

    def handle_starttag(self, name: str, attrs: list[tuple[str, str | None]]) -> None:
        tag = _Tag(name, dict(attrs), self._at(), self._at() + len(self.get_starttag_text() or ""))
        if name == "details":
            self._folds.append(tag)
        elif name == "form":
            self._form = _Form(tag, list(self._folds))
            self.forms.append(self._form)
        elif self._form is not None:
            if name == "details":
                self._form.folded_in.append(tag)
            if name == "select":
                self._select = tag.attributes.get("name")
            if name == "option":
                tag.attributes["name"] = self._select
            if name in ("input", "textarea", "select", "option", "button"):
                self._form.controls.append(tag)

    def handle_endtag(self, name: str) -> None:
        if name == "details" and self._folds:
            self._folds.pop()
        elif name == "form":
            self._form = None
        elif name == "textarea" and self._form is not None:
            number = len(self._form.controls) - 1
            self._form.contents[number] = (self._form.controls[number].end, self._at())


def refilled(page: str, sent: SentForm, notice: Callable[[str], str]) -> str | None:
    """The page with the form filled in again and at its head the `notice` (HTML), which is told the id of the field
    that is wrong; None if it holds no such form."""
    forms = [form for form in _Reader(page).forms if form.is_sent_to(sent.action)]
    form = next((form for form in forms if _fits(form, sent)), None)
    if form is None:
        return None
    wrong = next(
        (tag for tag in form.controls if sent.field_name and tag.attributes.get("name") == sent.field_name), None
    )
    edits = [(form.tag.end, form.tag.end, notice((wrong.attributes.get("id") or "") if wrong else ""))]
    edits += [(fold.end - 1, fold.end - 1, " open") for fold in form.folded_in if "open" not in fold.attributes]
    edits += _field_edits(page, form, sent)
    for start, end, text in sorted(edits, reverse=True):
        page = page[:start] + text + page[end:]
    return page


def _fits(form: _Form, sent: SentForm) -> bool:
    """Whether it is the very form among those of many rows: its hidden fields are those that were sent."""
    return all(sent.fields.get(name, [value])[0] == value for name, value in form.hidden().items())


def _field_edits(page: str, form: _Form, sent: SentForm) -> list[tuple[int, int, str]]:
    edits = []
    is_named = False
    for number, tag in enumerate(form.controls):
        name = tag.attributes.get("name") or ""
        values = sent.fields.get(name)
        attributes = _changed(tag, values)
        if name and name == sent.field_name and not is_named and tag.name != "option":
            is_named = True
            attributes = {**attributes, "aria-invalid": "true", "autofocus": None}
            edits.append((tag.start, tag.start, f'<span class="wrong">{escape(sent.sentence)}</span>'))
        if attributes != tag.attributes:
            edits.append((tag.start, tag.end, _as_text(tag.name, attributes)))
        if number in form.contents and values is not None:
            start, end = form.contents[number]
            lead = "\n" if values[0].startswith(("\n", "\r")) else ""  # a browser drops the first line break
            edits.append((start, end, lead + escape(values[0], quote=False)))
    return edits


def _changed(tag: _Tag, values: Sequence[str] | None) -> dict[str, str | None]:
    """The attributes of a control as it was sent."""
    kind = (tag.attributes.get("type") or "text").lower()
    is_choice = tag.name == "option" or (tag.name == "input" and kind in ("radio", "checkbox"))
    if is_choice:
        mark = "selected" if tag.name == "option" else "checked"
        if tag.name == "option" and values is None:
            return tag.attributes
        kept = {name: value for name, value in tag.attributes.items() if name != mark}
        return {**kept, mark: None} if (tag.attributes.get("value") or "") in (values or ()) else kept
    if tag.name == "input" and kind in TYPED_INPUTS and values:
        return {**tag.attributes, "value": values[0]}
    return tag.attributes


def _as_text(name: str, attributes: Mapping[str, str | None]) -> str:
    kept = {key: value for key, value in attributes.items() if not (name == "option" and key == "name")}
    texts = (key if value is None else f'{key}="{escape(value)}"' for key, value in kept.items())
    return f"<{' '.join([name, *texts])}>"
