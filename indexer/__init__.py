"""How text is found: documents, Whoosh, scores, generations of the index."""
