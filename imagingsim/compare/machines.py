"""Machines: where blocks of work are done: here, in processes beside, or on a Dask cluster.

Results come back in the order of the jobs and are the same, bit by bit, wherever they were made.
"""

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

from imagingsim.errors import ImagingSimError

T = TypeVar("T")
LOCAL = "local"
AHEAD = 3
"""Jobs a worker of a cluster has before it, so that results do not pile up."""

_work: list[Callable[[int], Any]] = []


@dataclass(frozen=True)
class Machines:
    """Where work is done.

    Attributes
    ----------
    workers
        Processes; as many as there are cores when not given.
    cluster
        Address of a Dask scheduler, e.g. ``tcp://head:8786``, or ``local`` for one of its own.
    """

    workers: int | None = None
    cluster: str | None = None

    def mapped(self, work: Callable[[int], T], jobs: Sequence[int]) -> Iterator[T]:
        """Yield what ``work`` makes of each job, in order."""
        if not jobs:
            return
        if self.cluster is not None:
            yield from _on_cluster(work, jobs, self.cluster, self.workers)
            return
        wanted = min(self.workers or os.cpu_count() or 1, len(jobs))
        if wanted < 2:
            yield from map(work, jobs)
            return
        with ProcessPoolExecutor(wanted, initializer=_take, initargs=(work,)) as pool:
            yield from pool.map(_do, jobs)


def _take(work: Callable[[int], Any]) -> None:
    """Remember the work, in a process of its own."""
    _work[:] = [work]


def _do(job: int) -> Any:
    return _work[0](job)


def _called(work: Callable[[int], T], job: int) -> T:
    return work(job)


def _on_cluster(
    work: Callable[[int], T], jobs: Sequence[int], address: str, workers: int | None
) -> Iterator[T]:
    with _client(address, workers) as client:
        shared = client.scatter(work, broadcast=True, hash=False)
        waiting, todo = deque[Any](), iter(jobs)
        room = AHEAD * max(1, len(client.scheduler_info()["workers"]))
        for job in islice(todo, room):
            waiting.append(client.submit(_called, shared, job, pure=False))
        while waiting:
            done = waiting.popleft().result()
            for job in islice(todo, 1):
                waiting.append(client.submit(_called, shared, job, pure=False))
            yield done


@contextmanager
def _client(address: str, workers: int | None) -> Iterator[Any]:
    """Open a client of a scheduler, or of a cluster on this machine."""
    try:
        from distributed import Client, LocalCluster
    except ImportError as error:
        raise ImagingSimError(
            "Dask is not installed. Install it with: pip install 'imagingsim[cluster]'"
        ) from error
    if address == LOCAL:
        with (
            LocalCluster(
                n_workers=workers or os.cpu_count(), threads_per_worker=1, dashboard_address=None
            ) as cluster,
            Client(cluster) as client,
        ):
            yield client
        return
    try:
        client = Client(address, timeout="20s")
    except (OSError, ValueError) as error:
        raise ImagingSimError(
            f"No Dask scheduler answers at {address!r} ({error}). Start one with `dask scheduler` "
            "and `dask worker ADDRESS`, or use --cluster local."
        ) from error
    with client:
        yield client
