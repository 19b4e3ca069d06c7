from setuptools import find_packages, setup

# All metadata is in setup.cfg. The list of packages is made here, as `find:` there looks only where a package's
# name says it lies, and restpath.resources lies in resources/ (`package_dir` in setup.cfg).
setup(packages=[*find_packages(include=["restpath", "restpath.*"]), "restpath.resources"])
