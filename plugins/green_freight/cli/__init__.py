"""The command line of an installation (`green-freight`)."""
