"""View object of the page of blank forms."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from tuoju.web.kit.views import View


@dataclass(frozen=True)
class BlankFormsPage(View):
    """Every form to print blank, by its code of the list `blank_paper`."""

    template: ClassVar[str] = "papers/index.html"
    names: Sequence[str]
