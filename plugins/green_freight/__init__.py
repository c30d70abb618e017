"""The green freight warehouse: fetch, land, load, build, audit and publish, in plain Python."""
