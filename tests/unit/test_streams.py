"""A series' random stream depends on the seed and its name, and on nothing else."""

from imagingsim.streams import stream


def test_equal_seed_and_name_give_equal_numbers() -> None:
    assert (stream(3, "ct").normal(size=5) == stream(3, "ct").normal(size=5)).all()


def test_other_names_and_seeds_give_other_numbers() -> None:
    first = stream(3, "ct").normal()
    assert first not in (stream(4, "ct").normal(), stream(3, "pet").normal())
