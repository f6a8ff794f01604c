"""What an editor sees before anything goes out: forms, checks, effects. Nothing here writes."""
