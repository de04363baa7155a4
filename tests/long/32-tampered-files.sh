#!/bin/bash
# The scenario of this number with many more flips, by another seed.
export TRIES=120 SEED=${SEED:-7}
exec bash "$(dirname "$0")/../scenarios/32-tampered-files.sh"
