"""Commands whose options are given once, but for those that may be many: of two values none is ignored."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand


class OnceCommand(TyperCommand):
    """A command that refuses an option given twice."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """As ever, after a look at which options there are; one given twice ends the command."""
        _, _, given = self.make_parser(ctx).parse_args(args=list(args))
        once: set[str] = set()
        for one in given:
            name = getattr(one, "opts", [""])[0]
            if name in once and not one.multiple:
                ctx.fail(f"{name} is given twice; give it once")
            once.add(name)
        return super().parse_args(ctx, args)
