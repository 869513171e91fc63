"""`make mutants`: so many changes to each form and so many genuine ones, counted. SEED draws the same changes again."""

import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from time import monotonic

from tests.mutants.forms import SPECIMENS
from tests.mutants.specimens import FRESH, Count, shown, tried


def counted(form: str, start: int, end: int, seed: int) -> Count:
    """A part of the mutants and of the genuine ones of a form."""
    count = tried(SPECIMENS[form], range(start, end), seed=seed)
    count.add(shown(SPECIMENS[form], range(start, end), seed=seed))
    return count


def portions(number: int) -> Iterator[tuple[int, int]]:
    """Portions that share no genuine one, so that each is the same however many processes there are."""
    for start in range(0, number, FRESH):
        yield start, min(number, start + FRESH)


def main() -> int:
    """Print a line for each form. Fails if a mutant was believed, or a genuine one refused."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--form", choices=SPECIMENS, action="append", help="this form alone")
    parser.add_argument("--number", type=int, default=10_000, help="so many mutants, and so many genuine ones")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    given = parser.parse_args()
    wrong = 0
    say(f"{'form':<14}{'mutants':>9}{'believed':>10}{'genuine':>9}{'refused':>9}{'kinds':>7}{'seconds':>9}")
    with ProcessPoolExecutor(given.processes) as pool:
        for form in given.form or SPECIMENS:
            began, total = monotonic(), Count()
            for part in [pool.submit(counted, form, *each, given.seed) for each in portions(given.number)]:
                total.add(part.result())
            told = (total.mutants, len(total.believed), total.genuine, len(total.refused), len(total.kinds))
            say("{:<14}{:>9}{:>10}{:>9}{:>9}{:>7}{:>9.0f}".format(form, *told, monotonic() - began))
            for each in (*total.believed, *total.refused)[:20]:
                say(f"  {each}")
            wrong += len(total.believed) + len(total.refused)
    return min(wrong, 1)


def say(line: str) -> None:
    """Print at once: a run takes minutes."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
