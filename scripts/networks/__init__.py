"""Healthy programs that train small networks, and faults to put into them."""
