"""The desktop app of keras-xavier: it reads runs and draws them, live or later.

No Keras in here, ever: a run is read from its folder.
"""
