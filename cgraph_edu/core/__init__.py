"""The autodiff engine. Standard library only, and NumPy once an array appears."""
