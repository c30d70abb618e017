"""Evidence packs: a published figure with the rows that were counted in it and the files they came in.

`pack.write_pack` writes one. Nothing is imported here: Word and Excel take half a second, `errors` none.
"""
