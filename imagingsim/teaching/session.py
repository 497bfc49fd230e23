"""Session: a resident drives one patient's workup; everything done is written down to be scored.

Marks are made before the report is read, and what was ordered is judged with what was known then.
Whoever shows a session (a notebook, the viewer) calls its methods and looks at `walk`.
"""

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from imagingsim.errors import UnknownNameError, WorkupError
from imagingsim.reading import Reading
from imagingsim.teaching import records
from imagingsim.teaching.noted import Marked, Ordered, Stated
from imagingsim.teaching.records import Act, Label, SessionFile, Who
from imagingsim.teaching.rules import Ratings
from imagingsim.workup import Protocol
from imagingsim.workup.catalogue import Spoken
from imagingsim.workup.engine import begin
from imagingsim.workup.laboratory import draw_labs
from imagingsim.workup.names import ALL, REGIONS
from imagingsim.workup.ordering import place_orders
from imagingsim.workup.spec import Biopsy, Order, Panel, StudyOrder, Target, Urgency
from imagingsim.workup.steps import Visit
from imagingsim.workup.tissue import sample_tissue
from imagingsim.workup.walking import Draft, Walk
from imagingsim.workup.world import Known, World

FALSE_MM = 10.0
"""Size of what a resident marks and nobody measured."""

TURNAROUND_D = 5.0
"""Days of a panel that a resident asks for; as long as the reference protocols' lineage panels."""


@dataclass(eq=False)
class Session:
    """One resident and one patient.

    Attributes
    ----------
    walk
        The patient's chart, what happened, and what is to come.
    reference
        The protocol that is the yardstick.
    acts
        All that was done, as it can be written to a file and played again.
    diagnosis
        What the resident settled on; None while the session goes on.
    who
        Which patient it is, for the record; hidden from the resident.
    """

    walk: Walk
    ratings: Ratings
    reference: Protocol
    acts: list[Act] = field(default_factory=list)
    ordered: list[Ordered] = field(default_factory=list)
    marks: list[Marked] = field(default_factory=list)
    stated: list[Stated] = field(default_factory=list)
    diagnosis: str | None = None
    who: Who = field(default_factory=Who)

    @classmethod
    def of(
        cls, world: World, reference: Protocol, ratings: Ratings, who: Who | None = None
    ) -> "Session":
        """Begin a session; the reference protocol gives catalogue, differential and horizon.

        Its interrupts stop nobody but itself: what an emergency means is for the resident to say.
        """
        free = replace(reference, file=replace(reference.file, interrupts=()))
        return cls(begin(world, free), ratings, reference, who=who or Who())

    def recorded(self, resident: str = "") -> SessionFile:
        """Return all that was done, as it can be played again."""
        return SessionFile(
            schema="imagingsim.session/1", patient=self.who, reference=self.reference.id,
            acts=tuple(self.acts), resident=resident,
        )  # fmt: skip

    @property
    def over(self) -> bool:
        """Whether the patient died, time is up or the resident settled."""
        return self.walk.over or self.diagnosis is not None

    @property
    def day(self) -> float:
        """Days since the session began."""
        return self.walk.chart.now_d

    def available(self) -> dict[str, str]:
        """Return the studies that can be ordered, id and title; no rule is told beforehand."""
        return {name: row.title for name, row in self.walk.catalogue.studies.items()}

    def made(self) -> tuple[Visit, ...]:
        """Return the studies that were made, in order; whether or not their report is back."""
        visits = [visit for draft in self.walk.drafts for visit in draft.visits]
        return tuple(one for one in visits if one.status in ("acquired", "reported"))

    def labs(self, *tests: str) -> dict[str, float]:
        """Draw blood; return the values."""
        self._act(records.Labs(do="labs", tests=tests or (ALL,)), "labs", "Bloods")
        draw_labs(self.walk, tests or (ALL,))
        return {name: one.value for name, one in self.walk.chart.labs.items()}

    def examine(self, *regions: str) -> tuple[str, ...]:
        """Look and feel; return where something was found."""
        self._known(regions, REGIONS, "region")
        self._act(records.Examine(do="examine", regions=regions), "set", "Examination")
        for region in regions:
            found = self.walk.world.examined(region, self.walk.chart.timepoint)
            for one, known in found:
                self.walk.draft.examined.append(one)
                if one.found:
                    self.walk.chart.know(known)
            positive = any(one.found for one, _ in found)
            rate = self.walk.catalogue.evidence.rate("clinical", region)
            self.walk.remember(self.walk.chart.belief.after_region(region, positive, rate))
            self.walk.chart.read_regions.add(region)
        return tuple(one.region for one in self.walk.draft.examined if one.found)

    def order(self, study: str, urgency: Urgency = "urgent", question: str = "") -> Visit:
        """Ask for a study; time does not pass. What a rule had against it is told afterwards."""
        row = self.walk.catalogue.study(study)
        self._act(
            records.OrderStudy(do="order", study=study, urgency=urgency, question=question),
            "order", row.title,
        )  # fmt: skip
        scenario, rating = self._rated(study)
        unknown, before = self._rules(self.walk.catalogue.about_study(study))
        order = StudyOrder(study=study, urgency=urgency, question=question)
        place_orders(
            self.walk, "session", Order(type="order", orders=(order,), next=(), deadline_d=0.0)
        )
        _, after = self._rules(self.walk.catalogue.about_study(study))
        rules = tuple(dict.fromkeys((*before, *after)))
        self.ordered.append(Ordered(self.day, study, scenario, rating, rules, unknown))
        return self.walk.draft.visits[-1]

    def wait(self, days: float | None = None) -> tuple[Visit, ...]:
        """Let time pass: so many days, or until the next study is made or reported.

        Returns
        -------
        tuple[Visit, ...]
            Every study that was made so far.
        """
        self._act(records.Pass(do="wait", days=days), "wait", "Waiting")
        due = [event.day for event in self.walk.to_come if event.day > self.day]
        if days is None and not due:
            raise WorkupError("Nothing is outstanding. Order something, or say how many days.")
        self.walk.advance(self.day + days if days is not None else min(due))
        self.walk.draft.end_day = self.day
        return self.made()

    def mark(
        self, study: str, region: str, label: Label = "lesion", confidence: float = 1.0,
        point_mm: tuple[float, float, float] | None = None,
    ) -> None:  # fmt: skip
        """Mark something in the newest images of a study; what is a lesion can then be sampled."""
        self._known([region], REGIONS, "region")
        mine = [one for one in self.made() if one.study == study]
        if not mine:
            raise WorkupError(f"{study} was not made yet, so nothing can be marked in it.")
        self._act(
            records.Mark(
                do="mark", study=study, region=region, label=label, confidence=confidence,
                point_mm=point_mm,
            ),
            "mark", "Reading",
        )  # fmt: skip
        self.marks.append(
            Marked(self.day, study, len(mine) - 1, region, label, confidence, point_mm)
        )
        chart = self.walk.chart
        if label == "lesion" and not any(one.region == region for one in chart.seen.values()):
            chart.know(Known(region, region, point_mm or (0.0, 0.0, 0.0), FALSE_MM))

    def report(self, study: str) -> Reading | None:
        """Return the newest report of a study by the reader of the house; None: not back yet."""
        return self.walk.chart.reports.get(study)

    def differential(self, given: Mapping[str, float]) -> None:
        """State how likely the diagnoses are; those not named share what is left."""
        self._act(records.State(do="differential", chances=dict(given)), "decide", "Differential")
        self._state(given, final=False)

    def biopsy(
        self, region: str, technique: str, markers: Iterable[str] = (), cores: int = 3
    ) -> bool | None:
        """Take tissue and wait for its first results; tell whether it gave a diagnosis."""
        catalogue, markers = self.walk.catalogue, tuple(markers)
        self._known([region], REGIONS, "region")
        self._known([technique], catalogue.procedures, "procedure")
        self._known(markers, catalogue.markers, "marker")
        procedure = catalogue.procedures[technique]
        self._act(
            records.TakeTissue(
                do="biopsy", region=region, technique=technique, markers=markers, cores=cores
            ),
            "biopsy", procedure.title,
        )  # fmt: skip
        unknown, before = self._rules(catalogue.about_procedure(technique))
        panel = Panel(name="asked for", markers=markers, turnaround_d=TURNAROUND_D)
        state = Biopsy(
            type="biopsy", target=Target(regions=(region,)), technique={region: technique},
            panels=(panel,) if markers else (), next=(), cores=cores,
        )  # fmt: skip
        day = self.day
        sample_tissue(self.walk, "session", state)
        self.walk.draft.end_day = self.day
        self.ordered.append(Ordered(day, technique, "", None, before, unknown))
        return self.walk.chart.diagnostic

    def prompt(self, text: str, answer: str = "") -> None:
        """Write down a question and an answer; they never count."""
        self._act(records.Prompt(do="prompt", text=text, answer=answer), "prompt", text)

    def commit(self, diagnosis: str) -> None:
        """Settle on a diagnosis; the session ends."""
        names = list(self.walk.chart.belief.differential.diagnoses)
        self._known([diagnosis], names, "diagnosis")
        self._act(records.Commit(do="commit", diagnosis=diagnosis), "end", "Diagnosis")
        before = self.stated[-1].chances if self.stated else {}
        self._state({diagnosis: max(0.9, before.get(diagnosis, 0.0))}, final=True)
        self.diagnosis = diagnosis

    def play(self, acts: Iterable[Act]) -> None:
        """Do again what was recorded, until the session is over."""
        for act in acts:
            if self.over and not isinstance(act, records.Prompt):
                return
            fields = {one.name: getattr(act, one.name) for one in dataclasses.fields(act)}
            kind = fields.pop("do")
            if kind in ("labs", "examine"):
                getattr(self, kind)(*next(iter(fields.values())))
            else:
                _METHODS[kind](self, *fields.values())

    def _act(self, act: Act, kind: str, title: str) -> None:
        """Write an act down, unless it comes too late."""
        if self.over and not isinstance(act, records.Prompt):
            why = "a diagnosis was made" if self.diagnosis else f"it ended on day {self.day:.0f}"
            raise WorkupError(f"The session is over ({why}). Look at its debriefing.")
        self.acts.append(act)
        chart = self.walk.chart
        self.walk.drafts.append(
            Draft(
                len(self.walk.drafts) + 1, act.do, kind, title, chart.timepoint, self.day,
                self.day, belief=chart.belief,
            )
        )  # fmt: skip

    def _known(self, names: Iterable[str], known: Iterable[str], what: str) -> None:
        known = list(known)
        for name in names:
            if name not in known:
                raise UnknownNameError.of(what, name, known)

    def _rated(self, study: str) -> tuple[str, int]:
        """Return the situation and how appropriate a study is in it."""
        for name, one, condition in self.ratings.scenarios:
            if condition.holds(self.walk.chart.lookup):
                return name, one.ratings.get(study, one.other)
        return "", 5

    def _rules(self, spoken: Spoken) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return blood tests the rules want and nobody knows, and the rules that fire now."""
        chart = self.walk.chart
        return tuple(test for test in spoken.needs if test not in chart.labs), tuple(
            name
            for name, rule, condition in spoken.rules
            if rule.effect != "note" and condition.holds(chart.lookup)
        )

    def _state(self, given: Mapping[str, float], *, final: bool) -> None:
        belief = self.walk.chart.belief
        names = list(belief.differential.diagnoses)
        self._known(given, names, "diagnosis")
        total = sum(given.values())
        if total > 1 + 1e-9:
            raise WorkupError(f"The probabilities add up to {total:g}; they must not exceed 1.")
        others = [name for name in names if name not in given]
        rest = (1 - total) / len(others) if others else 0.0
        stated = {name: given.get(name, rest) for name in names}
        self.stated.append(Stated(self.day, stated, belief.chances, final))


_METHODS: dict[str, Callable[..., object]] = {
    "order": Session.order, "wait": Session.wait, "mark": Session.mark,
    "differential": Session.differential, "biopsy": Session.biopsy, "prompt": Session.prompt,
    "commit": Session.commit,
}  # fmt: skip
"""What plays an act again; its fields are the arguments, in order."""
