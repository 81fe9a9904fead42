"""QR factorizations A = Q R of tall, wide and square matrices, with signs made unique.

Made by NumPy's linalg.qr (LAPACK) in float64; rows of R and columns of Q are multiplied by −1 where
R has a negative diagonal entry. Checked: Q R = A, Qᵀ Q = 1, R upper triangular. Versions:
requirements.txt. Seed: 9.
Command: python Tests/Goldens/qr.py

Keys, for each case `<rows>x<columns>` with k = min(rows, columns): `matrix`, `q` [rows, k], `r` [k,
columns].
"""

import numpy as np

from golden import check, named, write

random = np.random.default_rng(9)
tensors = {}
for rows, columns in (
    (1, 1),
    (2, 2),
    (4, 4),
    (5, 3),
    (3, 5),
    (1, 4),
    (4, 1),
    (40, 17),
    (17, 40),
    (24, 24),
):
    matrix = random.normal(size=(rows, columns))
    q, r = np.linalg.qr(matrix)
    signs = np.where(np.diagonal(r) < 0, -1.0, 1.0)
    q, r = q * signs, r * signs[:, None]
    check("product", q @ r, matrix)
    check("orthonormal", q.T @ q, np.eye(min(rows, columns)))
    assert (r == np.triu(r)).all() and (np.diagonal(r) > 0).all()
    tensors.update(named(f"{rows}x{columns}", {"matrix": matrix, "q": q, "r": r}))

write("qr", tensors, __doc__)
