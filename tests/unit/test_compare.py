"""Comparing protocols: the same patients, paired, and what the difference costs."""

import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from distributed import LocalCluster
from typer.testing import CliRunner

from imagingsim.cli import app
from imagingsim.compare import (
    BLOCK,
    Compared,
    Comparison,
    Kept,
    Machines,
    frontier,
    pareto,
    run,
    table,
)
from imagingsim.compare.runs import Columns
from imagingsim.comparing import compare_protocols
from imagingsim.errors import FormatError, ImagingSimError, UnknownNameError, WorkupError

PROTOCOLS = ("net_skin_metastases", "net_skin_biopsy_first", "net_skin_pet_first")


@cache
def compared(count: int = 4000) -> Compared:
    """Return a small comparison."""
    return compare_protocols(PROTOCOLS, "skin_metastases", count=count, workers=1)


def test_the_frontier_is_the_one_worked_by_hand() -> None:
    # nothing, A and C span it; B is beaten by A, D mixes worse than C and E, F costs more than E
    points = [
        ("nothing", 0.0, 0.0), ("A", 100.0, 0.4), ("B", 150.0, 0.3), ("C", 260.0, 0.6),
        ("D", 500.0, 0.65), ("E", 560.0, 0.9), ("F", 700.0, 0.9),
    ]  # fmt: skip
    steps = {one.protocol: one for one in frontier(points)}
    assert [name for name, one in steps.items() if not one.why] == ["nothing", "A", "C", "E"]
    assert steps["A"].icer == pytest.approx(250.0)
    assert steps["C"].icer == pytest.approx(800.0)
    assert steps["E"].icer == pytest.approx(1000.0)
    assert "dominated" in steps["B"].why
    assert "extended" in steps["D"].why
    assert "dominated" in steps["F"].why


def test_workers_and_blocks_change_nothing() -> None:
    asked = compared().asked
    asked = Comparison(asked.protocols[:1], asked.population, BLOCK + 100, 1)
    assert run(asked, machines=Machines(1)).equals(run(asked, machines=Machines(2)))


def test_patients_without_images_need_no_library_of_dicom() -> None:
    code = (
        "import sys, imagingsim.compare; "
        "sys.exit(bool({'pydicom', 'highdicom', 'nibabel'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_cluster_of_two_gives_the_same_bits() -> None:
    asked = Comparison(compared().asked.protocols[:1], compared().asked.population, BLOCK + 100, 1)
    with LocalCluster(n_workers=2, processes=False, dashboard_address=None) as cluster:
        there = run(asked, machines=Machines(cluster=cluster.scheduler_address))
    assert there.equals(run(asked, machines=Machines(1)))


@pytest.mark.slow
def test_a_cluster_of_its_own_gives_the_same_bits() -> None:
    asked = Comparison(compared().asked.protocols[:1], compared().asked.population, BLOCK + 100, 1)
    assert run(asked, machines=Machines(2, "local")).equals(run(asked, machines=Machines(1)))


def test_a_cluster_that_does_not_answer_is_named() -> None:
    with pytest.raises(ImagingSimError, match="nowhere"):
        list(Machines(cluster="nowhere").mapped(abs, [1]))


def test_common_patients_make_differences_sharp() -> None:
    # aims of issue 5: the variance of a difference falls 1.5 times for costs, 3 times for yes or no
    frame = compared().patients
    other = compare_protocols(PROTOCOLS[1:2], "skin_metastases", count=4000, seed=2, workers=1)
    for measure, least in (("cost", 1.5), ("alive", 3.0), ("localised", 3.0)):
        name = f"{PROTOCOLS[1]}/{measure}"
        reference = frame[f"{PROTOCOLS[0]}/{measure}"].to_numpy().astype(float)
        paired = np.var(frame[name].to_numpy().astype(float) - reference)
        apart = np.var(other.patients[name].to_numpy().astype(float) - reference)
        assert apart / paired >= least, measure


def test_the_table_says_what_the_rows_say() -> None:
    found = compared()
    for row in found.iter_rows(named=True):
        values = found.patients[f"{row['protocol']}/{row['measure']}"].to_numpy().astype(float)
        assert row["mean"] == pytest.approx(values.mean())
        assert row["error"] == pytest.approx(values.std(ddof=1) / len(values) ** 0.5)
        assert row["q05"] <= row["median"] <= row["q95"]
    first = found.filter(pl.col("protocol") == PROTOCOLS[0])
    assert (first["difference"] == 0).all()
    assert not first["clear"].any()


def test_a_protocol_that_is_worse_in_all_is_not_on_the_front() -> None:
    asked, frame = compared().asked, compared().patients
    worse, best = PROTOCOLS[2], PROTOCOLS[1]
    beaten = frame.with_columns(
        *(pl.col(f"{best}/{axis}").alias(f"{worse}/{axis}") for axis in ("dose_msv", "localised")),
        *((pl.col(f"{best}/{axis}") + 1).alias(f"{worse}/{axis}") for axis in ("days", "cost")),
    )
    assert worse not in pareto(asked, beaten)
    assert best in pareto(asked, beaten)
    assert table(asked, beaten).height == 24


def test_tables_and_page_are_written_and_not_overwritten(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    found = compare_protocols(PROTOCOLS, "skin_metastases", count=4000, workers=1, folder=folder)
    assert pl.read_parquet(folder / "patients" / "*.parquet").equals(compared().patients)
    assert pl.read_csv(folder / "summary.csv").height == found.height
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert all(name in page for name in PROTOCOLS)
    assert "not for diagnosis" in page
    with pytest.raises(FormatError, match="--force"):
        compare_protocols(PROTOCOLS[:2], "skin_metastases", count=10, workers=1, folder=folder)


def test_an_interrupted_comparison_goes_on_where_it_stopped(tmp_path: Path) -> None:
    asked = Comparison(compared().asked.protocols[:1], compared().asked.population, BLOCK + 50, 1)
    keep = Kept.of(tmp_path / "out", asked)
    keep.write(0, pl.DataFrame(asked.block(0)))
    again = Kept.of(tmp_path / "out", asked)
    with pytest.MonkeyPatch.context() as patch:
        block, walked = Comparison.block, list[int]()

        def counted(self: Comparison, first: int) -> Columns:
            walked.append(first)
            return block(self, first)

        patch.setattr(Comparison, "block", counted)
        frame = run(asked, keep=again, machines=Machines(1))
    assert walked == [BLOCK]
    assert frame.equals(run(asked, machines=Machines(1)))


def test_a_protocol_named_twice_is_refused() -> None:
    with pytest.raises(WorkupError, match="named twice"):
        compare_protocols([PROTOCOLS[0], PROTOCOLS[0]], "skin_metastases", count=10)


@pytest.mark.parametrize(
    ("asked", "told"),
    [({"effect": "days"}, "localised"), ({"tornados": True}, "tornado"),
     ({"subgroups": ["height"]}, "egfr"), ({"psa": 2, "only": ["price"]}, "prices.petct_fdg")],
)  # fmt: skip
def test_what_is_not_known_is_answered_with_what_is(asked: dict[str, Any], told: str) -> None:
    with pytest.raises(UnknownNameError, match=told):
        compare_protocols(PROTOCOLS[:2], "skin_metastases", count=50, workers=1, **asked)


def test_the_command_compares_and_says_where(tmp_path: Path) -> None:
    out = str(tmp_path / "cmp")
    asked = ["compare", *PROTOCOLS[:2], "--population", "skin_metastases", "-n", "500",
             "--workers", "1", "--out", out]  # fmt: skip
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 0, done.output
    assert "report.html" in done.output
    for command, name in (("protocols", PROTOCOLS[1]), ("populations", "skin_metastases")):
        lines = CliRunner().invoke(app, [command]).output.splitlines()
        assert any(line.split()[0] == name for line in lines[1:] if line.strip())
