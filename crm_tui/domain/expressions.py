"""`expression` is `re.compile` that compiles when it is first asked: of all that could be matched, most never is."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from re import compile as expression
else:
    import re

    class Expression:
        """A pattern by its text; its methods are the compiled one's."""

        def __init__(self, pattern, flags):
            self._given = (pattern, flags)

        def __getattr__(self, name):
            if name.startswith("__"):
                raise AttributeError(name)
            found = getattr(re.compile(*self._given), name)
            setattr(self, name, found)  # not looked for a second time
            return found

    def expression(pattern, flags=0):
        """As `re.compile`; what is wrong with the pattern is told when it is first used."""
        return Expression(pattern, flags)


__all__ = ["expression"]
