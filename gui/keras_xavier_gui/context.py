"""State and services that the parts of the app share."""

from collections.abc import Callable
from dataclasses import dataclass

from keras_xavier_gui.diagnosis.shown_evidence import ShownEvidence
from keras_xavier_gui.preferences_file import Preferences
from keras_xavier_gui.run_panel.digests import RunDigests
from keras_xavier_gui.run_panel.tree_model import RunTreeModel
from keras_xavier_gui.sources.run_watcher import RunWatcher
from keras_xavier_gui.sources.selection import Selection


@dataclass(frozen=True)
class AppContext:
    """State and services of the app, for its controllers and tabs.

    They get this rather than the window. To make the window do something, they emit
    signals that the window connects.

    Attributes:
        selection: The selected runs, layers and step.
        watcher: Lists runs, and reads them in the background.
        runs: Model of the listed runs.
        digests: Metrics and findings of the listed runs.
        preferences: Preferences of the user; see `preferences`.
        notify: Shows a message in the status bar for a few seconds.
        evidence: The finding whose evidence the plots mark.
    """

    selection: Selection
    watcher: RunWatcher
    runs: RunTreeModel
    digests: RunDigests
    preferences: Preferences
    notify: Callable[[str], None]
    evidence: ShownEvidence
