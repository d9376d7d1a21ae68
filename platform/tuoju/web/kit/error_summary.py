"""The summary at the head of a form that came back names each field by its label, further down the page."""

import re

_LINK = re.compile(r'(<a href="#[\w-]+" data-field="([\w-]+)">)')


def with_labels(page: str) -> str:
    """The page, with the label of its field before each message of the summary."""
    return _LINK.sub(lambda link: link[1] + _label_of(page, link[2]), page)


def _label_of(page: str, name: str) -> str:
    match = re.search(rf'<label for="{name}">([^<]*)|<fieldset[^>]* id="{name}">\s*<legend>([^<]*)', page)
    label = (match[1] or match[2] or "").strip() if match else ""
    return f"{label}: " if label else ""
