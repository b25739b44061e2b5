"""Clusters: the same work on Dask, an existing cluster by its address or a local one (extra `cluster`).

Each thread of a Dask worker does its work in a child process (`sim.sweep.children`), so that it can be
stopped at a time limit, runs alone in its process, and gives the same bytes as on one machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar

from sim.sweep.children import call_in_child

T = TypeVar("T")

LOCAL = "local"
PATIENCE = "10s"
"""How long the scheduler may take to answer."""


class ClusterError(ValueError):
    """A cluster cannot be used; the message says why."""


@contextmanager
def _answering() -> Iterator[None]:
    """ClusterError if the scheduler does not answer in here."""
    from distributed.client import ClosedClientError

    try:
        yield
    except (OSError, ClosedClientError) as error:
        raise ClusterError(f"the Dask cluster does not answer any more ({error})") from error


class DaskProcesses(Executor):
    """An executor on a Dask cluster, through the client's own executor.

    address
        Of the scheduler, such as `tcp://10.0.0.1:8786`; or `local`, which starts a cluster here.
    workers
        Of a local cluster, one thread each.
    limit
        Seconds that a piece of work may take; None for no limit.

    Raises ClusterError if Dask is not installed, or the cluster does not answer.
    """

    def __init__(self, address: str, workers: int = 1, limit: float | None = None) -> None:
        try:
            from distributed import Client, LocalCluster
        except ImportError:
            how = "pip install 'bazaar-auctions[cluster]' adds it"
            raise ClusterError(f"Dask is not installed; {how}") from None
        self._limit = limit
        self._cluster = (
            LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None)
            if address == LOCAL
            else None
        )
        try:
            self._client = Client(self._cluster or address, timeout=PATIENCE)
        except (OSError, ValueError, TypeError) as error:
            raise ClusterError(f"no Dask cluster answers at {address} ({error})") from None
        self._executor = self._client.get_executor(pure=False)

    @property
    def workers(self) -> int:
        """Threads of the cluster now, at least 1. Raises ClusterError if it is gone."""
        with _answering():
            return max(1, sum(self._client.nthreads().values()))

    def submit(self, work: Callable[..., T], /, *arguments: Any, **named: Any) -> Future[T]:
        """Do the work in a child of one of the cluster's workers. Raises ClusterError if it is gone."""
        piece = partial(work, *arguments, **named)
        with _answering():
            return self._executor.submit(call_in_child, piece, self._limit)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Leave the cluster; end it, if it was started here."""
        if self._client.status == "running":
            self._executor.shutdown(wait=wait and not cancel_futures)
        self._client.close()
        if self._cluster is not None:
            self._cluster.close()
