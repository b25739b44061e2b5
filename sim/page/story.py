"""Story: a scenario's docstring, its "what to look for" first, and its presets, as the page tells them."""

from __future__ import annotations

import re
from html import escape

LOOK = "What to look for"


def paragraphs(story: str) -> list[str]:
    """The paragraphs of a docstring, each in one line.

    >>> paragraphs("One.\\n\\nTwo\\nlines.")
    ['One.', 'Two lines.']
    """
    return [" ".join(part.split()) for part in story.split("\n\n") if part.strip()]


def look_for(story: str) -> str:
    """The paragraph that says what to look for, without these words; empty if there is none."""
    for part in paragraphs(story):
        if part.startswith(LOOK):
            return part.removeprefix(LOOK).lstrip(".: ")
    return ""


def marked(words: str) -> str:
    """Words as HTML, with what stands between backticks as code.

    >>> marked("`--until 9` & more")
    '<code>--until 9</code> &amp; more'
    """
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(words))


def story_html(story: str) -> str:
    """The whole story but for its first line, which stands above, and what to look for."""
    return "".join(f"<p>{marked(part)}</p>" for part in paragraphs(story)[1:] if not part.startswith(LOOK))
