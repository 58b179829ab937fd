"""What a scheme is, once read: tiers best first, and a rule whose every amount and share is in its metric's unit.

Nothing here is looked up or computed; a scheme that exists is whole (`parsing` sees to that). DOMAIN §3.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Literal, NamedTuple

from msgspec import Struct

from crm_tui.domain.language import _
from crm_tui.domain.schemes.playbook import NOTHING, Playbook

Labels = Mapping[str, str]
Value = float | int | str | None
Inputs = Mapping[str, Value]
"""What is known of a customer, by the name of the metric (`domain.metrics.METRICS`), in its unit; None or left out
where it cannot be told."""

Kind = Literal["pareto", "score", "matrix", "bands"]
Comparison = Literal["above", "below", "at_least", "at_most"]
Part = Literal["metric", "veto", "class", "line", "axis"]


def in_words(labels: Labels) -> str:
    """The label in the reader's language, or in English."""
    # Translators: translate this to the tag of your language as scheme files have it: zh-Hans or zh-Hant
    return labels.get(_("en")) or labels["en"]


class Tier(Struct, frozen=True):
    """A grade. `key` is pressed after `t`; `cadence_days` are calendar days, None for no cadence;
    `badge` follows the scheme's badge; `colour` is one of `parsing.COLOURS`; `playbook` is what the tier is owed.
    """

    identifier: str
    key: str
    labels: Labels
    colour: str
    cadence_days: int | None
    badge: str
    playbook: Playbook = NOTHING

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tier) and self._compared == other._compared

    def __hash__(self) -> int:
        return hash((self.identifier, self.key))

    @property
    def _compared(self) -> tuple[object, ...]:
        # Not the playbook, which is read when it is asked for.
        return self.identifier, self.key, self.labels, self.colour, self.cadence_days, self.badge

    @property
    def title(self) -> str:
        """The label in the reader's language."""
        return in_words(self.labels)


class Cut(Struct, frozen=True):
    """What a metric is compared with: a value in its unit, or the value that so many per cent of the customers do not
    exceed (of those of whom the metric is known and not 0), by the nearest rank.
    """

    value: float | None = None
    percentile: float | None = None


class Condition(Struct, frozen=True):
    """Whether a metric is above, below, at least or at most a cut; false where it is not known."""

    metric: str
    comparison: Comparison
    cut: Cut


class Measure(Struct, frozen=True):
    """A metric that counts in a score: by its `bands` (from which value on how many points) or by `words` (for texts;
    `*` for any other). `weight` is its share of the whole. `missing`: points in place of a value that is not known;
    None to leave the metric out and weigh the rest anew.
    """

    metric: str
    weight: float
    bands: tuple[tuple[Cut, float], ...] = ()
    words: tuple[tuple[str, float], ...] = ()
    missing: float | None = None


class Veto(Struct, frozen=True):
    """A tier that comes before any score for whoever meets all of `when`."""

    tier: str
    when: tuple[Condition, ...]


class Class(Struct, frozen=True):
    """Customers that are not scored but graded by a product of metrics: those that never bought, or those that meet all
    of `when`. `thresholds`: from which product on each tier is given, best first.
    """

    never_bought: bool
    when: tuple[Condition, ...]
    product: tuple[str, ...]
    thresholds: tuple[tuple[str, float], ...]


class Rule(Struct, frozen=True):
    """How the tier is computed: a veto, else a class, else by `kind`.

    score: `measures`, 0 to 100 points each, and the score from which on a tier is given, best first (`thresholds`);
    `least_known` is the share of the weight that must be known.
    bands: `axes[0]` is the metric, `thresholds` its values. pareto: `axes[0]` the metric, `thresholds` the share of its
    sum (0 to 1) that the tier and those above it make; `rest` for the others.
    matrix: two `axes`, each good from its cut on; `quadrants` are the tiers of good and good, of only the second good,
    of only the first, of neither.
    """

    kind: Kind
    thresholds: tuple[tuple[str, Cut], ...] = ()
    measures: tuple[Measure, ...] = ()
    vetoes: tuple[Veto, ...] = ()
    classes: tuple[Class, ...] = ()
    least_known: float = 0.5
    axes: tuple[tuple[str, Cut], ...] = ()
    quadrants: tuple[str, str, str, str] | tuple[()] = ()
    rest: str = ""

    @property
    def metrics(self) -> tuple[str, ...]:
        """Every metric that the rule looks at, each once."""
        named = [measure.metric for measure in self.measures] + [metric for metric, _cut in self.axes]
        for veto in self.vetoes:
            named += [condition.metric for condition in veto.when]
        for group in self.classes:
            named += [condition.metric for condition in group.when] + list(group.product)
            named += BOUGHT if group.never_bought else ()
        return tuple(dict.fromkeys(named))


BOUGHT = ("recency", "sales", "lifetime")
"""The metrics that tell whether a customer has ever bought."""


class Scheme(Struct, frozen=True, dict=True):
    """A way of grading: its tiers, best first, and the badge that tells them from another scheme's.

    `by_hand`: people give the tiers, whatever the rule computes. `population`: the filter that says whom the rule
    grades, empty for all. `text` is that of its file.
    """

    identifier: str
    labels: Labels
    badge: str
    tiers: tuple[Tier, ...]
    by_hand: bool
    rule: Rule | None = None
    population: str = ""
    text: str = ""

    def __hash__(self) -> int:
        return hash((self.identifier, self.text))

    def __repr__(self) -> str:
        return f"Scheme({self.identifier!r}, {self.version!r})"

    @cached_property
    def version(self) -> str:
        """The same for the same text."""
        from hashlib import sha256

        return sha256(self.text.encode()).hexdigest()[:12]

    @property
    def title(self) -> str:
        """The label in the reader's language."""
        return in_words(self.labels)

    def get(self, tier: str) -> Tier | None:
        """The tier of that identifier, exactly; None when there is none."""
        return next((t for t in self.tiers if t.identifier == tier), None)

    def rank(self, tier: str) -> int:
        """The tier's place, 0 for the best; the number of tiers for no tier or one that is not here."""
        return next((i for i, t in enumerate(self.tiers) if t.identifier == tier), len(self.tiers))


class Band(NamedTuple):
    """Where a value lies: from `start` (included) to `end` (not); None for no limit."""

    start: float | None
    end: float | None


class Step(NamedTuple):
    """One input of a grade, and what it came to.

    `weight` is its share of this customer's score, after what is missing was left out; `points` times `weight` summed
    up over the metrics is the score. `band` is where the value lies, for texts the word that fitted; for a veto, a
    class, a line or an axis the range that the tier asks for. `missing` says what was done about a value that is not
    known: `left out`, `filled` (with points of its own), `needed` (nothing can be said without it); empty where it is.
    """

    part: Part
    metric: str
    value: Value
    weight: float = 0.0
    points: float | None = None
    band: Band | str | None = None
    missing: str = ""


class Grade(NamedTuple):
    """A customer's tier under a scheme, None where it cannot be told; how it came about; `known` is the share of the
    weight of which something is known.
    """

    tier: str | None
    score: float | None
    steps: tuple[Step, ...]
    known: float = 1.0
