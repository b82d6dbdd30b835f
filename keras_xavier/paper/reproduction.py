"""The experiments of the paper, in two sizes, and the paths of their runs."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from keras_xavier.experiments.experiment import Experiment
from keras_xavier.paper.learning_rates import choice_for
from keras_xavier.paper.schemes import SCHEMES, SIGMOID, TANH, Scheme
from keras_xavier.runs import Run, open_run

SHAPESET = "shapeset3x2"
LAYERS = 5
SIGMOID_LAYERS = 4
"""Hidden layers of the sigmoid network in figure 2; with five it may never learn."""
PRETRAINED = "Pre-trained tanh"


@dataclass(frozen=True)
class Size:
    """Size of a reproduction.

    Attributes:
        units: int. Units in each hidden layer.
        updates: dict. Updates of each network by data set.
        seeds: int. Number of networks of each scheme.
        pretraining_updates: int. Updates of the autoencoder for each hidden layer.
        svm_examples: int. Training examples of the support vector machine.
    """

    units: int
    updates: Mapping[str, int] = field(hash=False)
    seeds: int
    pretraining_updates: int
    svm_examples: int


SIZES = {
    "quick": Size(
        units=200,
        updates={SHAPESET: 60_000, "mnist": 30_000, "cifar10": 30_000},
        seeds=3,
        pretraining_updates=10_000,
        svm_examples=5_000,
    ),
    "paper": Size(
        units=1000,
        updates={SHAPESET: 5_000_000, "mnist": 5_000_000, "cifar10": 5_000_000},
        seeds=3,
        pretraining_updates=100_000,
        svm_examples=100_000,
    ),
}


@dataclass(frozen=True)
class Reproduction:
    """The experiments of the paper in one folder.

    Attributes:
        folder: Path. Folder of runs, figures and report.
        size: `Size`.
        datasets: Tuple of str. Available data sets, Shapeset-3×2 first. Defaults to
            Shapeset-3×2 only.
        learning_rate: float. Learning rate of all networks. Defaults to None: the
            rate chosen for each.

    Example:

    >>> reproduction = Reproduction(Path("reproduction"), SIZES["quick"])
    >>> len(reproduction.experiments())
    17
    """

    folder: Path
    size: Size
    datasets: tuple[str, ...] = (SHAPESET,)
    learning_rate: float | None = None

    @property
    def runs_folder(self) -> Path:
        return self.folder / "runs"

    def experiment(
        self,
        scheme: Scheme,
        dataset: str = SHAPESET,
        *,
        seed: int = 0,
        layers: int = LAYERS,
        pretrained: bool = False,
    ) -> Experiment:
        """Returns an experiment with its chosen learning rate."""
        experiment = scheme.experiment(
            dataset=dataset,
            layers=layers,
            units=self.size.units,
            updates=self.size.updates[dataset],
            pretraining_updates=self.size.pretraining_updates * pretrained,
            seed=seed,
        )
        rate = self.learning_rate
        if rate is None:
            rate = choice_for(experiment).learning_rate
        return replace(experiment, learning_rate=rate)

    def experiments(self) -> list[Experiment]:
        """Lists all experiments, the longest first to keep all workers busy."""
        seeds = range(self.size.seeds)
        return [
            self.experiment(TANH, pretrained=True),
            self.experiment(SIGMOID, layers=SIGMOID_LAYERS),
            *(
                self.experiment(scheme, dataset, seed=seed)
                for dataset in self.datasets
                for seed in seeds
                for scheme in SCHEMES
            ),
        ]

    def run(
        self,
        scheme: Scheme,
        dataset: str = SHAPESET,
        *,
        seed: int = 0,
        layers: int = LAYERS,
        pretrained: bool = False,
    ) -> Run:
        """Opens the run of an experiment.

        Raises:
            RunError: If the run does not exist.
        """
        experiment = self.experiment(
            scheme, dataset, seed=seed, layers=layers, pretrained=pretrained
        )
        return open_run(experiment.run_path(self.runs_folder))

    def runs(self, scheme: Scheme, dataset: str = SHAPESET) -> list[Run]:
        """Opens the runs of a scheme with all seeds."""
        return [self.run(scheme, dataset, seed=seed) for seed in range(self.size.seeds)]
