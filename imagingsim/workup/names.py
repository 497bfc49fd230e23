"""The names a guard may use, of which kind their values are, and whether a guard fits them."""

import ast
import difflib
from collections.abc import Iterator, Mapping
from typing import Literal

from imagingsim.workup.catalogue import Catalogue, Differential
from imagingsim.workup.guard import Guard, dotted
from imagingsim.workup.spec import Order, ProtocolFile

Kind = Literal["number", "truth", "text"]

REGIONS = (
    "skin", "node", "liver", "pancreas", "adrenal", "bone", "chest_wall", "breast", "lung", "brain",
    "dura", "soft_tissue", "ear_canal", "device", "bowel",
)  # fmt: skip
"""Regions a report speaks about, as lesions name them."""

PATIENT: dict[str, Kind] = {
    "dead": "truth", "age": "number", "weight": "number", "female": "truth", "pacemaker": "truth",
    "claustrophobia": "truth", "iodine_allergy": "truth", "metformin": "truth",
    "diabetes": "truth", "cement": "truth", "pregnant": "truth", "anticoagulated": "truth",
    "performance": "number",
}  # fmt: skip
PATH: dict[str, Kind] = {
    "diagnostic": "truth", "malignant": "truth", "ki67": "number", "tissue_left": "number",
    "outstanding": "number",
}  # fmt: skip
PLAIN: dict[str, Kind] = {
    "t": "number", "dose": "number", "cost": "number", "horizon": "number", "timepoint": "text",
}  # fmt: skip
LABS = (
    "egfr", "creatinine", "glucose", "platelets", "inr", "aptt", "haemoglobin", "mcv", "folate",
    "d_dimer", "cea", "chromogranin_a",
)  # fmt: skip


ALL = "all"
"""Stands for every blood test there is."""


ARGUMENTS = {
    "known": (1, 99), "count": (1, 99), "since": (1, 1), "abs": (1, 1), "min": (2, 99),
    "max": (2, 99),
}  # fmt: skip
"""How many arguments a function of a guard takes, at least and at most."""


def kinds(
    protocol: ProtocolFile, catalogue: Catalogue, differential: Differential
) -> dict[tuple[str, ...], Kind]:
    """Return every dotted name that a guard of this protocol may use, with its kind."""
    found: dict[tuple[str, ...], Kind] = {(name,): kind for name, kind in PLAIN.items()}
    found |= {("patient", name): kind for name, kind in PATIENT.items()}
    found |= {("path", name): kind for name, kind in PATH.items()}
    found |= {("lab", name): "number" for name in LABS}
    found |= {("param", name): "number" for name in protocol.params}
    found |= {("visits", name): "number" for name in protocol.states}
    found |= {("seen", name): "truth" for name in (*REGIONS, "any", "primary")}
    groups = {one.group for one in differential.diagnoses.values()}
    found |= {("post", name): "number" for name in (*differential.diagnoses, *groups, "max")}
    found[("post", "top")] = "text"
    for study in orderable(protocol, catalogue):
        found[("done", study)] = found[("blocked", study)] = "truth"
        row = catalogue.studies.get(study)
        found |= {("report", study, region): "truth" for region in (row.regions if row else ())}
    return found


def orderable(protocol: ProtocolFile, catalogue: Catalogue) -> Iterator[str]:
    """Yield the studies that some state orders, and their substitutes."""
    for state in protocol.states.values():
        for order in state.orders if isinstance(state, Order) else ():
            yield order.study
            if order.study in catalogue.studies:
                yield from catalogue.studies[order.study].substitutes


def misuse(condition: Guard, known: Mapping[tuple[str, ...], Kind]) -> str | None:
    """Return what is wrong with the names of a guard and how they are put together, or None."""
    for name in condition.names:
        if name not in known:
            return _unknown(".".join(name), known)
    for node in ast.walk(condition.tree):
        fault = _misused(node, known) if isinstance(node, ast.expr) else None
        if fault:
            return f"{condition.text!r} {fault}"
    if _kind(condition.tree, known) != "truth":
        return f"{condition.text!r} is not a condition; compare it with something"
    return None


def _misused(node: ast.expr, known: Mapping[tuple[str, ...], Kind]) -> str | None:
    """Return what is wrong with one operation of a guard, its parts taken as right."""
    if isinstance(node, ast.Compare):
        return _miscompared(node, known)
    if isinstance(node, ast.BoolOp | ast.UnaryOp | ast.BinOp):
        truths = isinstance(node, ast.BoolOp) or isinstance(getattr(node, "op", None), ast.Not)
        return _wrong_part(_parts(node), "truth" if truths else "number", known)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return _miscalled(node.func.id, node.args, known)
    return None


def _parts(node: ast.expr) -> list[ast.expr]:
    return [one for one in ast.iter_child_nodes(node) if isinstance(one, ast.expr)]


def _wrong_part(
    parts: list[ast.expr], wanted: Kind, known: Mapping[tuple[str, ...], Kind]
) -> str | None:
    for part in parts:
        if _kind(part, known) != wanted:
            if wanted == "number":
                return f"reckons with {ast.unparse(part)}, which is no number; correct it"
            return f"takes {ast.unparse(part)} for a condition; compare it with something"
    return None


def _miscompared(node: ast.Compare, known: Mapping[tuple[str, ...], Kind]) -> str | None:
    for op, left, right in zip(
        node.ops, (node.left, *node.comparators), node.comparators, strict=False
    ):
        one, other = _kind(left, known), _kind(right, known)
        if one != other:
            return f"compares a {one} with a {other}; compare like with like"
        if one != "number" and not isinstance(op, ast.Eq | ast.NotEq):
            return f"asks which {one} is larger; ask with == or !="
    return None


def _miscalled(
    name: str, parts: list[ast.expr], known: Mapping[tuple[str, ...], Kind]
) -> str | None:
    fewest, most = ARGUMENTS[name]
    if not fewest <= len(parts) <= most:
        return f"gives {name} {len(parts)} arguments; it takes {fewest} or more"
    if name == "known":
        return None
    return _wrong_part(parts, "truth" if name == "count" else "number", known)


def _unknown(name: str, known: Mapping[tuple[str, ...], Kind]) -> str:
    names = [".".join(one) for one in known]
    near = difflib.get_close_matches(name, names, n=2, cutoff=0.85)
    if not near:
        near = sorted(one for one in names if one.split(".")[0] == name.split(".")[0])[:12]
    hint = f"did you mean {', '.join(near)}?" if near else "see names.py for the namespaces"
    return f"unknown name {name!r}; {hint}"


def _kind(node: ast.expr, known: Mapping[tuple[str, ...], Kind]) -> Kind:
    name = dotted(node)
    if name is not None:
        return known.get(name, "number")
    if isinstance(node, ast.Constant):
        return "text" if isinstance(node.value, str) else "number"
    if isinstance(node, ast.Call):
        return "truth" if isinstance(node.func, ast.Name) and node.func.id == "known" else "number"
    is_not = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)
    return "truth" if is_not or isinstance(node, ast.BoolOp | ast.Compare) else "number"
