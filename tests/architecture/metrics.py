"""The metrics that the code declares, as the process that collects them sees them."""

from collections.abc import Iterable
from dataclasses import dataclass

from prometheus_client import REGISTRY
from prometheus_client.metrics import MetricWrapperBase

from tests.architecture.sources import modules

PREFIX = "onevisit_"
# What a declared name is followed by where it is read.
SUFFIXES = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count"), "gauge": ("",)}


@dataclass(frozen=True)
class Declared:
    """One metric; `name` as declared, without what its kind adds."""

    name: str
    kind: str
    labels: tuple[str, ...]
    help: str

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(f"{self.name}{suffix}" for suffix in SUFFIXES[self.kind])


def metrics() -> list[Declared]:
    """Every metric of ours; once more for each module that only uses it."""
    return [_declared(value) for module in modules() for value in _metrics_in(vars(module).values())]


def _metrics_in(values: Iterable[object]) -> list[MetricWrapperBase]:
    known = set(REGISTRY._collector_to_names)
    return [value for value in values if isinstance(value, MetricWrapperBase) and value in known]


def _declared(metric: MetricWrapperBase) -> Declared:
    return Declared(metric._name, str(metric._type), tuple(metric._labelnames), metric._documentation)


def by_name() -> dict[str, Declared]:
    """By every name under which a query may read it."""
    found: dict[str, Declared] = {}
    for each in metrics():
        for name in each.names:
            found.setdefault(name, each)
    return found


def metrics_page(generated: str) -> str:
    rows = "\n".join(
        f"| `{name}` | {each.kind} | {' '.join(f'`{label}`' for label in each.labels)} | {each.help} |"
        for name, each in sorted(_once(by_name()).items())
    )
    return f"""# Metrics

Every service shows them at `/metrics` of its own port, which is not published; the gateway at
`ONEVISIT_METRICS_ADDRESS`. No label is a path, a case or a person. What to look at first is in
[deploy/observability](../deploy/observability): a dashboard for Grafana, and rules that tell when somebody must look.
{generated}

| name | kind | labels | meaning |
| --- | --- | --- | --- |
{rows}

Beside these, `process_*` and `python_*` of the [client library](https://prometheus.github.io/client_python/).
"""


def _once(found: dict[str, Declared]) -> dict[str, Declared]:
    return {each.names[0].removesuffix("_bucket"): each for each in found.values()}
