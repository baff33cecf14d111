"""What the header of a database file of ours says."""

APPLICATION_ID = 0x53594E41
"""`SYNA`, in the header of every file that Synapse has set up or adopted."""
SCHEMA = 15
"""The number of the newest migration."""
