"""The one thread that touches the database: jobs in order, those of the screen before those in the background.

The connection belongs to this thread from the first job to the last; the event loop never waits for a query except by
awaiting its job. What only reads can be stopped: a background job by any job of the screen (it is begun anew
afterwards), a reading by a newer one of its kind or by the user. What writes is never stopped.
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from itertools import count
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

_NOW, _LATER, _LAST = 0, 1, 2
NOTICEABLE = 0.1
"""Seconds from which on a reading is one that a user waits for, and may stop."""


class Stopped(Exception):
    """The reading was given up: a newer one has overtaken it, or the user stopped it."""


class _Job:
    """What is to be done. `kind` is given to readings that a newer one of the same kind overtakes."""

    def __init__(self, work: Callable[[], Any], priority: int, kind: str = "") -> None:
        self.work = work
        self.priority = priority
        self.kind = kind
        self.future: Future[Any] = Future()
        self.stopped = False
        self.began = 0.0


class Desk:
    """A thread with a queue. `interrupt` stops the query that runs; whoever opens the database sets it."""

    def __init__(self) -> None:
        self.interrupt: Callable[[], None] = lambda: None
        self.failed: Callable[[BaseException], None] = lambda error: None
        """Told of each error of a job, in the desk's thread, before whoever waits for the job is."""
        self._jobs: queue.PriorityQueue[tuple[int, int, _Job | None]] = queue.PriorityQueue()
        self._numbers = count()
        self._lock = threading.Lock()  # of the two below: an interrupt must never hit the job after the one meant
        self._current: _Job | None = None
        self._newest: dict[str, _Job] = {}
        self._thread = threading.Thread(target=self._attend, name="desk", daemon=True)
        self._thread.start()

    # -- giving it work

    def submit(self, job: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Put a job in the queue; its future."""
        return self._put(_Job(lambda: job(*args, **kwargs), _NOW))

    async def run(self, job: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a job and wait for it."""
        return await asyncio.wrap_future(self.submit(job, *args, **kwargs))

    async def read(self, kind: str, job: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a job that only reads, and wait for it; Stopped when a newer one of its kind came, or `stop` did."""
        result: R = await self._reading(_Job(lambda: job(*args, **kwargs), _NOW, kind))
        return result

    async def later(self, kind: str, job: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Like `read`, but when nobody waits for anything else."""
        result: R = await self._reading(_Job(lambda: job(*args, **kwargs), _LATER, kind))
        return result

    async def _reading(self, job: _Job) -> Any:
        try:
            return await asyncio.wrap_future(self._put(job))
        except asyncio.CancelledError:
            with self._lock:
                self._stop(job)
            raise
        except Exception as error:
            if job.stopped:
                raise Stopped from error
            raise

    def _put(self, job: _Job) -> Future[Any]:
        with self._lock:
            current = self._current
            if current is not None and current.priority > job.priority:
                self.interrupt()
            if job.kind:
                before, self._newest[job.kind] = self._newest.get(job.kind), job
                if before is not None:
                    self._stop(before)
        self._jobs.put((job.priority, next(self._numbers), job))
        return job.future

    # -- stopping it

    def stop(self) -> bool:
        """Stop the reading that the user has been waiting for noticeably long, if there is one."""
        with self._lock:
            job = self._current
            if job is None or job.priority != _NOW or not job.kind or time.monotonic() - job.began < NOTICEABLE:
                return False
            self._stop(job)
            return True

    def _stop(self, job: _Job) -> None:
        job.stopped = True
        if job is self._current:
            self.interrupt()

    # -- the thread

    def _attend(self) -> None:
        while True:
            job = self._jobs.get()[2]
            if job is None:
                return
            self._do(job)

    def _do(self, job: _Job) -> None:
        with self._lock:
            if not job.future.running() and not job.future.set_running_or_notify_cancel():
                return
            if job.stopped:
                job.future.set_exception(Stopped())
                return
            job.began = time.monotonic()
            self._current = job
        try:
            result, error = job.work(), None
        except BaseException as caught:
            result, error = None, caught
        with self._lock:
            self._current = None
        if error is not None:
            self.failed(error)
        if error is None:
            job.future.set_result(result)
        elif job.priority == _LATER and not job.stopped and type(error).__name__ == "InterruptError":
            self._jobs.put((job.priority, next(self._numbers), job))
        else:
            job.future.set_exception(error)

    def close(self, timeout: float = 2.0) -> None:
        """Finish what waits, then end; gives up after `timeout` seconds."""
        with self._lock:
            if self._current is not None and self._current.kind:
                self.interrupt()
        self._jobs.put((_LAST, next(self._numbers), None))
        self._thread.join(timeout)
