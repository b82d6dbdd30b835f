"""Small networks: healthy networks, and networks that are broken on purpose."""
