"""Reference values of the update-to-weight ratio, for figures and for the diagnosis."""

TYPICAL_UPDATE = 1e-3
"""Update-to-weight ratio that is healthy as a rule of thumb."""
USUAL_UPDATES = (1e-4, 1e-2)
"""Usual update-to-weight ratios: within a factor of ten of the rule of thumb."""
REPORTED_UPDATES = (1e-5, 0.1)
"""The diagnosis reports layers with update-to-weight ratios beyond these values."""
