"""What a finished computation looks like: nodes, edges, paths."""
