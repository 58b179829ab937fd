"""Between words and services: each function takes typed values and customer ids, and calls one service.

A service is imported by the call that needs it, so that a command starts without all the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Values = Mapping[str, Any]
Ids = Sequence[int]
