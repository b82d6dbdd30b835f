"""The pages of the window: the plots, a message, or how to get runs."""

from keras_xavier_gui import preferences as stored
from keras_xavier_gui.context import AppContext
from keras_xavier_gui.lessons.image_page import ImagePage
from keras_xavier_gui.qt import QtWidgets
from keras_xavier_gui.sources.listing import Listing
from keras_xavier_gui.widgets.message_page import (
    NO_NETWORKS,
    NO_PLOT_YET,
    READING,
    MessagePage,
    WelcomePage,
    why_no_runs,
)


class Pages(QtWidgets.QStackedWidget):
    """Shows one of four pages.

    Args:
        context: State and services of the app.
        plots: The page with the tabs.

    Attributes:
        plots: The page with the tabs.
        message: A message while runs are being read.
        welcome: How to open or record a run.
        image: A figure that the code of a lesson draws.
    """

    def __init__(self, context: AppContext, plots: QtWidgets.QWidget) -> None:
        super().__init__()
        self._context = context
        self.plots = plots
        self.message, self.welcome = MessagePage(), WelcomePage()
        self.image = ImagePage()
        self.message.set_text(READING)
        for page in (self.message, self.welcome, self.plots, self.image):
            self.addWidget(page)

    def show_page(
        self,
        listing: Listing | None,
        *,
        has_plots: bool,
        has_lesson: bool,
        is_before_plots: bool,
        image: str,
    ) -> None:
        """Shows the plots if there are runs, and otherwise how to get some.

        Args:
            listing: The listed runs; `None` before the first listing.
            has_plots: Whether there are runs and tabs.
            has_lesson: Whether a lesson is open.
            is_before_plots: Whether the lesson has not come to the plots.
            image: Path of the image that the lesson shows; `""` for none.
        """
        has_runs = bool(self._context.runs.entries)
        sources = self._context.watcher.sources
        is_reading = bool(sources) and listing is None
        if has_plots and image:
            self.image.show_image(image)
            self.setCurrentWidget(self.image)
        elif has_plots and not is_before_plots:
            self.setCurrentWidget(self.plots)
        elif has_runs or is_reading or has_lesson:
            is_waiting = not has_runs and has_lesson
            text = NO_PLOT_YET if has_plots else NO_NETWORKS if is_waiting else READING
            self.message.set_text(text)
            self.setCurrentWidget(self.message)
        else:
            recent = stored.recent_paths(self._context.preferences, without=sources)
            self.welcome.set_text(why_no_runs(sources, listing))
            self.welcome.set_recent(recent)
            self.setCurrentWidget(self.welcome)
