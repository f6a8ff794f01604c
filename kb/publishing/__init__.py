"""From a draft to the file that answers: workflow, drafts, publications, revisions. Owns every write to the articles folder."""
