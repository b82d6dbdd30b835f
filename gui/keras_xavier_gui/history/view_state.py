"""A view of the window: what it shows, to return to it later. No Qt."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from keras_xavier.figure_spec import FIGURES, Option

if TYPE_CHECKING:
    from keras_xavier_gui.diagnosis.items import RunFinding

LARGEST = 1e300
MOST_PAGES = 10**6
View = tuple[tuple[float, float], tuple[float, float]]
"""Limits of x and of y."""


@dataclass(frozen=True)
class ViewState:
    """What the window shows.

    Attributes:
        runs: Paths of the selected runs.
        tab: Title of the tab.
        figure: Name of the figure; `None` in tabs without one.
        options: Names and values of the options of the figure.
        hidden: Names of hidden layers.
        hidden_runs: Paths of the selected runs that plots do not draw.
        extra: Names of rows that are drawn though they are not layers.
        step: The selected step; `None` for the latest.
        page: Index of the page of panels.
        views: Limits of each panel; empty if they fit the data.
        evidence: The finding whose evidence is shown, in each of its runs.
    """

    runs: tuple[str, ...]
    tab: str
    figure: str | None = None
    options: tuple[tuple[str, Any], ...] = ()
    hidden: frozenset[str] = frozenset()
    hidden_runs: frozenset[str] = frozenset()
    extra: frozenset[str] = frozenset()
    step: int | None = None
    page: int = 0
    views: tuple[View, ...] = ()
    evidence: "tuple[RunFinding, ...]" = ()

    def is_same_place(self, other: "ViewState") -> bool:
        """Returns whether another view differs only in step, page and zoom."""
        return self._place == other._place

    @property
    def _place(self) -> "ViewState":
        # The findings of live runs change with each record.
        keys: Any = tuple(one.key for one in self.evidence)
        return replace(self, step=None, page=0, views=(), evidence=keys)

    def renamed(self, old: str, new: str) -> "ViewState":
        """Returns the view after the path of a run has changed."""
        return replace(
            self,
            runs=tuple(new if path == old else path for path in self.runs),
            hidden_runs=frozenset(
                new if path == old else path for path in self.hidden_runs
            ),
            evidence=tuple(
                replace(one, path=new) if one.path == old else one
                for one in self.evidence
            ),
        )

    def as_dict(self) -> dict[str, Any]:
        """Returns JSON-serializable values, without the evidence."""
        return {
            "runs": list(self.runs),
            "tab": self.tab,
            "figure": self.figure,
            "options": dict(self.options),
            "hidden": sorted(self.hidden),
            "hidden_runs": sorted(self.hidden_runs),
            "extra": sorted(self.extra),
            "step": self.step,
            "page": self.page,
            "views": [[list(limits) for limits in view] for view in self.views],
        }


def from_dict(values: object) -> ViewState:
    """Returns the view that `ViewState.as_dict` described.

    Args:
        values: Values from a file, which may be damaged.

    Raises:
        ValueError: If a value is missing or invalid.
    """
    if not isinstance(values, Mapping):
        raise ValueError(f"A view must be a JSON object. Received: {values!r:.80}")
    step, figure = values.get("step"), values.get("figure")
    if step is not None and (not isinstance(step, int) or isinstance(step, bool)):
        raise ValueError(f"`step` must be an integer or null. Received: {step!r:.80}")
    page = values.get("page", 0)
    if type(page) is not int or not 0 <= page < MOST_PAGES:
        raise ValueError(
            f"`page` must be an integer of at least 0. Received: {page!r:.80}"
        )
    tab = values.get("tab")
    if not isinstance(tab, str):
        raise ValueError(f"`tab` must be a string. Received: {tab!r:.80}")
    options = values.get("options", {})
    if not isinstance(options, Mapping):
        raise ValueError(f"`options` must be an object. Received: {options!r:.80}")
    if figure is not None:
        if not isinstance(figure, str) or figure not in FIGURES:
            raise ValueError(
                f"`figure` must be one of {', '.join(FIGURES)} or null. "
                f"Received: {figure!r:.80}"
            )
        for option in FIGURES[figure].options:
            check_type(option, options.get(option.name))
        parsed = FIGURES[figure].parse_options(options)
        options = {name: parsed[name] for name in options}
    elif options:
        raise ValueError("`options` must be empty without a figure.")
    return ViewState(
        runs=names(values, "runs"),
        tab=tab,
        figure=figure,
        options=tuple(options.items()),
        hidden=frozenset(names(values, "hidden")),
        hidden_runs=frozenset(names(values, "hidden_runs")),
        extra=frozenset(names(values, "extra")),
        step=step,
        page=page,
        views=limits_of(values.get("views", [])),
    )


def check_type(option: Option, value: object) -> None:
    """Raises an error if a value from a file does not have the type of an option."""
    match value:
        case None:
            return
        case bool():
            is_valid = option.type is bool
        case int() | float():
            is_valid = option.type in (int, float) and abs(value) < LARGEST
        case str():
            is_valid = option.type not in (bool, int, float)
        case list():
            is_valid = option.type is list and all(isinstance(x, str) for x in value)
        case _:
            is_valid = False
    if not is_valid:
        raise ValueError(
            f"`{option.name}` must be of type {option.type.__name__}. "
            f"Received: {value!r:.80}"
        )


def names(values: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """Returns a list of strings."""
    found = values.get(key, [])
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise ValueError(f"`{key}` must be a list of strings. Received: {found!r:.80}")
    return tuple(found)


def limits_of(values: object) -> tuple[View, ...]:
    """Returns the limits of panels, each a pair of pairs of finite numbers."""
    match values:
        case list():
            return tuple(view_of(one) for one in values)
    raise ValueError(f"`views` must be a list. Received: {values!r:.80}")


def view_of(value: object) -> View:
    match value:
        case [[left, right], [bottom, top]]:
            return (finite(left), finite(right)), (finite(bottom), finite(top))
    raise ValueError(
        "The limits of a panel must be [[left, right], [bottom, top]]. "
        f"Received: {value!r:.80}"
    )


def finite(value: object) -> float:
    """Returns a number that can be a limit of axes."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not abs(value) < LARGEST:  # type: ignore[arg-type]
        raise ValueError(f"A limit must be a finite number. Received: {value!r:.80}")
    return float(value)  # type: ignore[arg-type]
