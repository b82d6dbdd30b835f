"""Training curves: describes metrics that are logged at different steps."""

from keras_xavier.figures import TrainingCurvesData
from keras_xavier_gui.plots.description import number
from keras_xavier_gui.plots.plot_tab import PlotTab
from keras_xavier_gui.plots.read_request import nearest


class TrainingCurvesTab(PlotTab):
    """One panel for each metric, one color for each run."""

    def describe(self, data: tuple[TrainingCurvesData, ...]) -> str:
        runs = []
        for one in data:
            found = []
            for metric, (steps, values) in one.metrics.items():
                if len(values):
                    i = nearest(steps, self.selection.step)
                    name = metric.replace("_", " ")
                    found.append(f"{name} {number(values[i])} at step {steps[i]:,}")
            runs.append(f"{one.run}: {', '.join(found) or 'no metrics yet'}")
        return f"{self.figure.title}. {'; '.join(runs)}."
