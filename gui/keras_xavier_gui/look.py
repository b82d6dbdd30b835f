"""What is to be seen first, in the words of the command line."""

from dataclasses import dataclass

from keras_xavier.statistics import Quantity, Statistic


@dataclass(frozen=True)
class Look:
    """A picture with its settings; what is `None` stays as it is.

    Attributes:
        picture: A name of a figure that `keras-xavier figure` draws.
        quantity: What was measured.
        statistic: What an overview tells of it.
        band: What is drawn of each layer over the steps.
        step: Where the step cursor is.
    """

    picture: str | None = None
    quantity: Quantity | None = None
    statistic: Statistic | None = None
    band: str | None = None
    step: int | None = None
