"""Importers for files of conversations that models are trained with."""
