"""What verifiers without the register go by: the state of every certificate, in small signed lists."""
