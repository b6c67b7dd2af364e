"""What is on disk: model files read and put in order."""
