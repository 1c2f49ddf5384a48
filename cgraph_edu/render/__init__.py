"""A graph as something to look at: text, LaTeX, the picture, HTML."""
