"""Importers for what an account at a vendor exports: ChatGPT, Claude."""
