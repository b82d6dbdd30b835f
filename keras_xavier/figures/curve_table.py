"""The numbers of a curve as columns of a table."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from keras_xavier.figures.data import LayerCurvesData
from keras_xavier.figures.downsampling import Strip


def curve_columns(
    data: LayerCurvesData,
    strip: Strip,
    layer: int,
    seen: NDArray[np.bool_],
    names: Sequence[str],
) -> dict[str, object]:
    """Returns the columns of one layer of a run.

    Args:
        data: The data of the run.
        strip: Lines and bands of the run.
        layer: Column of the layer in `data` and `strip`.
        seen: Whether each record is in view.
        names: Names of the columns of the line, and of both ends of its band.
    """
    values = (strip.middle, strip.low, strip.high)
    return {
        "run": data.run,
        "layer": data.layers[layer],
        "step": data.steps[seen],
        **{
            name: of[seen, layer].astype(np.float32)
            for name, of in zip(names, values, strict=False)
        },
    }
