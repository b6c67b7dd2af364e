"""The first minute: a page that leads somebody without a model to one, and to the first answer."""
