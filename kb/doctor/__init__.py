"""Looking at an installation as a doctor would: each part is looked at, and what is wrong comes with what to do."""
