"""Tissue tables state a unit and a source for every value, or are refused line by line."""

from pathlib import Path

import pytest

from imagingsim.content import Library
from imagingsim.errors import ContentError, UnknownNameError
from imagingsim.tissue import PROPERTIES, Quantity, read_tissues

HEADER = "tissue,property,value,unit,source\n"


def _tables(folder: Path, text: str) -> Library:
    tables = folder / "phantoms" / "tissues"
    tables.mkdir(parents=True)
    (tables / "t.csv").write_text(text, encoding="utf-8")
    return Library((folder,))


def test_values_are_read_with_their_source(tmp_path: Path) -> None:
    tissues = read_tissues(_tables(tmp_path, HEADER + "liver,t2,46,ms,doi:x\n"))
    assert tissues["liver"].values["t2"] == Quantity(46.0, "doi:x")
    assert tissues.array(["liver", "liver"], "t2").tolist() == [46.0, 46.0]


def test_every_bad_line_is_named(tmp_path: Path) -> None:
    good = "a,t2,1,ms,s\n"
    bad = [
        "a,t2,1,ms,s",
        "a,t2,1,s,s",
        "a,weight,1,kg,s",
        "a,adc,x,1e-3 mm2/s,s",
        "b,t2,1,ms,",
        "b",
    ]
    rows = good + "\n".join(bad) + "\n"
    with pytest.raises(ContentError) as caught:
        read_tissues(_tables(tmp_path, HEADER + rows))
    messages = str(caught.value).splitlines()
    assert [int(message.split(":")[1]) for message in messages] == [3, 4, 5, 6, 7, 8]


def test_an_unknown_tissue_lists_the_known_ones(tmp_path: Path) -> None:
    tissues = read_tissues(_tables(tmp_path, HEADER + "liver,t2,46,ms,doi:x\n"))
    with pytest.raises(UnknownNameError, match="Known: liver"):
        tissues["livr"]
    with pytest.raises(ContentError, match="has no 'adc'"):
        tissues["liver"].value("adc")


def test_a_derived_tissue_keeps_what_is_not_changed(tmp_path: Path) -> None:
    tissues = read_tissues(_tables(tmp_path, HEADER + "liver,t2,46,ms,doi:x\n"))
    more = tissues.derive("met", "liver", {"fdg_suv": Quantity(8.0, "authored: test")})
    assert more["met"].value("t2") == 46.0
    assert more["met"].value("fdg_suv") == 8.0
    assert "met" not in tissues


def test_every_property_has_a_unit() -> None:
    assert all(PROPERTIES.values())
