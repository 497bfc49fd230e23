"""Queues known without events: Erlang's formula, and the recursion of Kiefer and Wolfowitz.

Both are for one queue, first come first served, with scanners that never close.
"""

from math import factorial

import numpy as np

from imagingsim.jit import compiled
from imagingsim.units import FloatArray


def mean_wait(per_min: float, minutes: float, scanners: int) -> float:
    """Return the mean wait of an M/M/c queue, minutes, by Erlang's C formula.

    Parameters
    ----------
    per_min
        Arrivals a minute.
    minutes
        Mean time in the room.

    Raises
    ------
    ValueError
        When as much is asked as can be done, or more.

    Examples
    --------
    >>> round(mean_wait(0.5, 1.0, 1), 6)
    1.0
    """
    offered = per_min * minutes
    if offered >= scanners:
        raise ValueError(f"a load of {offered / scanners:.2f} has no mean wait; it must be below 1")
    below = sum(offered**k / factorial(k) for k in range(scanners))
    top = offered**scanners / factorial(scanners) / (1 - offered / scanners)
    return top / (below + top) * minutes / (scanners - offered)


@compiled
def waits_of(arrivals: FloatArray, minutes: FloatArray, scanners: int) -> FloatArray:
    """Return the waits of customers who are served in the order they come, (n,).

    Parameters
    ----------
    arrivals
        (n,) when each comes, rising.
    minutes
        (n,) how long each takes.

    References
    ----------
    .. [1] Kiefer J, Wolfowitz J. On the theory of queues with many servers. Trans Am Math Soc 78
       (1955) 1-18.
    """
    free, waits = np.zeros(scanners), np.empty(len(arrivals))
    for i in range(len(arrivals)):
        first = 0
        for k in range(1, scanners):
            if free[k] < free[first]:
                first = k
        start = max(arrivals[i], free[first])
        waits[i] = start - arrivals[i]
        free[first] = start + minutes[i]
    return waits
