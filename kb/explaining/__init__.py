"""Why a question leads to what it leads to, as data: how it was read, what was found, what each word added, why something is hidden."""
