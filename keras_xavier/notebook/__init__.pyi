from .explorer import Explorer as Explorer
from .explorer import explore as explore
from .live_figure import LiveFigure as LiveFigure
