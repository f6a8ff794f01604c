"""How well the search finds what it should: questions with known answers, figures, failures with their reasons, and a gate."""
