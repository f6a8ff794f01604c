"""The columns in which candidates are handed from one compiled loop to the next. The machine code has them built in: a change here
means deleting what Numba keeps of the loops.
"""

# columns of the numbers of what was found: segment, article, section or -1, section to name or -1, whether it keeps its place
SEGMENT, ARTICLE, SECTION, NAMED, FIXED = range(5)
FOUND_COLUMNS = 5
# columns of its values: score, coverage of the question, score by terms alone
SCORE, COVERED, LEXICAL = range(3)
VALUE_COLUMNS = 3
