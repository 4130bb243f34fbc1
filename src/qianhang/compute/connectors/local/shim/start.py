"""Run as a script by launch.py: `python -I -S start.py <source root> <byte code cache> <run id>`.

-I and -S leave site-packages and the environment out. The byte code cache lies beside the runs, because the installed
package may be in a place that the worker's user cannot write to.
"""

import sys

sys.path.append(sys.argv[1])
sys.pycache_prefix = sys.argv[2]

from qianhang.compute.connectors.local.shim.entry import main  # noqa: E402 - only importable after the line above

main()
