"""Text as quality documents have it: headings, paragraphs, numbered steps and tables, drawn from a seeded generator."""

from __future__ import annotations

from random import Random

_WHO = (
    "The operator", "The shift leader", "The inspector", "The buyer", "The planner", "The document controller",
    "The process owner", "The laboratory", "Goods-in", "The test engineer", "The maintenance fitter", "The supplier",
    "The project engineer", "The quality engineer", "The warehouse", "Whoever finds it",
)  # fmt: skip
_DOES = (
    "checks", "records", "signs for", "compares", "sets aside", "labels", "measures", "releases", "returns",
    "photographs", "weighs", "reports", "confirms", "closes", "reviews", "counts", "re-tests", "quarantines",
)  # fmt: skip
_WHAT = (
    "the heat number", "the torque value", "the first piece", "the traveller", "the drawing issue", "the seal kit",
    "the gauge", "the certificate", "the purchase order", "the test pressure", "the surface finish", "the cleaning bath",
    "the packing list", "the calibration label", "the nonconforming lot", "the setting sheet", "the delivery note",
    "the weld preparation", "the contract review", "the risk register", "the spare-parts list", "the marking",
    "the batch card", "the customer's requirement", "the work order", "the storage temperature", "the tool life",
)  # fmt: skip
_WHEN = (
    "before the lot moves on", "at the start of every shift", "within {n} working days", "once in {n} pieces",
    "before the order is confirmed", "at least every {n} weeks", "as soon as it is seen", "when the lot exceeds {n} pieces",
    "on the day of delivery", "before the next operation", "after each change of tool", "at {n} °C or below",
    "for every customer who asks for it", "with a witness from another area", "and keeps the sheet for {n} years",
)  # fmt: skip
_WHY = (
    "so that a mix-up is found before assembly", "because the result cannot be measured later",
    "since the customer may ask for it", "unless the order says otherwise", "in the way the setting sheet shows",
    "and writes the reason on the traveller", "and tells the process owner the same day", "without opening the sealed bag",
    "even where the supplier is approved", "so that the next auditor can follow it",
)  # fmt: skip
_HEADINGS = (
    "Purpose", "Scope", "Responsibilities", "Procedure", "Records", "Equipment", "Safety", "Acceptance", "Training",
    "Nonconforming output", "Preparation", "Inputs", "Outputs", "Monitoring", "Deviations", "Definitions", "Methods",
)  # fmt: skip
_SUBJECTS = (
    "incoming inspection", "turning of bodies", "pressure testing", "deburring", "laser marking", "packing", "storage",
    "supplier assessment", "order review", "tool management", "calibration", "first-article inspection", "heat treatment",
    "surface treatment", "assembly", "leak testing", "traceability", "complaints", "design changes", "risk assessment",
    "internal transport", "software of test benches", "cleaning", "welding", "coolant care", "gauge control",
)  # fmt: skip
_OBJECTS = (
    "needle valves", "ball valves", "castings", "bar stock", "seals", "springs", "bonnets", "stems", "actuators",
    "manifolds", "fittings", "pressure gauges", "test rigs", "subcontracted parts", "customer property", "spare parts",
    "prototypes", "returned goods", "hazardous substances", "small series", "export orders", "bench A", "bench B",
)  # fmt: skip
_CHANGES = ("Says when", "Says who", "Corrects how", "Adds that", "Clarifies where", "Shortens the text on how")


class Prose:
    """Draws texts; the same generator in the same state gives the same text."""

    def __init__(self, random: Random) -> None:
        self.random = random

    def title(self) -> str:
        """A title such as `Leak testing of ball valves`."""
        return f"{self._one(_SUBJECTS).capitalize()} of {self._one(_OBJECTS)}"

    def change(self) -> str:
        """One sentence on what a revision changes."""
        return f"{self._one(_CHANGES)} {self._one(_WHO)[0].lower()}{self._one(_WHO)[1:]} {self._one(_DOES)} {self._one(_WHAT)}."

    def sentence(self) -> str:
        """One sentence of a procedure."""
        parts = [self._one(_WHO), self._one(_DOES), self._one(_WHAT), self._number(self._one(_WHEN))]
        if self.random.random() < 0.5:
            parts.append(self._one(_WHY))
        return " ".join(parts) + "."

    def blocks(self, size: int) -> list[str]:
        """The blocks of a body of about `size` characters: headings, paragraphs, steps and tables."""
        found, length = [], 0
        while length < size:
            made = [f"## {self._one(_HEADINGS)}", *(self._block() for _ in range(self.random.randint(1, 4)))]
            found += made
            length += sum(map(len, made))
        return found

    def edit(self, blocks: list[str]) -> None:
        """Change a text as an author would: a sentence added, another one in its place, a block more or less."""
        place = self.random.randrange(len(blocks))
        draw = self.random.random()
        if draw < 0.15:
            blocks.insert(place + 1, self._block())
        elif draw < 0.25 and len(blocks) > 6 and not blocks[place].startswith("#"):
            del blocks[place]
        elif blocks[place][0].isalpha():
            sentences = blocks[place].split("\n")
            sentences[self.random.randrange(len(sentences))] = self.sentence()
            blocks[place] = "\n".join(sentences)
        else:
            blocks.insert(place + 1, self.sentence())

    def drawing(self, title: str) -> bytes:
        """A small drawing (SVG) that a document attaches."""
        lines = "".join(
            f'<path d="M{self._up_to(600)} {self._up_to(400)} H{self._up_to(600)} V{self._up_to(400)} Z"/>\n'
            for _ in range(self.random.randint(10, 60))
        )
        return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 600 400">\n<title>{title}</title>\n{lines}</svg>\n'.encode()

    def _block(self) -> str:
        draw = self.random.random()
        if draw < 0.6:
            return "\n".join(self.sentence() for _ in range(self.random.randint(2, 6)))
        if draw < 0.85:
            return "\n".join(f"{step}. {self.sentence()}" for step in range(1, self.random.randint(4, 9)))
        rows = (
            f"| {self._one(_WHAT)} | {self._one(_WHO)} | {self._up_to(400)} |"
            for _ in range(self.random.randint(3, 10))
        )
        return "\n".join(("| What | Who | Limit |", "| --- | --- | --- |", *rows))

    def _number(self, text: str) -> str:
        return text.replace("{n}", str(self._up_to(60))) if "{n}" in text else text

    def _up_to(self, most: int) -> int:
        return int(self.random.random() * most) + 1

    def _one(self, of: tuple[str, ...]) -> str:
        return of[int(self.random.random() * len(of))]
