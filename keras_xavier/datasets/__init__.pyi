from . import shapeset3x2 as shapeset3x2
from .dataset import Dataset as Dataset
from .dataset import DatasetError as DatasetError
from .loading import DATASETS as DATASETS
from .loading import load as load
