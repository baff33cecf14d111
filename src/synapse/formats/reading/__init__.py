"""What every importer needs to read files that it can't trust: on disk, in a zip or from a pipe;
of any size, in any encoding, cut short, damaged or made to do harm.
"""
