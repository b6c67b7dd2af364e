"""What leaves this computer, as a person sets it up and looks at it."""
