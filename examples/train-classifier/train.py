"""Trains a classifier of handwritten digits and reports how often it is right on digits it has not seen.

Data: the UCI "Optical Recognition of Handwritten Digits" test set (1,797 images of 8 x 8), which ships inside
scikit-learn, so the job needs no network. Writes outputs/model.joblib, outputs/metrics.json and
outputs/confusion_matrix.csv. The same seed gives the same model.
"""

import argparse
import csv
import json
import math
import os
import sys
import time
from pathlib import Path

CPUS = max(1, int(os.environ.get("QIANHANG_CPUS", "1")))
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, str(CPUS))  # Before numpy is imported: it reads them once.

try:
    import joblib
    import numpy as np
    from sklearn.datasets import load_digits
    from sklearn.metrics import confusion_matrix
    from sklearn.model_selection import train_test_split
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.neural_network import MLPClassifier
    from sklearn.preprocessing import StandardScaler
except ImportError as error:
    sys.exit(f"This job needs numpy and scikit-learn, and {error.name} is not installed where it runs.")

OUTPUTS = Path("outputs")


def wilson_interval(right: int, total: int, z: float = 1.96) -> tuple[float, float]:
    """The 95 % confidence interval of a proportion (Wilson 1927)."""
    share = right / total
    middle = (share + z * z / (2 * total)) / (1 + z * z / total)
    half = z / (1 + z * z / total) * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    return middle - half, middle + half


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--epochs", type=int, default=40)
    arguments.add_argument("--hidden", type=int, default=96, help="units in the hidden layer")
    arguments.add_argument("--seed", type=int, default=20260101)
    options = arguments.parse_args()
    if options.epochs < 1 or options.hidden < 1:
        arguments.error("--epochs and --hidden must be at least 1")

    digits = load_digits()
    train_x, test_x, train_y, test_y = train_test_split(
        digits.data, digits.target, test_size=0.3, stratify=digits.target, random_state=options.seed
    )
    print(f"{len(train_x)} digits to learn from, {len(test_x)} to be tested on, {CPUS} CPU(s)", flush=True)
    scaler = StandardScaler().fit(train_x)
    train_x, test_x = scaler.transform(train_x), scaler.transform(test_x)

    baseline = KNeighborsClassifier(3).fit(train_x, train_y).score(test_x, test_y)
    print(f"baseline, 3 nearest neighbours: {baseline:.2%} right", flush=True)

    model = MLPClassifier((options.hidden,), learning_rate_init=0.002, random_state=options.seed)
    shuffle = np.random.default_rng(options.seed)
    started = time.monotonic()
    for epoch in range(1, options.epochs + 1):
        order = shuffle.permutation(len(train_x))
        for batch in np.array_split(order, math.ceil(len(order) / 64)):
            model.partial_fit(train_x[batch], train_y[batch], classes=digits.target_names)
        if epoch in (1, 2, 5) or epoch % 10 == 0 or epoch == options.epochs:
            seen, unseen = model.score(train_x, train_y), model.score(test_x, test_y)
            print(
                f"epoch {epoch:3}/{options.epochs}  loss {model.loss_:.4f}  seen {seen:.2%}  unseen {unseen:.2%}",
                flush=True,
            )
    seconds = time.monotonic() - started

    guesses = model.predict(test_x)
    right = int((guesses == test_y).sum())
    low, high = wilson_interval(right, len(test_y))
    matrix = confusion_matrix(test_y, guesses)

    OUTPUTS.mkdir(exist_ok=True)
    joblib.dump({"scaler": scaler, "model": model}, OUTPUTS / "model.joblib")
    metrics = {
        "accuracy": right / len(test_y),
        "accuracy_95_percent_interval": [low, high],
        "baseline_accuracy": baseline,
        "tested": len(test_y),
        "right": right,
        "epochs": options.epochs,
        "hidden_units": options.hidden,
        "seed": options.seed,
        "training_seconds": round(seconds, 3),
    }
    (OUTPUTS / "metrics.json").write_text(json.dumps(metrics, indent=2) + "\n")
    with (OUTPUTS / "confusion_matrix.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["true \\ said", *range(10)])
        rows.writerows([digit, *(int(count) for count in row)] for digit, row in enumerate(matrix))

    print("\nconfusion matrix (rows: true digit, columns: what the model said)")
    print("    " + " ".join(f"{digit:4}" for digit in range(10)))
    for digit, row in enumerate(matrix):
        print(f"{digit:3} " + " ".join(f"{count:4}" if count else "   ." for count in row))
    print(f"\naccuracy {right}/{len(test_y)} = {metrics['accuracy']:.2%}  (95 % interval {low:.2%} to {high:.2%})")
    print(f"trained in {seconds:.1f} s; model, metrics and matrix are in {OUTPUTS}/")


if __name__ == "__main__":
    main()
