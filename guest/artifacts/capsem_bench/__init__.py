"""Measurements of a capsem guest, from the inside: processor, disk, image and start-up."""
