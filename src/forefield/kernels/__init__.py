"""Plain functions on plain arrays (NumPy and Numba). They import nothing of ours."""
