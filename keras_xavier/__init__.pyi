from . import activations as activations
from . import datasets as datasets
from . import diagnosis as diagnosis
from . import figures as figures
from . import initializers as initializers
from . import lessons as lessons
from . import models as models
from . import remedies as remedies
from . import runs as runs
from . import statistics as statistics
from . import step_quality as step_quality
from . import theory as theory
from .diagnosis import diagnose as diagnose
from .figure_spec import FigureSpec as FigureSpec
from .notebook import LiveFigure as LiveFigure
from .notebook import explore as explore
from .probing import layer_jacobian_singular_values as layer_jacobian_singular_values
from .recording import LayerStatistics as LayerStatistics
from .recording import measuring as measuring
from .remedies import try_remedies as try_remedies
from .runs import export_run as export_run
from .runs import find_runs as find_runs
from .runs import open_run as open_run
from .runs import sample_run as sample_run

__version__: str
