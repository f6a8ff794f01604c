"""What the bank knows and how it is asked: articles, text, questions and answers."""

__version__ = "0.1.0"
