"""A question on its way: read, aimed at a model, asked; and what became of it."""
