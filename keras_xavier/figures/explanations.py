"""What each picture shows, what to look for in it, and where that is known from."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Explanation:
    """One picture in words.

    Attributes:
        title: What it is called.
        shows: What is drawn.
        look_for: What to look for, and what that means.
        figures: Figures of Glorot & Bengio (2010) that look like it.
    """

    title: str
    shows: str
    look_for: str
    figures: tuple[int, ...] = ()


EXPLANATIONS = {
    "overview": Explanation(
        title="Overview",
        shows="The whole model at a glance: a row for each layer, the first one on "
        "top, and training from left to right. Colours tell the standard deviation of "
        "the activations, or another quantity and summary.",
        look_for="Where colours fade from one row to the next, the signal or the "
        "gradient dies on its way (equations 5 and 6 of Glorot & Bengio 2010); where "
        "they change along a row, training did it.",
    ),
    "layer-curves": Explanation(
        title="Layer curves",
        shows="How each layer fares during training: the mean of its values with the "
        "standard deviation as a band, or percentiles.",
        look_for="Look for a sigmoid layer whose mean falls to 0 (figure 2 and section "
        "3.1 of Glorot & Bengio 2010), for tanh layers that reach ±1 one after another "
        "from the bottom (figure 3, section 3.2), and for gradients that are smaller "
        "the nearer a layer is to the input (section 4.2).",
        figures=(2, 3, 9, 10),
    ),
    "saturation": Explanation(
        title="Saturation",
        shows="Which share of the activations of each layer is saturated, so that the "
        "slope is under 5 % of the steepest one.",
        look_for="Through what is saturated hardly any gradient comes: look for layers "
        "that saturate one after another, and for one that stays so (sections 3.1 to "
        "3.3 of Glorot & Bengio 2010).",
    ),
    "update-ratio": Explanation(
        title="Update / weight",
        shows="How large the updates of each layer are, relative to its weights.",
        look_for="About a thousandth is a rule of thumb: with far more a layer is "
        "unstable, with far less it stays as it is.",
    ),
    "histograms": Explanation(
        title="Histograms at one step",
        shows="How the values of each layer are spread. The axis is linear unless "
        "layers are so different that some would be a single bar; its label tells.",
        look_for="At step 0 with the standard initialization, gradients are the "
        "smaller the nearer a layer is to the input, activations the deeper it is: on "
        "a linear axis they pile up in a higher peak at 0; on a logarithmic one, which "
        "shows each decade as wide, they are two humps, of negative and of positive "
        "values, that lie closer to 0. With the normalized initialization all layers "
        "look alike (figures 6 to 8 and section 4.2 of Glorot & Bengio 2010). Peaks at "
        "the bounds of an activation are saturated units (figure 4, section 3.3).",
        figures=(4, 6, 7, 8),
    ),
    "histogram-map": Explanation(
        title="Histograms over the steps, as a map",
        shows="The histograms of all steps at once: colours are shares of the values, "
        "the lines the 2nd, 50th and 98th percentile. Each of several runs has a "
        "column of maps with the same axes and colours, for as many layers as there is "
        "room.",
        look_for="Mass that moves to a bound tells when each layer saturates.",
        figures=(3,),
    ),
    "ridgelines": Explanation(
        title="Histograms over the steps, as ridges",
        shows="The histograms of up to 20 steps, one under the other. Each of several "
        "runs has a row of ridges; arranged by layer they lie one over the other.",
        look_for="Look for humps that part, or move to a bound.",
        figures=(3, 4),
    ),
    "depth-profile": Explanation(
        title="Depth profile",
        shows="Standard deviation against depth at one step: activations at the left, "
        "back-propagated gradients at the right, a line for each run.",
        look_for="With the standard initialization, activations fade towards the last "
        "layer and gradients towards the first one; with the normalized one both lines "
        "are level at step 0 (equations 5, 6 and 16, section 4.2 of Glorot & Bengio "
        "2010).",
        figures=(6, 7),
    ),
    "training-curves": Explanation(
        title="Training curves",
        shows="Loss, error and other metrics of all chosen runs: training, validation, "
        "test and probe differ in line style, runs in colour.",
        look_for="An error that stays level at first is what the other pictures "
        "explain: look there for the layer that stops it (figures 11 and 12 and "
        "section 5 of Glorot & Bengio 2010).",
        figures=(11, 12),
    ),
}
"""By the names that `keras-xavier figure` takes."""


def explain(*names: str) -> str:
    """Explains one picture, or several that belong together, in one paragraph.

    >>> explain("update-ratio")[:66]
    'How large the updates of each layer are, relative to its weights. '
    """
    found = [EXPLANATIONS[name] for name in names]
    return " ".join(f"{one.shows} {one.look_for}" for one in found)
