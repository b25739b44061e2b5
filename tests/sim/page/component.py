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
    def images(self):
        """The pictures, as they are sent, and the plots and tables of a report."""
        from ipywidgets import Image
        from solara.widgets import HTML

        told = [each.unsafe_innerHTML or "" for each in self.context.find(HTML).widgets]
        return [*self.context.find(Image).widgets, *(each for each in told if "class='printed'" in each)]


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
