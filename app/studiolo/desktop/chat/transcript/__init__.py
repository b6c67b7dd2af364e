"""The conversation on screen: rows of real widgets, made only near what is visible."""
