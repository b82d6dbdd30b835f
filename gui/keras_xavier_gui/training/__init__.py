"""New experiments: choosing one, training it in another process, watching it."""
