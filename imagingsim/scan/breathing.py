"""In which state a body is while a series of an acquisition is taken."""

from dataclasses import replace

from imagingsim.anatomy import BodyState, Case, Level
from imagingsim.scan.protocol import AcquisitionProtocol, SeriesRequest, read_acquisition
from imagingsim.study import Study

Point = tuple[float, float, float]

HELD = {"expiration": 0.0, "inspiration": 1.0}
"""How deep the breath is when it is held."""


def cycle_of(
    case: Case, protocol: AcquisitionProtocol, series: SeriesRequest
) -> tuple[tuple[float, BodyState], ...]:
    """Return the states a series goes through, with the share of the time of each.

    Only PET averages over more than one: free breathing gives every other series the average
    depth of a breath, around which a CT moves (`motion`).
    """
    rest = BodyState(oral_contrast=protocol.oral_contrast, position=protocol.position)
    way = series.breathing or protocol.breathing
    if way in HELD:
        return ((1.0, replace(rest, breathing=HELD[way])),)
    levels = case.free_breathing
    if series.pet is None:
        return ((1.0, replace(rest, breathing=_mean(levels))),)
    return tuple((one.share, replace(rest, breathing=one.breathing)) for one in levels)


def state_of(case: Case, protocol: AcquisitionProtocol, series: SeriesRequest) -> BodyState:
    """Return the state in which the truth of a series is given: the one that lasts longest."""
    return max(cycle_of(case, protocol, series), key=lambda moment: moment[0])[1]


def at_rest_mm(case: Case, study: Study, series: str, point_mm: Point) -> Point:
    """Return where a point seen in a series lies when the patient does not breathe, LPS mm.

    The point is given in the patient's directions, as series are.
    """
    protocol = read_acquisition(case.library, study.acquisition)
    request = next((one for one in protocol.series if one.name == series), protocol.series[0])
    state = state_of(case, protocol, request)
    x, y, z = (float(value) for value in state.turn.T @ point_mm)
    return case.at_rest_mm((x, y, z), arms=protocol.arms, state=state)


def _mean(levels: tuple[Level, ...]) -> float:
    return sum(level.share * level.breathing for level in levels)
