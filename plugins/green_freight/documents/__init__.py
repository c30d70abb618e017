"""Documents that leave the warehouse, each of one publication: the bulletin, the quarterly form, open files."""
