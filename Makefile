# Two commands: `make demo` and `make test`. Everything else serves them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
PEERS := benchmarks/data/.peers
SURVIVAL := $(VENV)/survival
SIZES ?= 1000 10000 100000
LOCK := uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	--no-annotate --no-header --no-emit-index-url --no-emit-find-links --quiet --extra report --extra doors --group build
SPARK := $(VENV)/spark
SPARK_LOCK := printf 'pyspark>=4.0,<4.1\npandas>=2.2\n' | uv pip compile - --universal --python-version 3.11 \
	--generate-hashes --no-annotate --no-header --no-emit-index-url --no-emit-find-links --quiet \
	--constraint locks/dev.txt --no-emit-package numpy

.PHONY: demo test test-long check bench bench-million bench-quick bench-small bench-peers bench-exposure bench-table-one bench-survival bench-elsewhere bench-doors peers clean lock

demo: $(VENV)/installed
	$(BIN)/abate run strati2020 --out demo
	$(BIN)/abate synth --patients 40 --layer usual --out demo-synthetic/records
	$(BIN)/abate run demo-synthetic/records --out demo-synthetic/report

# On every core; what was covered is kept, and judged by `make check`.
test: $(VENV)/installed-dev $(SPARK)/installed $(SURVIVAL)/installed
	$(BIN)/python -m pytest --numprocesses auto --dist worksteal --cov --cov-report=

# The references on many more random patients and cases, doors against damaged files, a hundred kills, every engine on 10,000 patients, the analysis
# of timing on a thousand cohorts of known truth, and every rule broken to see that its tests notice.
test-long: $(VENV)/installed-dev $(SPARK)/installed
	ABATE_EXAMPLES=30 $(BIN)/python -m pytest --numprocesses auto --dist worksteal tests/test_grading_reference.py \
	  tests/test_scores_reference.py tests/test_outcomes_reference.py tests/test_biomarkers_reference.py \
	  tests/test_exposure_reference.py tests/test_doors_fuzz.py
	$(BIN)/python tests/faults.py --kills 100
	$(BIN)/python tests/parity.py
	$(BIN)/python tests/timing_cohorts.py --cohorts 1000 --others 200
	cd tests && ../$(BIN)/python mutation.py

check: $(VENV)/installed-dev .coverage
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tools/branch_coverage.py
	$(BIN)/python tools/licences.py

# Only where a test or a source file is newer than the last `make test`.
.coverage: $(shell find src tests -name '*.py' -o -name '*.csv')
	$(MAKE) test

# All that is measured, in order of size; hours. `make bench SIZES="1000 10000"` for less. See benchmarks/README.md.
bench: $(VENV)/installed $(PEERS)/installed
	$(BIN)/python benchmarks/cohorts.py --patients --small
	set -e; for size in $(SIZES); do \
	  $(BIN)/python benchmarks/crs_grades.py --patients $$size; \
	  $(BIN)/python benchmarks/crs_peers.py --patients $$size; \
	  $(BIN)/python benchmarks/cohorts.py --patients $$size; \
	done
	$(BIN)/python benchmarks/exposure.py
	$(BIN)/python benchmarks/table_one.py

# Only on request: some 2 GB of data, half an hour to write.
bench-million: $(VENV)/installed $(PEERS)/installed
	$(BIN)/python benchmarks/crs_grades.py --patients 1000000
	$(BIN)/python benchmarks/crs_peers.py --patients 1000000

# Writes its data once (100,000 patients, about two minutes).
bench-quick: $(VENV)/installed
	$(BIN)/python benchmarks/crs_grades.py --only all_crs_systems

bench-small: $(VENV)/installed
	$(BIN)/python benchmarks/crs_grades.py --only all_crs_systems --patients 2000 --repeats 1 --profile

# Daily features and ASTCT CRS against pandas and Polars.
bench-peers: $(VENV)/installed $(PEERS)/installed
	$(BIN)/python benchmarks/crs_peers.py --patients 10000 100000

# A million dosing records, ten million laboratory values against pandas and Polars, concentrations of 10,000 patients.
bench-exposure: $(VENV)/installed $(PEERS)/installed
	$(BIN)/python benchmarks/exposure.py

# Table 1 of 200,000 patients with tests and differences, against tableone.
bench-table-one: $(VENV)/installed $(PEERS)/installed
	$(BIN)/python benchmarks/table_one.py

# Grading on PostgreSQL and on Spark, 10,000 and 100,000 patients.
bench-elsewhere: $(VENV)/installed-dev $(SPARK)/installed
	$(BIN)/python benchmarks/elsewhere.py
	$(BIN)/python benchmarks/elsewhere.py --engine spark

# What each door makes of the public data at hand.
bench-doors: $(VENV)/installed
	$(BIN)/python benchmarks/doors.py

# The statistics against lifelines, statsmodels, SurPyval and firthmodels, and whether they agree.
bench-survival: $(VENV)/installed $(SURVIVAL)/installed
	$(BIN)/python benchmarks/survival.py

peers: $(PEERS)/installed

# Second opinions of the statistics. In a folder of their own too.
$(SURVIVAL)/installed: benchmarks/survival.txt | $(VENV)/installed
	rm -rf $(@D)
	$(PIP) install --no-deps --only-binary :all: -r $< --target $(@D)
	touch $@

# No dependencies of abate: in a folder of their own, with the numpy and pyarrow of the lock.
$(PEERS)/installed: benchmarks/peers.txt | $(VENV)/installed
	rm -rf $(@D)
	$(PIP) install --no-deps --only-binary :all: -r $< --target $(@D)
	touch $@

# The locks are whole. Without --no-deps pip looks beyond them for what an extra asks, and finds a newer release.
$(VENV)/installed: locks/run.txt pyproject.toml
	test -d $(VENV) || $(PYTHON) -m venv $(VENV)
	$(PIP) install --no-deps --require-hashes --only-binary :all: -r locks/run.txt
	$(PIP) install --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)/installed-dev: $(VENV)/installed locks/dev.txt
	$(PIP) install --no-deps --require-hashes --only-binary :all: -r locks/dev.txt
	$(PIP) check
	touch $@

# In a folder of its own: nothing else may come to need pandas. PySpark comes as a source distribution of 430 MB.
$(SPARK)/installed: locks/spark.txt | $(VENV)/installed-dev
	rm -rf $(@D)
	$(PIP) install --require-hashes --no-deps --no-binary pyspark -r $< --target $(@D)
	touch $@

# Needs uv; run it after a change of the dependencies and read the difference before committing it.
lock:
	$(LOCK) --output-file locks/run.txt
	$(LOCK) --extra postgres --group dev --output-file locks/dev.txt
	$(SPARK_LOCK) --output-file locks/spark.txt

clean:
	rm -rf $(VENV) demo demo-synthetic .pytest_cache .mypy_cache .ruff_cache .coverage .hypothesis .import_linter_cache
