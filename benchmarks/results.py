"""The results of a run: medians with their range, and ratios."""

import json
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.measure import Sample


class Spread(NamedTuple):
    """The median, lowest and highest of several measurements."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """Return the spread of at least one measurement."""
        return cls(statistics.median(values), min(values), max(values))


@dataclass
class Results:
    """All measurements of a run."""

    machine: dict[str, str] = field(default_factory=dict)
    samples: list[Sample] = field(default_factory=list)
    imports: list[dict[str, Any]] = field(default_factory=list)
    startup: dict[str, Any] = field(default_factory=dict)
    databases: list[dict[str, Any]] = field(default_factory=list)

    def write(self, path: Path) -> None:
        """Write the results as JSON, so that the report can be written again."""
        path.write_text(json.dumps(asdict(self), indent=1))

    @classmethod
    def read(cls, path: Path) -> "Results":
        """Read results from JSON."""
        content = json.loads(path.read_text())
        return cls(**{**content, "samples": [Sample(**sample) for sample in content["samples"]]})

    def engines(self) -> list[str]:
        """Return the measured engines."""
        return list(dict.fromkeys(sample.engine for sample in self.samples))

    def sizes(self, engine: str) -> list[int]:
        """Return the measured sizes of an engine, smallest first."""
        return sorted({sample.claims for sample in self.samples if sample.engine == engine})

    def spread(self, engine: str, claims: int, case: str, variant: str, measure: str) -> Spread | None:
        """Return a measure of a case and variant; None if it was not measured."""
        values = [
            getattr(sample, measure)
            for sample in self.samples
            if (sample.engine, sample.claims, sample.case, sample.variant) == (engine, claims, case, variant)
        ]
        values = [value for value in values if value is not None]
        return Spread.of(values) if values else None

    def to_floor(self, engine: str, claims: int, case: str, variant: str = "attest") -> float | None:
        """Return the CPU time of the floor divided by that of Attest."""
        ours = self.spread(engine, claims, case, variant, "cpu_ms")
        floor = self.spread(engine, claims, case, "floor", "cpu_ms")
        return floor.median / ours.median if ours and floor and ours.median else None

    def to_datasette(self, engine: str, claims: int, case: str, variant: str = "attest") -> float | None:
        """Return the throughput of Attest divided by that of Datasette on the SQLite file."""
        ours = self.spread(engine, claims, case, variant, "rps")
        other = self.spread("sqlite", claims, case, "datasette", "rps")
        return ours.median / other.median if ours and other and other.median else None
