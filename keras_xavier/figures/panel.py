"""A panel with its texts, and titles that fit their panels."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.text import Text

from keras_xavier.figures.axis_labels import Label
from keras_xavier.figures.labels import fitting, write
from keras_xavier.text import fit_all


@dataclass
class Panel:
    """A panel with its texts.

    Attributes:
        axes: matplotlib `Axes`.
        text: matplotlib `Text` of its title.
        title: str. Its title, which is shortened if necessary.
        short: str. Title of a narrow panel; empty if `title` is shortened instead.
        note: str. Text after the title, which is never shortened.
        xlabel: Label of the x axis.
        ylabel: Label of the y axis.
    """

    axes: Axes
    text: Text
    title: str = ""
    short: str = ""
    note: str = ""
    xlabel: Label = ("", "")
    ylabel: Label = ("", "")


def fit_titles(panels: Sequence[Panel], widths: Sequence[float]) -> None:
    """Shortens the titles of panels to the widths of their columns, in inches."""

    def fits(i: int) -> Callable[[str], bool]:
        within = fitting(panels[i].text, widths[i % len(widths)])
        return lambda title: within(title + panels[i].note)

    titles = [
        panel.short if panel.short and not fits(i)(panel.title) else panel.title
        for i, panel in enumerate(panels)
    ]
    short = fit_all(titles, [fits(i) for i in range(len(titles))])
    for panel, title in zip(panels, short, strict=True):
        write(panel.text, title + panel.note)
