# The same front door as ./do, for those whose fingers say make.
.PHONY: setup demo test lint bench soak
setup demo test lint bench soak:
	@ONCE="$(ONCE)" ./do $@
