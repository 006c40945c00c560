"""Whole screens and the modal forms over them."""
