# The same front door as ./do, for those whose fingers say make.
.PHONY: setup demo test lint bench
setup demo test lint bench:
	@ONCE="$(ONCE)" ./do $@
