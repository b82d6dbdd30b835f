"""Small networks, healthy ones and ones that are broken on purpose."""
