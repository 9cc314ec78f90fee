"""The workbench: forms made from rules, and the screens of the notebooks."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from clientops.workbench.ui.widget import View


def screen(name: str, **more: Any) -> "View":
    """The workbench at one of its screens, e.g. ``screen("credits")``."""
    from clientops.workbench import frame as shell

    return shell.screen(name, **more)
