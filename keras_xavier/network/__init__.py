"""The network of a run: its recorded graph, its blocks and its drawing. No Keras."""
