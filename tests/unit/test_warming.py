"""Warming up leaves compiled kernels behind, so that later calls are quick."""

from imagingsim.anatomy import warm_up
from imagingsim.geometry import interpreter


def test_warming_up_compiles_the_sampling_kernels() -> None:
    warm_up()
    compiled = [
        kernel for kernel in vars(interpreter).values() if getattr(kernel, "signatures", None)
    ]
    assert compiled
