"""The works, one module each; see the README of the bench for what a module holds."""
