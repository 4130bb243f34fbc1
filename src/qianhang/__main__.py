"""`python -m qianhang` is `qianhang`."""

from qianhang.wiring.cli import main

main()
