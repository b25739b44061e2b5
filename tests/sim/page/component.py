"""The page as its widgets, without a browser: buttons are pressed and texts are read in this process."""

from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest


@dataclass
class Opened:
    """A page that is rendered."""

    context: Any

    def press(self, label):
        """Press the button that says this."""
        from ipyvuetify import Btn

        self.context.find(Btn, children=[label]).widget.click()

    @property
    def pictures(self):
        """The pictures, as they are sent: images, drawings in layers, and what a report prints."""
        from ipyvue import VueTemplate
        from ipywidgets import Image
        from solara.widgets import HTML

        drawn = [each for each in self.context.find(VueTemplate).widgets if hasattr(each, "moving")]
        told = [each.unsafe_innerHTML or "" for each in self.context.find(HTML).widgets]
        printed = [each for each in told if "class='printed'" in each]
        return [*self.context.find(Image).widgets, *drawn, *printed]


@contextmanager
def opened(exhibit):
    """The page of an exhibit."""
    app = pytest.importorskip("sim.page.app", reason="the page is not installed")
    import solara

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app, "EXHIBIT", exhibit)
        _, context = solara.render(app.Page(), handle_error=False)
        try:
            yield Opened(context)
        finally:
            context.close()


def texts(page):
    """Whatever texts stand on the page."""
    from ipyvue import VueWidget

    for widget in page.context.find(VueWidget).widgets:
        yield from (child for child in widget.children if isinstance(child, str))
