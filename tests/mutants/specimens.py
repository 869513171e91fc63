"""What is changed, what would be believed, and which changes know what they change."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random

from tests.mutants.anywhere import ANYWHERE, Twist


def is_same(mutant: bytes, genuine: bytes) -> bool:
    return mutant == genuine


@dataclass(frozen=True)
class Specimen:
    """One form. `genuine` makes a new one each time, which must be `accepted`; a mutant must not be `believed`.

    `seconded`: a verifier that shares no code with ours accepts it, too; every so many are shown to it. `is_same`: a
    mutant is no other thing than the genuine one, and does not count.
    """

    form: str
    genuine: Callable[[Random], bytes]
    accepted: Callable[[bytes], bool]
    twists: Mapping[str, Twist]
    seconded: Callable[[bytes], bool]
    believed: Callable[[bytes], bool]
    seconds_every: int = 1
    is_same: Callable[[bytes, bytes], bool] = field(default=is_same)

    def mutant(self, rng: Random, genuine: bytes) -> tuple[str, bytes]:
        """A changed one, and which change it is: half of them anywhere, half by who knows the form."""
        while True:
            name, twist = rng.choice([*(rng.choice((ANYWHERE, self.twists))).items()])
            changed = twist(rng, genuine)
            if not self.is_same(changed, genuine):
                return name, changed


@dataclass
class Count:
    """What became of some mutants and of some genuine ones."""

    mutants: int = 0
    genuine: int = 0
    believed: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    kinds: set[str] = field(default_factory=set)

    def add(self, other: "Count") -> None:
        self.mutants += other.mutants
        self.genuine += other.genuine
        self.believed += other.believed
        self.refused += other.refused
        self.kinds |= other.kinds


FRESH = 100  # so many mutants are made of one genuine one


def tried(specimen: Specimen, numbers: range, *, seed: int) -> Count:
    """These mutants, each drawn from the seed and its number, tried."""
    count, genuine = Count(), b""
    for number in numbers:
        rng = Random(f"{seed}:{specimen.form}:{number}")
        if not genuine or number % FRESH == 0:
            genuine = specimen.genuine(rng)
        kind, changed = specimen.mutant(rng, genuine)
        count.mutants += 1
        count.kinds.add(kind)
        if specimen.believed(changed):
            count.believed.append(f"{specimen.form} {number} {kind}")
    return count


def shown(specimen: Specimen, numbers: range, *, seed: int) -> Count:
    """So many genuine ones, each another, shown to both verifiers."""
    count = Count()
    for number in numbers:
        genuine = specimen.genuine(Random(f"{seed}:{specimen.form}:genuine:{number}"))
        count.genuine += 1
        second = number % specimen.seconds_every == 0
        if not specimen.accepted(genuine) or (second and not specimen.seconded(genuine)):
            count.refused.append(f"{specimen.form} {number}")
    return count
