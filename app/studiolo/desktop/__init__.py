"""What a person sees: the only room with Qt."""
