"""Messages and stubs of labeler.v1, made by generate.py from protos/labeler/v1."""
