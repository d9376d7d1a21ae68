"""View objects of the device queue."""

from dataclasses import dataclass
from typing import ClassVar

from tuoju.web.kit.views import View


@dataclass(frozen=True)
class DevicePage(View):
    """What waits, was sent and asks on this device; the list itself is drawn by queue.js, which alone can open it."""

    template: ClassVar[str] = "device/show.html"
