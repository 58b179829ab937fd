"""The one thread that touches the database: jobs in order, those of the screen before those in the background.

The connection belongs to this thread from the first job to the last; the event loop never waits for a query except by
awaiting its job.
"""

from __future__ import annotations

import asyncio
import itertools
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

_NOW, _LATER, _LAST = 0, 1, 2


class Desk:
    """A thread with a queue. `later` jobs run when nobody waits for anything else."""

    def __init__(self) -> None:
        self._jobs: queue.PriorityQueue[tuple[int, int, Callable[[], None] | None]] = queue.PriorityQueue()
        self._numbers = itertools.count()
        self._thread = threading.Thread(target=self._work, name="desk", daemon=True)
        self._thread.start()

    def submit(self, job: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Put a job in the queue; its future."""
        return self._put(_NOW, job, *args, **kwargs)

    async def run(self, job: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a job and wait for it."""
        return await asyncio.wrap_future(self._put(_NOW, job, *args, **kwargs))

    async def later(self, job: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a job when there is time, and wait for it."""
        return await asyncio.wrap_future(self._put(_LATER, job, *args, **kwargs))

    def _put(self, priority: int, job: Callable[..., R], *args: Any, **kwargs: Any) -> Future[R]:
        future: Future[R] = Future()

        def work() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                future.set_result(job(*args, **kwargs))
            except BaseException as error:
                future.set_exception(error)

        self._jobs.put((priority, next(self._numbers), work))
        return future

    def _work(self) -> None:
        while True:
            work = self._jobs.get()[2]
            if work is None:
                return
            work()

    def close(self, timeout: float = 2.0) -> None:
        """Finish what waits, then end; gives up after `timeout` seconds."""
        self._jobs.put((_LAST, next(self._numbers), None))
        self._thread.join(timeout)
