"""What of the program stays in sight when its window is closed."""
