"""The explorer: a graph in a notebook that answers while it is touched."""
