"""How it is kept: the only package that imports peewee or a database driver."""
