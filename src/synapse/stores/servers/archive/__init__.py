"""Sessions whole: read for an export, merged from an import."""
