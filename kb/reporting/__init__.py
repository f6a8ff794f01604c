"""What a team finds in the morning: how the night went, and what the day brings."""
